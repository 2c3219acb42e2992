"""Benchmarks: ratios and percentiles, each measured in one run.

``python -m bench`` prints most; ``bench.scale`` and ``bench.peers`` take longer and are run by
name.
"""

import kb  # noqa: F401  # before numpy, as the program does
