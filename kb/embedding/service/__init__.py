"""Vectors computed by a service that serves the configured model."""
