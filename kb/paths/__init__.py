"""Training paths: units of readings with questions, progress, records."""
