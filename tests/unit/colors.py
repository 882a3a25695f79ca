"""Frames of the ring, told LED by LED."""

from indi_matrix.devices.everloop.picture import Color


def frame_of(*colors: Color) -> bytes:
    """Return the frame that shows these colours, LED 1 first."""
    return b"".join(map(bytes, colors))


def colors_of(frame: bytes) -> tuple[Color, ...]:
    """Return the colours that a frame shows, LED 1 first."""
    assert len(frame) % 4 == 0
    return tuple(Color(*frame[start : start + 4]) for start in range(0, len(frame), 4))
