"""Fuzzed INDI messages: the same from the same seed."""

import random
import re
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate
from typing import Final

from tests.siege.seeds import OF_DEVICES, RARE, RAREST, SPECIALS, WRITES

_KINDS: Final = (b"Number", b"Switch", b"Text", b"Light", b"BLOB")
_VALUES: Final = (
    *(b"", b"0", b"-0", b"1", b"255", b"256", b"-1", b"65535", b"65536", b"0.5", b"1e9", b"1e308", b"1e999"),
    *(b"-1e999", b"nan", b"-inf", b"1_0", b"0x10", b"1,5", b"12:30:45", b"1 2 3 4", b"9" * 400, b"--5", b" 7 "),
    *(b"\xef\xbc\x91", b"On", b"Off", b"on", b"True", b"&lt;&amp;", b"&#10;", b"\xc2\xb0", b"x" * 300),
)
_PIECES: Final = (
    *(b"<", b">", b"/>", b"</", b"'", b'"', b"=", b"&", b";", b"&amp;", b"\0", b"\xff", b"\xc3", b"\n", b" "),
    *(b"-->", b"]]>", b"?>", b"<?", b"<a>", b"</a>", b"<a/>", b"xmlns='u'", b" name=''", b"</newTextVector>"),
)
_VALUE: Final = re.compile(rb">([^<>]{1,300})</one")
_ATTRIBUTE: Final = re.compile(rb""" [A-Za-z]+=(?:'[^'<]*'|"[^"<]*")""")
_QUOTED: Final = re.compile(rb"""(?<=[a-z]=)(?:'[^'<]*'|"[^"<]*")""")
_MEMBER: Final = re.compile(rb"<one\w+ [^<>]*>[^<>]*</one\w+>")
_TAG: Final = re.compile(rb"</?([A-Za-z]+)")

Mutation = Callable[[random.Random, bytes], bytes]


def _place(dice: random.Random, message: bytes) -> int:
    return int(dice.random() * (len(message) + 1))


def _span(dice: random.Random, message: bytes) -> tuple[int, int]:
    """Return the ends of a piece, which mostly is short."""
    begin = _place(dice, message)
    return begin, begin + 1 + int(dice.random() ** 3 * 40)


def _found(dice: random.Random, pattern: re.Pattern[bytes], message: bytes) -> re.Match[bytes] | None:
    """Return what a pattern finds from some place on."""
    return pattern.search(message, int(dice.random() * len(message) / 2)) or pattern.search(message)


def _replace(found: re.Match[bytes] | None, group: int, by: bytes) -> bytes:
    """Return the message with what was found replaced; as it was, hence a blank, where nothing was."""
    return found.string[: found.start(group)] + by + found.string[found.end(group) :] if found else b" "


# These break most messages.


def _flip(dice: random.Random, message: bytes) -> bytes:
    place = _place(dice, message)
    flipped = bytes(byte ^ 1 << int(dice.random() * 8) for byte in message[place : place + 1])
    return message[:place] + flipped + message[place + 1 :]


def _delete(dice: random.Random, message: bytes) -> bytes:
    begin, end = _span(dice, message)
    return message[:begin] + message[end:]


def _insert(dice: random.Random, message: bytes) -> bytes:
    place = _place(dice, message)
    return message[:place] + dice.choice(_PIECES) + message[place:]


def _double(dice: random.Random, message: bytes) -> bytes:
    begin, end = _span(dice, message)
    return message[:end] + message[begin:]


def _truncate(dice: random.Random, message: bytes) -> bytes:
    return message[: _place(dice, message)]


def _splice(dice: random.Random, message: bytes) -> bytes:
    other = dice.choice(WRITES)
    return message[: _place(dice, message)] + other[_place(dice, other) :]


def _change_case(dice: random.Random, message: bytes) -> bytes:
    begin, end = _span(dice, message)
    return message[:begin] + message[begin:end].swapcase() + message[end:]


def _swap_tag(dice: random.Random, message: bytes) -> bytes:
    other = _found(dice, _TAG, dice.choice(WRITES))
    return _replace(_found(dice, _TAG, message), 1, other[1] if other else b"")


# These leave most of them well-formed, but seldom right.


def _swap_value(dice: random.Random, message: bytes) -> bytes:
    found = _found(dice, _VALUE, message)
    return _replace(found, 1, dice.choice(_VALUES)) if found else message


def _swap_attribute(dice: random.Random, message: bytes) -> bytes:
    found, other = _found(dice, _QUOTED, message), _found(dice, _QUOTED, dice.choice(WRITES))
    by = other[0] if other and dice.random() < 0.7 else b'"' + dice.choice(_VALUES) + b'"'
    return _replace(found, 0, by) if found else message


def _drop_attribute(dice: random.Random, message: bytes) -> bytes:
    found = _found(dice, _ATTRIBUTE, message)
    return _replace(found, 0, b"") if found else message


def _swap_kind(dice: random.Random, message: bytes) -> bytes:
    return message.replace(dice.choice(_KINDS), dice.choice(_KINDS))


def _copy_member(dice: random.Random, message: bytes) -> bytes:
    found, other = _found(dice, _MEMBER, message), _found(dice, _MEMBER, dice.choice(WRITES))
    return _replace(found, 0, found[0] + (other or found)[0]) if found else message


def _drop_member(dice: random.Random, message: bytes) -> bytes:
    found = _found(dice, _MEMBER, message)
    return _replace(found, 0, b"") if found else message


_BREAKING: Final[Sequence[Mutation]] = (
    _flip, _delete, _insert, _double, _truncate, _splice, _change_case, _swap_tag,
)  # fmt: skip
_BENDING: Final[Sequence[Mutation]] = (
    _swap_value, _swap_attribute, _drop_attribute, _swap_kind, _copy_member, _drop_member,
)  # fmt: skip


class Corpus:
    """An endless sequence of fuzzed messages, which a seed determines."""

    def __init__(self, seed: int) -> None:
        self._dice = random.Random(seed)

    def __iter__(self) -> Iterator[bytes]:
        while True:
            yield self.message()

    def message(self) -> bytes:
        """Return the next message."""
        dice = self._dice
        (seeds,) = dice.choices(_SEEDS, cum_weights=_WEIGHTS)
        message: bytes = dice.choice(seeds)
        for mutate in dice.choices((_BREAKING, _BENDING), (1, 2), k=dice.choice(_ROUNDS)):
            message = dice.choice(mutate)(dice, message)
        return message


_ROUNDS: Final = (0, 0, 0, 1, 1, 1, 1, 2, 2, 4)
_SHARES: Final = ((WRITES, 9000), (OF_DEVICES, 500), (SPECIALS, 450), (RARE, 50), (RAREST, 4))
_SEEDS: Final = tuple(seeds for seeds, _ in _SHARES)
_WEIGHTS: Final = tuple(accumulate(share for _, share in _SHARES))
