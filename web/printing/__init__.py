"""Printable papers as values, and their writers for PDF, DOCX and CSV."""
