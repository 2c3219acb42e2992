"""Context similarity between the reader's place or firm and a practice's."""
