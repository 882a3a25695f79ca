"""The command line: `indi_matrix` and its commands."""

from indi_matrix.cli.main import main

__all__ = ["main"]
