"""Which event loop a program runs on: asyncio's own, or uvloop where that is installed and taken."""

import importlib.util
import os
from pathlib import Path
from typing import Final

_FOLDER: Final = Path(__file__).with_name("without_uvloop")
INSTALLED: Final = importlib.util.find_spec("uvloop") is not None


def without_uvloop() -> dict[str, str]:
    """Return the environment in which a program of Python finds no uvloop."""
    if not INSTALLED:
        return {}
    return {"PYTHONPATH": os.pathsep.join(filter(None, (str(_FOLDER), os.environ.get("PYTHONPATH"))))}


def runs_on_uvloop(pid: int) -> bool:
    """Whether a program has loaded uvloop."""
    return "uvloop" in Path(f"/proc/{pid}/maps").read_text()
