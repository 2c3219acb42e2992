"""Transfer worksheets: conditions for repeating a practice elsewhere."""
