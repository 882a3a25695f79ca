"""Whatever happens to service, board and connection, in whatever order: the board is what clients were told."""

from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule, run_state_machine_as_test

from indi_matrix.simulator import Kind, Led
from tests.driver.life import Life

_CHANNEL = st.integers(0, 255)
_COLORS = st.builds(Led, _CHANNEL, _CHANNEL, _CHANNEL, _CHANNEL)
_PINS = st.sampled_from((0, 1, 7, 15))
_PIN_SETS = st.frozensets(_PINS)
_LIES = {0: b"", 0xFFFF: b"\x20\xff\xff\x03"}


def _is_wanted(life: Life) -> bool:
    return life.wanted


def _is_online(life: Life) -> bool:
    return life.online


def _has_outputs(life: Life) -> bool:
    return life.online and bool(life.model.outputs)


def channels(led: Led) -> dict[str, int]:
    return dict(zip(("RED", "GREEN", "BLUE", "WHITE"), led, strict=True))


def switches(pins: frozenset[int]) -> dict[str, str]:
    return {f"PIN_{pin}": "On" if pin in pins else "Off" for pin in range(16)}


class AnyLife(Life):
    """All that may happen."""

    # To the connection

    @precondition(lambda self: not self.wanted)
    @rule()
    def connect(self) -> None:
        self.run(self.connect_now())

    @precondition(lambda self: not self.wanted)
    @rule()
    def connect_and_leave(self) -> None:
        self.indi.put("CONNECTION", CONNECT="On")
        self.run(self.write("CONNECTION", "Idle", DISCONNECT="On"))

    @precondition(_is_wanted)
    @rule(off=st.booleans())
    def disconnect(self, *, off: bool) -> None:
        self.model.off = off
        self.run(self._disconnect("OFF" if off else "KEEP"))

    async def _disconnect(self, choice: str) -> None:
        await self.write("ON_DISCONNECT", "Ok", **{choice: "On"})
        indi, model, there, start = self.indi, self.model, self.of_the_board, len(self.indi.deleted)
        was_online, self.wanted = self.online, False
        model.leave(there=was_online)
        await self.write("CONNECTION", "Idle", DISCONNECT="On")
        assert sorted(indi.deleted[start:]) == sorted(there)
        if was_online:
            await self.on_the_board(
                lambda board: (
                    board.leds == model.leds[model.kind]
                    and all(board.level(pin) == model.told[pin] for pin in model.outputs)
                )
            )

    @precondition(_is_wanted)
    @rule(port=st.integers(1, 65535))
    def write_an_address(self, port: int) -> None:
        self.elsewhere = True
        self.run(self.write("DEVICE_ADDRESS", "Ok", PORT=port))

    @rule(period=st.integers(10, 20))
    def choose_a_period(self, period: int) -> None:
        self.model.period = period
        self.run(self.write("POLLING_PERIOD", "Ok", PERIOD_MS=period))

    # Writes to the board

    def carry_out(self, change: Callable[[], None], name: str, **values: Any) -> None:
        """Write; the model changes only if the board is there."""
        if self.online:
            change()
            self.run(self.write(name, "Ok", **values))
        else:
            assert "the link to " in self.run(self.write(name, "Alert", **values)).message
            if (name.startswith("DIGITAL_OUTPUT") and "OFF" in values) or values == {"DUTY": 0}:
                change()  # Off wins

    @precondition(_is_wanted)
    @rule(number=st.integers(1, 18), color=_COLORS)
    def paint_a_led(self, number: int, color: Led) -> None:
        before = self.model.colors
        colors = (*before[: number - 1], color, *before[number:])
        self.carry_out(lambda: self.model.paint(colors), f"EVERLOOP_LED_{number}", **channels(color))

    @precondition(_is_wanted)
    @rule(color=_COLORS)
    def paint_the_ring(self, color: Led) -> None:
        colors = (color,) * len(self.model.colors)
        self.carry_out(lambda: self.model.paint(colors), "EVERLOOP_COLOR", **channels(color))

    @precondition(_is_wanted)
    @rule(some=st.lists(_COLORS, min_size=1, max_size=3))
    def paint_an_image(self, some: list[Led]) -> None:
        colors = tuple(some * 35)[: len(self.model.colors)]
        image = " ".join(bytes(led).hex() for led in colors)
        self.carry_out(lambda: self.model.paint(colors), "EVERLOOP_IMAGE", IMAGE=image)

    @precondition(_is_wanted)
    @rule(lit=st.booleans())
    def switch_the_light(self, *, lit: bool) -> None:
        name = "FLAT_LIGHT_ON" if lit else "FLAT_LIGHT_OFF"
        self.carry_out(lambda: self.model.switch(lit=lit), "FLAT_LIGHT_CONTROL", **{name: "On"})

    @precondition(_is_wanted)
    @rule(intensity=st.integers(0, 255))
    def dim(self, intensity: int) -> None:
        value = {"FLAT_LIGHT_INTENSITY_VALUE": intensity}
        self.carry_out(lambda: self.model.dim(intensity), "FLAT_LIGHT_INTENSITY", **value)

    @precondition(_is_wanted)
    @rule(outputs=_PIN_SETS)
    def turn_pins(self, outputs: frozenset[int]) -> None:
        self.carry_out(lambda: self.model.turn(outputs), "GPIO_DIRECTION", **switches(outputs))

    @precondition(_is_wanted)
    @rule(pins=_PIN_SETS)
    def invert_pins(self, pins: frozenset[int]) -> None:
        if self.online and self.model.duties.keys() & (pins ^ self.model.active_low):
            answer = self.run(self.write("GPIO_ACTIVE_LOW", "Alert", **switches(pins)))
            assert "is fixed during a duty" in answer.message
        else:
            self.carry_out(lambda: self.model.invert(pins), "GPIO_ACTIVE_LOW", **switches(pins))

    @precondition(lambda self: self.wanted and self.model.outputs)
    @rule(pin=_PINS, on=st.booleans())
    def drive_an_output(self, pin: int, *, on: bool) -> None:
        pin = self._an_output(pin)
        name, values = f"DIGITAL_OUTPUT_{pin + 1}", {"ON" if on else "OFF": "On"}
        self.carry_out(lambda: self.model.drive(pin, on=on), name, **values)

    @precondition(lambda self: self.wanted and self.model.outputs)
    @rule(pin=_PINS, percent=st.sampled_from((0, 50, 100)))
    def give_an_output_a_duty(self, pin: int, percent: int) -> None:
        pin = self._an_output(pin)
        period = {"PERIOD": 1} if percent else {}
        self.carry_out(lambda: self.model.heat(pin, percent), f"DUTY_{pin}", DUTY=percent, **period)

    @precondition(_has_outputs)
    @rule(pin=_PINS, off=st.booleans())
    def restart_with_an_output_on(self, pin: int, *, off: bool) -> None:
        """It is On or Off then, as it was chosen."""
        pin = self._an_output(pin)
        self.run(self.write(f"ON_LINK_LOSS_{pin}", "Ok", **{"OFF" if off else "KEEP": "On"}))
        (self.model.safe.add if off else self.model.safe.discard)(pin)
        self.drive_an_output(pin, on=True)
        self.restart(self.model.kind, power_cycle=False)

    def _an_output(self, pin: int) -> int:
        """Return the pin, or one that is an output."""
        return pin if pin in self.model.outputs else min(self.model.outputs)

    @precondition(_has_outputs)
    @rule(pin=_PINS, cut_short=st.booleans())
    def pulse_an_output(self, pin: int, *, cut_short: bool) -> None:
        pin = self._an_output(pin)
        self.run(self._pulse(pin, f"DIGITAL_OUTPUT_{pin + 1}", cut_short=cut_short))

    async def _pulse(self, pin: int, name: str, *, cut_short: bool) -> None:
        """An output goes Off after its time, or when the service is lost before that."""
        if pin in self.model.duties:
            self.model.heat(pin, 0)
            await self.write(f"DUTY_{pin}", "Ok", DUTY=0)
        await self.write(f"PULSE_{pin}", "Ok", DURATION=60000 if cut_short else 200)
        self.model.drive(pin, on=True)
        level = self.model.told[pin]
        self.model.drive(pin, on=False)
        if cut_short:
            await self.write(name, "Busy", ON="On")
            await self.on_the_board(lambda board: board.level(pin) == level)
            await self._restart(self.model.kind)
            await self.settled()
        else:
            await self.write(name, "Ok", ON="On")
            await self.indi.in_state(f"PULSE_{pin}", "Busy")
            await self.indi.in_state(f"PULSE_{pin}", "Ok")
        await self.write(f"PULSE_{pin}", "Ok", DURATION=0)

    # To the board and its service

    @rule(pin=st.integers(0, 15), level=st.booleans())
    def set_an_input(self, pin: int, *, level: bool) -> None:
        self.service.board.set_input(pin, level)

    @precondition(lambda self: self.service.running)
    @rule()
    def stop(self) -> None:
        self._lose()
        self.run(self.service.stop())

    def _lose(self) -> None:
        if self.online:
            self.model.lose()

    @precondition(lambda self: not self.service.running)
    @rule(kind=st.sampled_from(Kind), power_cycle=st.booleans())
    def start(self, kind: Kind, *, power_cycle: bool) -> None:
        self.run(self.start_service(kind, power_cycle=power_cycle))

    @precondition(lambda self: self.up)
    @rule(kind=st.sampled_from(Kind), power_cycle=st.booleans())
    def restart(self, kind: Kind, *, power_cycle: bool) -> None:
        self.run(self._restart(kind, power_cycle=power_cycle))

    async def _restart(self, kind: Kind, *, power_cycle: bool = False) -> None:
        self._lose()
        await self.service.stop()
        await self.start_service(kind, power_cycle=power_cycle)

    @precondition(_has_outputs)
    @rule(pin=_PINS, color=_COLORS, outputs=_PIN_SETS)
    def write_in_an_outage(self, pin: int, color: Led, outputs: frozenset[int]) -> None:
        """When the service is back nothing of this was carried out, except an output's Off."""
        self.stop()
        self.all_is_as_the_model_has_it()
        self.paint_the_ring(color)
        self.switch_the_light(lit=False)
        self.turn_pins(outputs)
        self.drive_an_output(pin, on=not self.model.is_on(self._an_output(pin)))
        self.start(self.model.kind, power_cycle=True)

    @precondition(lambda self: self.up)
    @rule()
    def hang(self) -> None:
        self._lose()
        self.service.hang()

    @precondition(lambda self: self.service.hung)
    @rule()
    def resume(self) -> None:
        if self.wanted:
            self.model.arrive(self.model.kind, back=True)
        self.service.resume()

    @precondition(_has_outputs)
    @rule(pin=_PINS, color=_COLORS, kill=st.booleans())
    def write_while_it_hangs(self, pin: int, color: Led, *, kill: bool) -> None:
        self.run(self._write_while_it_hangs(self._an_output(pin), color, kill=kill))

    async def _write_while_it_hangs(self, pin: int, color: Led, *, kill: bool) -> None:
        """A picture counts as shown once it is sent; a level that was not seen turns to Alert. Off wins."""
        model, on = self.model, not self.model.is_on(pin)
        self._lose()
        self.service.hang()
        model.paint((color,) * len(model.colors))
        await self.write("EVERLOOP_COLOR", "Ok", **channels(color))
        await self.write(f"DIGITAL_OUTPUT_{pin + 1}", "Alert", **{"ON" if on else "OFF": "On"})
        await self.settled()
        unseen = (pin, True, not model.told[pin])
        if not on:
            model.drive(pin, on=False)
        if kill:
            await self._restart(model.kind, power_cycle=True)
        else:
            model.pins.add(unseen)  # it was sent before, and only now is taken
            self.resume()

    @precondition(_is_online)
    @rule(driver=st.sampled_from(("Everloop", "Gpio")))
    def complain(self, driver: str) -> None:
        texts = [f"trouble {len(self.indi.heard)} {number}" for number in range(10)]
        for text in texts:
            self.service.publish_error(driver, text)
            self.service.publish_error(driver, text)
        self.run(self.indi.until(lambda: self._told(texts[-1])))
        assert max(map(self._told, texts)) == 1

    def _told(self, text: str) -> int:
        return sum(one.get("message", "").endswith(text) for one in self.indi.heard)

    @precondition(_is_online)
    @rule(driver=st.sampled_from(("Everloop", "Gpio")))
    def publish_garbage(self, driver: str) -> None:
        self.service.publish_update(driver, b"\xff\xff\xff")

    @precondition(_is_online)
    @rule(levels=st.sampled_from(sorted(_LIES)))
    def publish_a_lie(self, levels: int) -> None:
        """It is believed until the next update, and no longer."""
        answers, start = self.indi.answers, len(self.indi.answers)
        if levels != self.service.board.levels:
            self.service.publish_update("Gpio", _LIES[levels])
            self.run(self.indi.until(lambda: any(one.values == {"PADS": str(levels)} for one in answers[start:])))

    @precondition(_is_online)
    @rule()
    def publish_another_ring(self) -> None:
        """What is no longer the same board is visited anew."""
        self.run(self._publish_another_ring())

    async def _publish_another_ring(self) -> None:
        start = len(self.indi.answers)
        self._lose()
        other = Kind.VOICE if self.model.kind is Kind.CREATOR else Kind.CREATOR
        self.model.arrive(self.model.kind, back=True)
        self.service.publish_update("Everloop", bytes((0x10, other.led_count)))
        answer = await self.indi.next_answer("CONNECTION", start)
        assert answer.state == "Busy"
        assert "the ring has" in (answer.message or "the ring has")  # within a minute it is told once


def test_the_board_is_what_clients_were_told() -> None:
    # A failure has waited for long: looking for a shorter one would wait as long again and again.
    profile = settings()
    run_state_machine_as_test(
        AnyLife,
        settings=settings(
            max_examples=profile.max_examples // 30,
            phases=(Phase.explicit, Phase.generate),
            suppress_health_check=list(HealthCheck),
        ),
    )
