"""One module per file format: a file becomes pages of text."""
