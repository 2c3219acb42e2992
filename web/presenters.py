"""What pages show, as values: read from SQL as the reader may see it, in that reader's words."""
