"""Forms: reading submitted fields into values, and filling fields from values."""
