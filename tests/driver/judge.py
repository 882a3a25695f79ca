"""What must become of a write, as far as the definition of its property tells."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from tests.driver.client import Known
from tests.driver.strategies import Written

_WORD = re.compile("[0-9A-Fa-f]{6}([0-9A-Fa-f]{2})?")
_HALF = 0.5  # numbers are kept whole


@dataclass(frozen=True)
class Verdict:
    """What is to be expected of a write.

    Attributes:
        values: What the property holds if the write is accepted; None where it must be refused.
        sure: Whether it must be accepted, if not refused.
        state: That of the answer, if accepted.
    """

    values: Mapping[str, str] | None
    sure: bool = True
    state: str = "Ok"


_REFUSED = Verdict(None)


@dataclass(frozen=True)
class Pins:
    """Members of the pins that are something else than inputs."""

    outputs: frozenset[str] = frozenset()
    servos: frozenset[str] = frozenset()
    cap: str = "PIN_-1"

    @classmethod
    def of(cls, known: Mapping[str, Known]) -> "Pins":
        """Return them as a client knows them."""
        if "DUST_CAP" not in known:
            return cls()
        outputs, servos = (frozenset(known[name].on) for name in ("GPIO_DIRECTION", "SERVO_PINS"))
        return cls(outputs, servos, f"PIN_{known['DUST_CAP'].values['PIN']}")


def judge(prop: Known, written: Written, *, leds: int, phase: str, pins: Pins) -> Verdict:
    """Return what is to become of a write to a property that is as given, in a phase of the connection."""
    if prop.attributes.get("perm", "ro") == "ro" or not is_well_formed(prop, written):
        return _REFUSED
    if phase == "lost" and is_of_the_board(written.name):
        return _REFUSED
    values = _READERS[prop.kind](prop, written)
    if values is None or not _is_free(written.name, values, pins):
        return _REFUSED
    return _of_its_own(written.name, values, leds, phase)


def is_of_the_board(name: str) -> bool:
    """Tell whether a property is there only while the board is connected."""
    ours = (
        "EVERLOOP_", "FLAT_LIGHT_", "GPIO_", "DIGITAL_", "PULSE_", "DUTY_", "ON_LINK_", "LINK_", "DEW_", "SERVO_",
        "DUST_CAP", "CAP_", "WEATHER_", "SAFETY_", "TEMPER",
    )  # fmt: skip
    return name.startswith(ours)


def is_fact(name: str, perm: str | None) -> bool:
    """Tell whether the state of a property is that of something else than the last write."""
    own = name in {"CONNECTION", "WEATHER_OVERRIDE", "TEMPERATURE_CALIBRATION"}
    return perm in {"ro", None} or own or name.startswith("PULSE_")


def is_well_formed(prop: Known, written: Written) -> bool:
    """Tell whether a vector has the property's kind, and members of it, each once."""
    names = [one.name for one in written.ones]
    return (
        written.kind == prop.kind
        and bool(names)
        and len(set(names)) == len(names)
        and all(name in prop.members for name in names)
        and all(one.tag == f"one{prop.kind}" for one in written.ones)
    )


def _numbers(prop: Known, written: Written) -> Mapping[str, str] | None:
    values = dict(prop.values)
    for one in written.ones:
        assert one.name is not None
        limits = prop.members[one.name]
        if one.value.number is None or not float(limits["min"]) <= one.value.number <= float(limits["max"]):
            return None
        values[one.name] = repr(one.value.number)
    return values


def _switches(prop: Known, written: Written) -> Mapping[str, str] | None:
    new = {str(one.name): one.value.text.strip() for one in written.ones}
    if not set(new.values()) <= {"On", "Off"}:
        return None
    rule, kept = prop.attributes["rule"], dict(prop.values)
    if rule != "AnyOfMany" and "On" in new.values():
        kept = dict.fromkeys(kept, "Off")
    values = {**kept, **new}
    return values if keeps_rule(rule, values) else None


def keeps_rule(rule: str, values: Mapping[str, str]) -> bool:
    """Tell whether a rule allows so many switches to be On."""
    on = list(values.values()).count("On")
    return {"OneOfMany": on == 1, "AtMostOne": on <= 1, "AnyOfMany": True}[rule]


def _texts(prop: Known, written: Written) -> Mapping[str, str] | None:
    return {**prop.values, **{str(one.name): one.value.text.strip() for one in written.ones}}


