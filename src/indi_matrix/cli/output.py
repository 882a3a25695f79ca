"""What the commands write: lines to standard output, and one line of error to standard error."""

import os
import sys
from typing import Final, NoReturn

from indi_matrix.errors import MatrixError
from indi_matrix.texts import printable

_LONGEST_ERROR: Final = 500  # characters


def say(*lines: str) -> None:
    """Write lines to standard output, or exit with status 1.

    Once the reader is gone, such as `head`, lines are dropped.
    """
    try:
        print(*lines, sep="\n", flush=True)  # noqa: T201 - a command's output
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:  # such as a full disk; raised to a task group, it would come out in an ExceptionGroup
        fail(error, 1)


def fail(error: Exception, status: int) -> NoReturn:
    """Write an error to standard error, in one line, and exit with a status."""
    text = error.strerror if isinstance(error, OSError) and not isinstance(error, MatrixError) else None
    print(f"indi_matrix: error: {printable(text or error, _LONGEST_ERROR)}", file=sys.stderr)  # noqa: T201 - as above
    sys.exit(status)
