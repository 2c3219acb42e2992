"""References to documents and practices as CSL-JSON, BibTeX and RIS."""
