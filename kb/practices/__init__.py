"""Practices: records, validation rules, drafts, review and publication."""
