"""This program and two others on the same documents in one run: ``python -m bench.peers``."""
