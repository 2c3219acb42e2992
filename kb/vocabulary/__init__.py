"""Controlled vocabularies with labels in five languages."""
