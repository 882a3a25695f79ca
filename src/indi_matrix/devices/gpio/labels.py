"""DIGITAL_OUTPUT_LABELS and DIGITAL_INPUT_LABELS: what clients call the pins."""

from collections.abc import Mapping, Sequence

from indi_matrix.devices.matrix_device import MatrixDevice
from indi_matrix.errors import WriteError
from indi_matrix.indi.properties.base import Member, State
from indi_matrix.indi.properties.kinds import SwitchProperty, TextProperty
from indi_matrix.indi.wire.values import NAME_LIMIT, is_name, shortened


class Labels:
    """A text property whose members are the labels of other properties; these come and go.

    Args:
        device: Device that has the property.
        name: Name of the property.
        label: Label of the property itself.
        group: Group of the property.

    Attributes:
        property: The property; None while there is nothing to label.
    """

    def __init__(self, device: MatrixDevice, name: str, label: str, group: str) -> None:
        self.property: TextProperty | None = None
        self._device = device
        self._name = name
        self._label = label
        self._group = group
        self._labelled: dict[str, SwitchProperty] = {}
        self._original: dict[str, str] = {}  # the original label of each, by property name

    def label(self, properties: Sequence[SwitchProperty]) -> None:
        """Replace the property by one with a member for each of these properties."""
        if self.property is not None and self.property.defined:
            self._device.host.board_properties.delete(self.property)
        self._labelled = {prop.name: prop for prop in properties}
        for prop in properties:
            self._original.setdefault(prop.name, prop.label)
        self.property = self._make_property() if properties else None
        if self.property is not None and self._device.shown:
            self._device.host.board_properties.define(self._device, self.property)

    def _make_property(self) -> TextProperty:
        labelled = self._labelled  # for the source, which is asked on a save even after the property was deleted
        members = [Member(name, self._original[name], prop.label) for name, prop in labelled.items()]
        made = TextProperty(
            self._name, self._label, self._group, members, on_write=self._write, saved_at_once=True,
            source=lambda: {name: prop.label for name, prop in labelled.items()},
        )  # fmt: skip
        made.members_vary = True
        return made

    def _write(self, values: Mapping[str, str]) -> State:
        for name, label in values.items():
            if not is_name(label):
                limit = f"a label is 1 to {NAME_LIMIT} printable ASCII characters"
                raise WriteError(f"{self._name}.{name}={shortened(label)}: {limit}")
        for name, label in values.items():
            prop = self._labelled[name]
            if label != prop.label:
                prop.relabel(label)
                self._device.host.board_properties.delete(prop)
                self._device.host.board_properties.define(self._device, prop)
        return State.OK
