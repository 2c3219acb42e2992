"""The SQL database, which is the source of truth, and the content store of uploaded files."""
