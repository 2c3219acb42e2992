"""Projects: a practice taken up in one place, with members, indicators and measurements."""
