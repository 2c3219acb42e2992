"""The embedding model: texts become vectors, offline by default."""
