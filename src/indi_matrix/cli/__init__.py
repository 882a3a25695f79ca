"""The command line: the options, and one module for each command or family of commands.

The work of the commands is elsewhere: the driver in `driver`, checks in `doctor`, files in `install`.
"""

from indi_matrix.cli.main import main

__all__ = ["main"]
