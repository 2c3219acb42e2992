"""Speed as ratios and percentiles, each taken in one run. ``python -m bench`` prints all."""

import kb  # noqa: F401  # before numpy, as the program does
