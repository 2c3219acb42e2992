"""The `kb` command. Results go to standard output, everything else to standard error."""

from kb.cli.app import main

__all__ = ["main"]
