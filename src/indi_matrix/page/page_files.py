"""The files that browsers load, read once at the start, and what goes with each answer for their safety."""

import gzip
from collections.abc import Iterator, Mapping
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Final, NamedTuple

PAGE: Final = "/index.html"

_TYPES: Final = {
    "html": "text/html; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
    "png": "image/png",
}

HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}
"""What each answer carries: browsers run nothing from elsewhere, and show the page inside no other."""


class PageFile(NamedTuple):
    """A file, plain and compressed."""

    content_type: str
    plain: bytes
    zipped: bytes


def page_files() -> Mapping[str, PageFile]:
    """Return the files by the paths at which browsers find them. Nothing else is ever served."""
    files = dict(_under(resources.files("indi_matrix.page") / "web", "/"))
    if PAGE in files:
        files["/"] = files[PAGE]
    return files


def _under(folder: Traversable, path: str) -> Iterator[tuple[str, PageFile]]:
    """Return the files of a folder and of those in it."""
    for entry in folder.iterdir():
        content_type = _TYPES.get(entry.name.rpartition(".")[2])
        if entry.is_dir():
            yield from _under(entry, f"{path}{entry.name}/")
        elif content_type is not None:
            plain = entry.read_bytes()
            yield f"{path}{entry.name}", PageFile(content_type, plain, gzip.compress(plain, mtime=0))
