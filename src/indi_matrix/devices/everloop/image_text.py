"""EVERLOOP_IMAGE: a picture as text, one word for each LED."""

from functools import lru_cache

from indi_matrix.devices.everloop.picture import CHANNEL_COUNT, from_hex
from indi_matrix.errors import WriteError
from indi_matrix.indi.wire.values import shortened


@lru_cache(2)  # of a picture that is written: read, answered and mirrored
def image_text(colors: bytes) -> str:
    """Return a frame as RRGGBBWW for each LED."""
    return colors.hex(" ", CHANNEL_COUNT).upper()


def parse_image(text: str, leds: int) -> bytes:
    """Return the frame in a text of as many words as there are LEDs, each RRGGBB or RRGGBBWW.

    Raises:
        WriteError: Another number of words, or a word that is no colour.
    """
    # Fast path: most clients write a text just as `image_text` returns it; its words need no parsing.
    try:
        colors = bytes.fromhex(text)
    except ValueError:
        return _parse_words(text.split(), leds)
    if len(colors) == CHANNEL_COUNT * leds and image_text(colors) == text.upper():
        return colors
    return _parse_words(text.split(), leds)


def _parse_words(words: list[str], leds: int) -> bytes:
    if len(words) != leds:
        has = f"{len(words)} word{'' if len(words) == 1 else 's'}"
        raise WriteError(f"EVERLOOP_IMAGE.IMAGE has {has}; it takes {leds}, one for each LED")
    colors = []
    for number, word in enumerate(words, 1):
        try:
            colors.append(from_hex(word))
        except ValueError as error:
            raise WriteError(f"EVERLOOP_IMAGE.IMAGE: word {number}, {shortened(word)}, {error}") from error
    return b"".join(colors)
