"""OpenDocument: ODT, ODS and ODP with their templates."""
