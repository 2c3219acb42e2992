"""Speed as ratios and percentiles, each taken in one run. ``python -m bench`` prints most;
``bench.scale`` and ``bench.peers`` take longer and are asked for by name."""

import kb  # noqa: F401  # before numpy, as the program does
