"""Web pages, Markdown, EPUB and plain text."""
