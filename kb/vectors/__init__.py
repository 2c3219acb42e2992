"""The vector index: a protocol with an embedded and a server adapter."""
