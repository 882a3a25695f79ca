"""The driver's entry in the list of drivers that KStars, Ekos and indi-web offer."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from xml.etree import ElementTree as ET

from indi_matrix.errors import InstallError
from indi_matrix.settings import DEFAULT_NAME
from indi_matrix.version import __version__

EXECUTABLE: Final = "indi_matrix"
FOLDER: Final = Path("share/indi")
_GROUP: Final = "Auxiliary"

# KStars accepts the comment and the blanks of this text, but no blanks around the executable's name.
_ENTRY: Final = """\
<?xml version="1.0" encoding="UTF-8"?>
<!-- {note} -->
<driversList>
    <devGroup group="{group}">
        <device label="{name}" manufacturer="MATRIX Labs">
            <driver name="{name}">{executable}</driver>
            <version>{version}</version>
        </device>
    </devGroup>
</driversList>
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """The entry of the driver.

    Attributes:
        label: What the user chooses, and the name that KStars and indi-web give to the device.
        name: Name of the driver.
        version: Version of the driver.
    """

    label: str
    name: str
    version: str

    def fits(self, device: str) -> bool:
        """Return whether KStars matches a device to the entry: by the label, or by the first word of the name."""
        first = (self.name.split() or [self.name])[0]
        return device == self.label or device.lower().startswith(first.lower())


def entry_file(prefix: Path) -> Path:
    """Return the path of the entry; the list is made of all *.xml files in that folder."""
    return prefix / FOLDER / "indi_matrix.xml"


def entry_text(note: str) -> str:
    """Return the text of the entry's file, with a note in a comment."""
    return _ENTRY.format(note=note, group=_GROUP, name=DEFAULT_NAME, executable=EXECUTABLE, version=__version__)


def entry_json() -> str:
    """Return the entry in JSON, as indi-web takes custom drivers."""
    entry = {
        "Label": DEFAULT_NAME, "Name": DEFAULT_NAME, "Family": _GROUP, "Exec": EXECUTABLE, "Version": __version__,
    }  # fmt: skip
    return json.dumps(entry)


def read_entry(path: Path) -> Entry:
    """Return the entry in a file, as KStars reads it.

    Raises:
        OSError: The file cannot be read.
        InstallError: It has no complete entry for our executable.
    """
    try:
        root = ET.fromstring(path.read_bytes())  # noqa: S314 - a file of this machine's owner
    except ET.ParseError as error:
        raise InstallError(f"it is damaged: {error}") from error
    for device in root.iterfind("devGroup/device"):
        driver = device.find("driver")
        if driver is not None and driver.text == EXECUTABLE:
            label, name, version = device.get("label"), driver.get("name"), device.findtext("version")
            if label and name and version:
                return Entry(label, name, version)
    raise InstallError(f"it has no entry for {EXECUTABLE}")
