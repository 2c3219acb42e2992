"""The vector index: one protocol, an embedded and a server adapter."""
