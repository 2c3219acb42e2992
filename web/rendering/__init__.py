"""How things are said on the screen: the reader's language, templates, Markdown, names."""
