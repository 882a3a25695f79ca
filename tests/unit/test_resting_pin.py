"""An input that rests: to see its level again changes nothing and tells nobody, whatever happened before."""

from collections.abc import Callable
from typing import Any, Final

from hypothesis import given, settings
from hypothesis import strategies as st

from indi_matrix.devices.gpio.pins.duty_cycle import DutyCycle
from indi_matrix.devices.gpio.pins.pin import Pin
from indi_matrix.indi.properties.base import State

_STEP: Final = 1.0
_SOON: Final = 1.0

OF_OUTPUTS: Final[tuple[Callable[[Pin], object], ...]] = (
    lambda pin: pin.tell(True, _SOON),
    lambda pin: pin.tell(False, _SOON),
    lambda pin: pin.tell(not pin.idle_level, _SOON, _SOON),
    lambda pin: pin.end_pulse(_SOON),
    lambda pin: pin.follow_duty(DutyCycle(50.0, 10.0, 0.0), 0.0),
    lambda pin: pin.switch_off(sent=True),
    lambda pin: pin.abandon(lost=True),
    lambda pin: pin.keep_off({"OFF": True, "ON": False}),
    Pin.expire,
    Pin.release,
)
OF_ALL: Final[tuple[Callable[[Pin], object], ...]] = (
    lambda pin: pin.invert(active_low=not pin.view.active_low),
    lambda pin: pin.forget(shown=True),
    lambda pin: pin.forget(shown=False),
    lambda pin: pin.resend(_SOON),
    lambda pin: pin.view.input.publish_reading(state=State.ALERT),
    lambda pin: pin.view.input.publish_reading(state=State.OK),
    lambda pin: pin.drive(pin.first_level(loading=True), _SOON),
)

_events = st.one_of(
    st.tuples(st.booleans(), st.sampled_from([0.0, 1.5 * _STEP])), st.sampled_from(OF_ALL + OF_OUTPUTS)
)


def _state(pin: Pin) -> list[Any]:
    """Return all that a pin knows, and that clients are shown of it."""
    view = pin.view
    shown = [(prop.state, dict(prop.values)) for prop in (*view.of_output, view.input)]
    known = {name: value for name, value in vars(pin).items() if isinstance(value, bool | float | None)}
    duty = (view.duty.cycle, view.duty.next_edge, dict(vars(view.duty.contradictions)))
    return [shown, known, pin.phase, dict(vars(pin._debounce)), view.pulse.end, view.pulse.shown, duty]


@settings(deadline=None, max_examples=300)
@given(st.lists(_events, max_size=12), st.booleans(), st.sampled_from([0.0, 1.5 * _STEP, 10.0]))
def test_a_level_that_an_input_rests_at_changes_nothing(events: list[Any], level: bool, debounce: float) -> None:
    pin = Pin(0, lambda _, __: None, lambda _, __, ___: None, lambda _: True)
    posted: list[object] = []
    pin.view.input.attach("MATRIX", posted.append)
    for number, event in enumerate(events):
        if isinstance(event, tuple):
            pin.see(event[0], number * _STEP, event[1])
        elif pin.is_output or event in OF_ALL:
            event(pin)
        before, told = _state(pin), len(posted)
        if pin.rests_at(level):
            pin.see(level, (number + 1) * _STEP, debounce)
            assert (_state(pin), len(posted)) == (before, told)
            assert not pin.view.duty.contradictions.proven


def test_an_input_rests_at_the_level_that_clients_see_and_at_no_other() -> None:
    pin = Pin(0, lambda _, __: None, lambda _, __, ___: None, lambda _: True)
    assert not pin.rests_at(False)
    pin.see(False, 0.0, 0.0)
    assert (pin.rests_at(False), pin.rests_at(True)) == (True, False)
    pin.see(True, 1.0, 2.0)  # waits for its debounce
    assert (pin.rests_at(False), pin.rests_at(True)) == (False, False)
    pin.see(False, 2.0, 2.0)
    assert pin.rests_at(False)
    pin.forget(shown=False)
    assert not pin.rests_at(False)
    pin.see(False, 3.0, 0.0)
    pin.drive(False, _SOON)
    pin.see(False, 4.0, 0.0)
    assert not pin.rests_at(False)
