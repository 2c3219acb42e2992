"""Papers as values, written as PDF, DOCX and CSV."""
