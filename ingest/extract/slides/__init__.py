"""Presentations: PPTX and its relatives."""
