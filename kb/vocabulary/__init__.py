"""Controlled lists with labels in five languages, and the glossary."""
