"""Speed as ratios and percentiles, each taken in one run. ``python -m bench`` prints all."""
