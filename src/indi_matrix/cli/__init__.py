"""The command line: the options, and one module for each command or family of commands.

What a command does for others too is elsewhere: the driver in `driver`, checks in `doctor`, files in `install`.
"""

from indi_matrix.cli.main import main

__all__ = ["main"]