_READERS = {"Number": _numbers, "Switch": _switches, "Text": _texts}


def _of_its_own(name: str, values: Mapping[str, str], leds: int, phase: str) -> Verdict:
    """Return the verdict on values that are sound, by what only the property itself demands."""
    if not _is_allowed(name, values, leds):
        return _REFUSED
    if name == "EVERLOOP_IMAGE":
        return Verdict({"IMAGE": " ".join(word.upper().ljust(8, "0") for word in values["IMAGE"].split())})
    if name == "CONFIG_PROCESS":
        # It shows no switch On.
        none_on = "On" not in values.values()
        return Verdict(dict.fromkeys(values, "Off"), state="Idle" if none_on else "Busy")
    if name == "WEATHER_REFRESH":
        return Verdict({"REFRESH": "Off"})
    return Verdict(values, sure=name not in {"DEVICE_ADDRESS", "DEW_HEATER"}, state=_state(name, values, phase))


def _is_free(name: str, values: Mapping[str, str], pins: Pins) -> bool:
    """Tell whether pins become only what they can, beside what they are."""
    on = {member for member, value in values.items() if value == "On"}
    if name == "GPIO_DIRECTION":
        return not on & pins.servos
    if name == "SERVO_PINS":
        return not on & pins.outputs and (pins.cap == "PIN_-1" or pins.cap in on)
    if name != "DUST_CAP":
        return True
    pin, parked, unparked = (round(float(values[member])) for member in ("PIN", "PARKED", "UNPARKED"))
    return pin < 0 or (f"PIN_{pin}" in pins.servos and parked != unparked)


def _is_allowed(name: str, values: Mapping[str, str], leds: int) -> bool:
    if name == "EVERLOOP_IMAGE":
        words = values["IMAGE"].split()
        return len(words) == leds and all(map(_WORD.fullmatch, words))
    if name.endswith("_LABELS"):
        return all(1 <= len(label) <= 63 and label.isascii() and label.isprintable() for label in values.values())
    if "MIN_OK" in values:
        return float(values["MIN_OK"]) <= float(values["MAX_OK"])
    return "On" in values.values() or not name.startswith("DIGITAL_OUTPUT_")


def _state(name: str, values: Mapping[str, str], phase: str) -> str:
    """Return the state of the answer to a write that is carried out."""
    if name == "CONNECTION":
        states = {"away": ("Busy", "Ok"), "online": ("Ok", "Idle"), "lost": ("Busy", "Idle")}
        return states[phase][values["CONNECT"] == "Off"]
    if name in {"LOGGING_LEVEL", "LOG_OUTPUT"} and "On" not in values.values():
        return "Idle"
    if name == "WEATHER_OVERRIDE":
        return "Busy" if values["OVERRIDE"] == "On" else "Idle"
    return "Busy" if re.fullmatch("DIGITAL_OUTPUT_[0-9]+|TEMPERATURE_CALIBRATION", name) else "Ok"


def same(kind: str, left: Mapping[str, str], right: Mapping[str, str]) -> bool:
    """Tell whether two properties hold the same, numbers but for their rounding."""
    if kind != "Number":
        # XML makes every end of line the same.
        return {name: _lines(text) for name, text in left.items()} == {
            name: _lines(text) for name, text in right.items()
        }
    return list(left) == list(right) and all(abs(float(left[n]) - float(right[n])) <= _HALF for n in left)


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def is_sound(prop: Known) -> bool:
    """Tell whether what a property holds is allowed by its definition."""
    if prop.state not in {"Idle", "Ok", "Busy", "Alert"} or list(prop.values) != list(prop.members):
        return False
    if prop.kind == "Light":
        return set(prop.values.values()) <= {"Idle", "Ok", "Busy", "Alert"} and "perm" not in prop.attributes
    if prop.kind == "Number" and prop.attributes["name"] != "WEATHER_PARAMETERS":  # there, limits are what is safe
        return all(
            float(limits["min"]) <= float(prop.values[name]) <= float(limits["max"])
            for name, limits in prop.members.items()
        )
    if prop.kind == "Switch":
        return set(prop.values.values()) <= {"On", "Off"} and keeps_rule(prop.attributes["rule"], prop.values)
    return prop.kind in {"Text", "Number"}
