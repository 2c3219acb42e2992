"""The magazine: issues that are composed, approved by a second person and published."""
