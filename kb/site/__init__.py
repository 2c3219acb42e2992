"""The site itself: its pages in words, and what visitors write to it."""
