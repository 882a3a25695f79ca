"""LINK_LOSS: what outputs are after an outage."""

from collections.abc import Callable, Iterable
from typing import Final

from indi_matrix.devices.gpio.pins.pin import Pin
from indi_matrix.devices.gpio.pins.pin_properties import FAIL_SAFE
from indi_matrix.devices.matrix_device import Host
from indi_matrix.indi.properties.base import NumberMember, State
from indi_matrix.indi.properties.kinds import NumberProperty

_AFTER: Final = 10.0  # s
_LONGEST: Final = 3600  # s


class LinkLoss:
    """Has outputs Off after a long outage, if their ON_LINK_LOSS_n says so.

    Args:
        host: The board.
        outputs: Returns the pins that are outputs.

    Attributes:
        property: LINK_LOSS, the seconds after which an outage is a long one.
    """

    def __init__(self, host: Host, outputs: Callable[[], Iterable[Pin]]) -> None:
        self._host = host
        self._outputs = outputs
        self._switched: list[str] = []
        self.property = NumberProperty(
            "LINK_LOSS", "Link loss", FAIL_SAFE, [NumberMember("TIME", "After (s)", _AFTER, 0, _LONGEST)],
            on_write=lambda _: State.OK, saved=True,
        )  # fmt: skip

    def apply(self) -> None:
        """Switch off what is to be Off after an outage as long as this one; its Off is owed then."""
        if self._host.outage <= self.property.values["TIME"]:
            return
        for pin in self._outputs():
            if pin.view.on_link_loss.values["OFF"]:
                if pin.told != pin.idle_level:
                    self._switched.append(pin.view.output.name)
                pin.switch_off(sent=False)
                pin.view.let_go()

    def report(self) -> None:
        """Tell clients which outputs were On before the outage and no longer are."""
        if self._switched:
            names = ", ".join(self._switched)
            text = f"the outage lasted {self._host.outage:.0f} s; Off because of ON_LINK_LOSS: {names}"
            self._switched.clear()
            self._host.tell("WARNING", text)
