"""Practices: what a card says, the rules it keeps, writing, reviewing and publishing it."""
