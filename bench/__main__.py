"""``make bench``: every table, one after the other. ``python -m bench NAME…`` prints only some."""

from __future__ import annotations

import sys
from importlib import import_module

TABLES = ("embedding", "ingest", "index", "questions", "while_ingesting", "serving")

for name in sys.argv[1:] or TABLES:
    print(f"\n## {name}\n", flush=True)
    import_module(f"bench.{name}").main()
