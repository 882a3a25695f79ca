"""What a board must show after all that was written, and all that happened to it."""

from dataclasses import dataclass, field

from indi_matrix.simulator import Kind, Led

DARK = Led()
Frame = tuple[Led, ...]
Told = tuple[int, bool, bool]
"""A pin as a config has it: its number, whether it is an output, its level."""
TIMING: Told = (16, False, False)
"""The pin in a config that sets delay and timeout: number 16, which is none."""


@dataclass
class Model:
    """The state that board and driver must have, by what clients were told.

    Attributes:
        colors: The picture.
        painted, lit, intensity: Whether anybody painted it, whether the light is on, and how bright it is.
        used: Whether any frame was ever sent.
        owes_dark: Whether the next connect makes the ring dark.
        outputs: Pins that are outputs.
        told: Level of the pad of each pin that ever was an output; the other pins are never sent.
        active_low: Pins that clients see inverted.
        duties: Per cent of each period for which an output is On, by pin.
        safe: Pins that are Off after an outage.
        off: Whether ON_DISCONNECT is OFF.
        period: POLLING_PERIOD.
        leds: What each board shows.
        frames, pins: What may be sent: all that was accepted since the service last began.
    """

    kind: Kind = Kind.CREATOR
    colors: Frame = (DARK,) * 35
    painted: bool = False
    lit: bool = False
    intensity: int = 255
    used: bool = False
    owes_dark: bool = False
    outputs: frozenset[int] = frozenset()
    told: dict[int, bool] = field(default_factory=dict)
    active_low: frozenset[int] = frozenset()
    duties: dict[int, int] = field(default_factory=dict)
    safe: set[int] = field(default_factory=set)
    off: bool = False
    period: int = 10
    leds: dict[Kind, Frame] = field(default_factory=lambda: {kind: (DARK,) * kind.led_count for kind in Kind})
    frames: set[Frame] = field(default_factory=set)
    pins: set[Told] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.begin()

    # The ring

    @property
    def shown(self) -> Frame:
        if not self.lit:
            return (DARK,) * len(self.colors)
        return tuple(Led(*(round(channel * self.intensity / 255) for channel in led)) for led in self.colors)

    def show(self) -> None:
        """The picture is sent."""
        self.used = True
        self.frames.add(self.shown)
        self.leds[self.kind] = self.shown

    def paint(self, colors: Frame) -> None:
        self.colors, self.painted, self.lit = colors, True, True
        self.show()

    def switch(self, *, lit: bool) -> None:
        if lit and not self.painted:
            self.colors, self.painted = (Led(white=255),) * len(self.colors), True
        self.lit = lit
        self.show()

    def dim(self, intensity: int) -> None:
        self.intensity = intensity
        if self.lit:
            self.show()

    # The pins

    def turn(self, outputs: frozenset[int]) -> None:
        for pin in outputs - self.outputs:
            self.told.setdefault(pin, pin in self.active_low)
        changed = outputs ^ self.outputs
        for pin in changed & self.duties.keys():
            self.drive(pin, on=False)
        self.outputs = outputs
        self.pins |= {self._as_told(pin) for pin in changed}

    def invert(self, pins: frozenset[int]) -> None:
        for pin in (self.active_low ^ pins) - self.outputs:
            if pin in self.told:  # it is On or Off again as before, once it is an output
                self.told[pin] = not self.told[pin]
        self.active_low = pins

    def drive(self, pin: int, *, on: bool) -> None:
        self.duties.pop(pin, None)
        self.told[pin] = on != (pin in self.active_low)
        self.pins.add(self._as_told(pin))

    def heat(self, pin: int, percent: int) -> None:
        self.drive(pin, on=False)
        if percent:
            self.drive(pin, on=True)
            self.duties[pin] = percent

    def lose(self) -> None:
        """The service is lost: duties are over, and some outputs are Off by ON_LINK_LOSS."""
        for pin in self.outputs & (self.safe | self.duties.keys()):
            self.drive(pin, on=False)

    def is_on(self, pin: int) -> bool:
        """Whether clients see an output On."""
        return self.told[pin] != (pin in self.active_low)

    def _as_told(self, pin: int) -> Told:
        return pin, pin in self.outputs, pin in self.outputs and self.told[pin]

    # The service and its board

    def leave(self, *, there: bool) -> None:
        """Clients disconnect; what cannot be switched off then is when they connect again."""
        for pin in list(self.duties):
            self.drive(pin, on=False)
        if not self.off:
            return
        self.lit = False
        self.owes_dark = self.used and not there
        if self.used:
            self.frames.add(self.shown)
        if self.used and there:
            self.show()
        for pin in self.outputs:
            self.drive(pin, on=False)

    def begin(self) -> None:
        """A service begins: from now on only what holds now may be sent to it, and what is accepted later."""
        self.pins = {self._as_told(pin) for pin in self.told} | {TIMING}
        self.frames = {self.shown}

    def arrive(self, kind: Kind, *, back: bool) -> None:
        """The driver finds a board, for the first time or after an outage."""
        self.kind = kind
        more = self.colors[0] if len(set(self.colors)) == 1 else DARK
        self.colors = (self.colors + (more,) * kind.led_count)[: kind.led_count]
        self.frames.add(self.shown)
        if (back and self.used) or self.owes_dark:
            self.show()
        self.owes_dark = False
