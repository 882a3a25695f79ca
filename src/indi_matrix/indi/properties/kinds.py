"""The kinds of properties that the devices have: numbers, texts, switches and lights."""

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from indi_matrix.errors import WriteError
from indi_matrix.indi.properties.base import Member, NumberMember, Perm, Property, Rule, State
from indi_matrix.indi.wire.values import (
    SWITCH_BYTES,
    SWITCH_TEXTS,
    SWITCHES,
    number_text,
    parse_number,
    parse_switch,
    shortened,
    speakable,
    whole_numbers,
)


class NumberProperty(Property[float]):
    """Numbers, each within its limits."""

    kind = "Number"

    _text = staticmethod(number_text)

    def _member_attributes(self, member: Member[float]) -> dict[str, str]:
        assert isinstance(member, NumberMember)  # noqa: S101 - the constructor's type says so
        return {
            "format": member.format,
            "min": number_text(member.minimum),
            "max": number_text(member.maximum),
            "step": number_text(member.step),
        }

    def usual_values(self, member: Member[float]) -> Mapping[bytes, float]:
        """Return whole numbers within the limits, by their bytes."""
        assert isinstance(member, NumberMember)  # noqa: S101 - the constructor's type says so
        return whole_numbers(member.minimum, member.maximum)

    def parse(self, member: Member[float], text: str) -> float:
        """Return the number that a client wrote, rounded where the member is a whole one."""
        assert isinstance(member, NumberMember)  # noqa: S101 - the constructor's type says so
        try:
            number = parse_number(text)
        except ValueError as error:
            raise self._refusal(member, text, str(error)) from error
        if not member.minimum <= number <= member.maximum:
            raise self._refusal(member, text, "is out of range")
        return number if number.is_integer() or not member.whole else float(round(number))

    def _refusal(self, member: NumberMember, text: str, why: str) -> WriteError:
        limits = f"{number_text(member.minimum)} to {number_text(member.maximum)}"
        return WriteError(f"{self.name}.{member.name}={shortened(text.strip())} {why}; it takes {limits}")


TEXT_LIMIT: Final = 4096
"""Characters of a text: more than a picture of 255 LEDs, and little enough for all texts to fit a config file."""


class TextProperty(Property[str]):
    """Texts, each within the limit."""

    kind = "Text"

    def _text(self, value: str) -> str:
        return speakable(value)

    def parse(self, member: Member[str], text: str) -> str:
        """Return the text that a client wrote, without white space around it."""
        # indiserver puts a text on a line of its own; libindi's drivers, too, drop the white space around a text.
        text = text.strip()
        if len(text) > TEXT_LIMIT:
            limit = f"has {len(text)} characters; it takes at most {TEXT_LIMIT}"
            raise WriteError(f"{self.name}.{member.name}={shortened(text)} {limit}")
        return text


class SwitchProperty(Property[bool]):
    """Switches under a rule. A write that turns one On turns the others Off, unless any number may be On."""

    kind = "Switch"

    def __init__(  # noqa: PLR0913 - an INDI property is declared with this many attributes
        self,
        name: str,
        label: str,
        group: str,
        members: Iterable[Member[bool]],
        *,
        rule: Rule,
        perm: Perm = Perm.READ_WRITE,
        state: State = State.IDLE,
        on_write: Callable[[Mapping[str, bool]], State] | None = None,
        source: Callable[[], Mapping[str, bool]] | None = None,
        saved: bool = False,
        timeout: int = 60,
    ) -> None:
        self.rule = rule
        members = list(members)
        self._all_off = {member.name: False for member in members}
        super().__init__(
            name, label, group, members, perm=perm, state=state, on_write=on_write, source=source, saved=saved,
            timeout=timeout,
        )  # fmt: skip

    @property
    def on(self) -> list[str]:
        """Names of the members that are On."""
        return [name for name, on in self.values.items() if on]

    def only(self, name: str | None) -> dict[str, bool]:
        """Return the values with just one member On, or none."""
        return {member: member == name for member in self.members}

    def _rights(self) -> dict[str, str]:
        return {**super()._rights(), "rule": self.rule.value}

    _text = staticmethod(SWITCH_TEXTS.__getitem__)

    def usual_values(self, member: Member[bool]) -> Mapping[bytes, bool]:  # noqa: ARG002 - all are alike
        """Return On and Off, by their bytes."""
        return SWITCH_BYTES

    def parse(self, member: Member[bool], text: str) -> bool:
        """Return whether a client wrote On."""
        try:
            return SWITCHES[text] if text in SWITCHES else parse_switch(text)
        except ValueError as error:
            where = f"{self.name}.{member.name}={shortened(text.strip())}"
            raise WriteError(f"{where} {error}") from error

    def merge_written(self, written: dict[str, bool]) -> Mapping[str, bool]:
        """Return the values of all members after a write, by the rule."""
        if self.rule is Rule.ANY_OF_MANY:
            return super().merge_written(written)
        if True in written.values():
            merged = self._all_off.copy()
            merged.update(written)
            number = len(written) if len(written) == 1 else sum(written.values())
        else:
            merged = {**self.values, **written}
            number = sum(merged.values())
        if number > 1:
            on = ", ".join(name for name in merged if merged[name])
            raise WriteError(f"{self.name} takes one member On at a time, not {shortened(on)}")
        if number == 0 and self.rule is Rule.ONE_OF_MANY:
            off = ", ".join(f"{name}=Off" for name in written)
            raise WriteError(f"{self.name} takes just one member On; {shortened(off)} would leave none")
        return merged


class LightProperty(Property[State]):
    """Lights, each of which shows a state. No client can write them; they have no perm and no timeout."""

    kind = "Light"

    _text = staticmethod(str)

    def __init__(self, name: str, label: str, group: str, members: Iterable[Member[State]]) -> None:
        super().__init__(name, label, group, members, perm=Perm.READ)

    def _rights(self) -> dict[str, str]:
        return {}

    def _limit(self) -> dict[str, str]:
        return {}

    def parse(self, member: Member[State], text: str) -> State:
        """Refuse, as lights are read-only."""
        raise WriteError(f"{self.name}.{member.name}={shortened(text)}: a light cannot be written")
