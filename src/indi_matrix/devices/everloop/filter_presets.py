"""FLAT_LIGHT_FILTER_INTENSITY: a brightness of the flat light for each filter, as in libindi's light boxes."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from indi_matrix.devices.everloop.picture import FULL
from indi_matrix.devices.matrix_device import MatrixDevice
from indi_matrix.devices.snooped import WHEEL, Snooped
from indi_matrix.indi.properties.base import NumberMember, State
from indi_matrix.indi.properties.kinds import NumberProperty
from indi_matrix.indi.wire.values import NAME_LIMIT

INTENSITY_STEP: Final = 10
"""As libindi's: with steps of 1 KStars shows no slider."""

_MOST_GONE: Final = 100  # presets that are kept of filters that are gone
_NO_NAME: Final = "[^ -~]"  # no control characters: XML turns some into blanks in an attribute
_NAMES, _SLOT = WHEEL


class FilterPresets:
    """An intensity for each filter of the wheel that ACTIVE_FILTER names, set when that filter is in place.

    Args:
        device: Device that has the property.
        apply: Sets an intensity, 1 to 255.

    Attributes:
        property: The property; None while no name of a filter is known.
    """

    def __init__(self, device: MatrixDevice, apply: Callable[[int], None]) -> None:
        self.property: NumberProperty | None = None
        self._device = device
        self._apply = apply
        self._presets: dict[str, float] = {}
        self._filters: Sequence[str] = ()
        self._slot = 0
        device.host.listen("ACTIVE_FILTER", WHEEL, self._hear)

    def _hear(self, name: str, heard: Snooped | None) -> None:
        if name == _NAMES:
            self._set_filters(() if heard is None else [_member_name(text) for text in heard.values.values()])
        elif heard is None:
            self._slot = 0
        elif heard.state in {"Ok", "Idle"}:
            # While it is Busy the wheel still turns.
            self._slot = _slot_number(heard.values.get("FILTER_SLOT_VALUE", ""))
        else:
            return
        self._follow_wheel()

    def _set_filters(self, filters: Sequence[str]) -> None:
        """Replace the property by one with a member for each filter.

        Presets of filters that are gone are kept, in case these come back: the 100 written last.
        """
        if filters == self._filters:
            return
        self._filters = filters
        host = self._device.host
        if self.property is not None and self.property.defined:
            host.board_properties.delete(self.property)
        self.property = self._make_property() if any(filters) else None
        if self.property is not None and self._device.shown:
            host.board_properties.define(self._device, self.property)
            self.recall()

    def recall(self) -> None:
        """Load the presets from the config file, unless some are set already."""
        if self.property is not None and not self._presets:
            self._device.host.recall(self.property)

    def _make_property(self) -> NumberProperty:
        names = [name for name in dict.fromkeys(self._filters) if name]
        members = [NumberMember(name, name, 0.0, 0, FULL, step=INTENSITY_STEP) for name in names]
        made = NumberProperty(
            "FLAT_LIGHT_FILTER_INTENSITY", "Per filter", "Preset", members, on_write=self._write,
            saved_at_once=True,
            source=lambda: {member.name: self._presets.get(member.name, 0.0) for member in members},
        )  # fmt: skip
        made.members_vary = True
        return made

    def _write(self, values: Mapping[str, float]) -> State:
        gone = [name for name in self._presets if name not in values]
        for name in gone[:-_MOST_GONE]:
            del self._presets[name]
        for name, preset in values.items():
            self._presets.pop(name, None)  # so that the dict's order is that of the writes
            self._presets[name] = preset
        return State.OK

    def _follow_wheel(self) -> None:
        """Apply the preset of the filter in place, unless it is 0 (none)."""
        if self._device.shown and 1 <= self._slot <= len(self._filters):
            preset = round(self._presets.get(self._filters[self._slot - 1], 0))
            if preset:
                self._apply(preset)


def _member_name(text: str) -> str:
    """Return a filter's name as that of a member: printable ASCII, 63 characters at most."""
    return re.sub(_NO_NAME, "?", text)[:NAME_LIMIT].strip()


def _slot_number(text: str) -> int:
    """Return the number of a slot, from 1 on; 0 if the text is no number."""
    try:
        return int(float(text))
    except (ValueError, OverflowError):
        return 0
