"""Workbooks and tables: XLSX and CSV."""
