"""Accounts: people, their passwords, sessions, links, tokens and the audit log."""
