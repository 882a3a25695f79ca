"""DIGITAL_OUTPUT_LABELS and DIGITAL_INPUT_LABELS: what clients call the pins."""

from collections.abc import Mapping, Sequence

from indi_matrix.devices.matrix_device import MatrixDevice
from indi_matrix.errors import WriteError
from indi_matrix.indi.properties.base import Member, State
from indi_matrix.indi.properties.kinds import SwitchProperty, TextProperty
from indi_matrix.indi.wire.values import NAME_LIMIT, is_name, shortened


class Labels:
    """A text property with the labels of some properties, which come and go.

    Args:
        device: Whose property it is.
        name: Its name.
        label: Its own label.
        group: Its group.

    Attributes:
        property: The property, while there is anything to be labelled.
    """

    def __init__(self, device: MatrixDevice, name: str, label: str, group: str) -> None:
        self.property: TextProperty | None = None
        self._device = device
        self._name = name
        self._label = label
        self._group = group
        self._labelled: dict[str, SwitchProperty] = {}
        self._first: dict[str, str] = {}  # the label of each before any client wrote one

    def label(self, properties: Sequence[SwitchProperty]) -> None:
        """Have one member for each of these properties, from now on."""
        if self.property is not None and self.property.defined:
            self._device.host.board_properties.delete(self.property)
        self._labelled = {prop.name: prop for prop in properties}
        for prop in properties:
            self._first.setdefault(prop.name, prop.label)
        self.property = self._made() if properties else None
        if self.property is not None and self._device.shown:
            self._device.host.board_properties.define(self._device, self.property)

    def _made(self) -> TextProperty:
        labelled = self._labelled  # also when clients no longer know it: it is saved all the same
        members = [Member(name, self._first[name], prop.label) for name, prop in labelled.items()]
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
