"""Accounts, passwords, sessions, one-time links, API tokens, and the audit log."""
