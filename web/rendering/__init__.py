"""Locale, templates, Markdown and labels for the screen."""
