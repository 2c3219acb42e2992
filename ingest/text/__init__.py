"""From extracted page text to passages: cleaning, alignment, splitting."""
