"""From a question to ranked practices and documents with evidence."""
