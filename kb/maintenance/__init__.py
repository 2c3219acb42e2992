"""Consistency checks of the whole base, its backup and restore."""
