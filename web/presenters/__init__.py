"""What pages show, as values in the reader's language."""
