"""The `kb` command. Standard output carries answers, standard error everything else."""

from kb.cli.app import main

__all__ = ["main"]
