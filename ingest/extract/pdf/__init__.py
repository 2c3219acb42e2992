"""PDF: text as the page shows it, tables, metadata, OCR of scanned pages."""
