"""What is measured, and the figures that come of it."""

import math
import statistics
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Subject:
    """Something that is measured: what, in which unit, and whether more is better."""

    name: str
    unit: str = "ms"
    rate: bool = False


SWITCH_PIPES_CPU: Final = Subject("switch, pipes, processor time", "us")
SWITCH_PIPES: Final = Subject("switch, pipes, at rest")
SWITCH_PIPES_STREAM: Final = Subject("switch, pipes, back to back")
IMAGE_PIPES_CPU: Final = Subject("ring by one IMAGE, pipes, processor time", "us")
IMAGE_PIPES: Final = Subject("ring by one IMAGE, pipes, at rest")
IMAGE_PIPES_STREAM: Final = Subject("ring by one IMAGE, pipes, back to back")
LED_PIPES_CPU: Final = Subject("one LED_n of 35 at once, pipes, processor time", "us")
LEDS_PIPES: Final = Subject("ring by 35 LED_n at once, pipes")
RATE_PIPES: Final = Subject("images, pipes, 16 in flight", "1/s", rate=True)
SWITCH_SERVER_CPU: Final = Subject("switch, indiserver, processor time", "us")
SWITCH_SERVER: Final = Subject("switch, indiserver, at rest")
SWITCH_SERVER_STREAM: Final = Subject("switch, indiserver, back to back")
IMAGE_SERVER_CPU: Final = Subject("ring by one IMAGE, indiserver, processor time", "us")
IMAGE_SERVER: Final = Subject("ring by one IMAGE, indiserver, at rest")
IMAGE_SERVER_STREAM: Final = Subject("ring by one IMAGE, indiserver, back to back")
LED_SERVER_CPU: Final = Subject("one LED_n of 35 at once, indiserver, processor time", "us")
LEDS_SERVER: Final = Subject("ring by 35 LED_n at once, indiserver")
SWITCH_TCP_STREAM: Final = Subject("switch, indiserver over TCP, back to back")
IMAGE_TCP_STREAM: Final = Subject("ring by one IMAGE, indiserver over TCP, back to back")
SWITCH_NAGLE: Final = Subject("switch, TCP, client with Nagle")
SWITCH_NAGLE_SERVER: Final = Subject("switch, indiserver over TCP, client with Nagle")
RATE_SERVED: Final = Subject("images, TCP, 1 client", "1/s", rate=True)
RATE_CROWD: Final = Subject("images, TCP, 5 clients", "1/s", rate=True)
ASTRAY: Final = Subject("images neither shown nor superseded", "")
ONE_WAY: Final = Subject("write to frame decoded, one way")
PAD: Final = Subject("pad change to setSwitchVector")
IDLE_CPU: Final = Subject("idle, one board", "% of a core")
IDLE_WAKES: Final = Subject("idle, one board: wake-ups", "1/s")
SENSORS_CPU: Final = Subject("idle, all sensors at 1 Hz", "% of a core")
SENSORS_WAKES: Final = Subject("idle, all sensors at 1 Hz: wake-ups", "1/s")
BOARDS_CPU: Final = Subject("idle, 16 boards, each", "% of a core")
BOARDS_WAKES: Final = Subject("idle, 16 boards, each: wake-ups", "1/s")
BOARDS_MEMORY: Final = Subject("memory of each board beyond the first", "MiB")
EFFECT_CPU: Final = Subject("effect, 25 frames/s", "% of a core")
EFFECT_JITTER: Final = Subject("effect: deviation from 40 ms")
SHOWN: Final = Subject("switch to the last of five pages, served")
SHOWN_SERVER: Final = Subject("switch to the last of five pages, indiserver")
START: Final = Subject("start to first definition, pipes")
MEMORY: Final = Subject("memory at its peak, pipes", "MiB")
# At scale: of ours alone, by the number of boards, clients or pages instead of the competitor.
BOARDS_FRAME_CPU: Final = Subject("boards with effects: processor time a frame", "us")
BOARDS_TRIP: Final = Subject("boards with effects: round trip")
CLIENTS_FRAME_CPU: Final = Subject("clients that read an animation: processor time a frame", "us")
CLIENTS_TRIP: Final = Subject("clients that read an animation: round trip")
PAGES_CPU: Final = Subject("pages that show a switch, served: processor time", "us")
PAGES_TRIP: Final = Subject("pages that show a switch, served: round trip")
PAGES_SERVER_CPU: Final = Subject("pages that show a switch, indiserver: processor time", "us")
PAGES_SERVER_TRIP: Final = Subject("pages that show a switch, indiserver: round trip")
CLIENT: Final = Subject("the client itself, counting images", "% of a core")

_DECLARED: Final = [value for value in list(globals().values()) if isinstance(value, Subject)]


class Figures:
    """The samples of each subject, by competitor."""

    def __init__(self) -> None:
        self._samples: dict[Subject, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))

    @property
    def subjects(self) -> list[Subject]:
        """What was measured, in the order above."""
        return [subject for subject in _DECLARED if subject in self._samples]

    def add(self, subject: Subject, competitor: str, samples: Iterable[float]) -> None:
        """Add samples."""
        self._samples[subject][competitor] += samples

    def median(self, subject: Subject, competitor: str) -> float | None:
        """Return the median of the samples, None if there is none."""
        samples = self._of(subject, competitor)
        return statistics.median(samples) if samples else None

    def worst(self, subject: Subject, competitor: str) -> float | None:
        """Return what 99 % of the samples are not worse than, None if there is none."""
        samples = sorted(self._of(subject, competitor), reverse=subject.rate)
        return samples[math.ceil(0.99 * len(samples)) - 1] if samples else None

    def highest(self, subject: Subject, competitor: str) -> float | None:
        """Return the highest sample, None if there is none."""
        return max(self._of(subject, competitor), default=None)

    def _of(self, subject: Subject, competitor: str) -> list[float]:
        return self._samples.get(subject, {}).get(competitor, [])
