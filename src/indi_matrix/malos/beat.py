"""One wake-up for the data updates of all drivers."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from indi_matrix.malos.link import Link

_SHORTEST_DELAY: Final = 0.2
"""Seconds. A leader that publishes more often would have each follower looked at many times for one update."""
_LONGEST_DELAY: Final = 1.5
"""Seconds that an update of a follower may wait to be read."""
_LONGEST_TIMEOUT: Final = 5.0
"""Seconds. With a longer one the leader's silence would tell too late that the service hangs."""
_SLOWER: Final = 0.9
"""Part of the leader's delay that a follower's must have: one that publishes more often is read by itself."""


class Beat:
    """Reads the data updates of some links, the followers, whenever one of another link comes, the leader's.

    Each driver publishes by a clock of its own. A program that reads each update as it comes wakes up as often as
    all drivers together publish; it wakes up as seldom as the leader publishes if the others are read then.

    A follower is read by itself while the leader publishes very often or seldom, or the follower more often than
    the leader. A driver whose updates say nothing but that the service lives rests: it is not pinged, unless the
    leader publishes seldom or its timeout is long.

    Args:
        leader: The link that is always read by itself.
        followers: The links that can wait.
        resting: Those of the followers whose updates say nothing else.
    """

    def __init__(self, leader: "Link", followers: Sequence["Link"], resting: Sequence["Link"] = ()) -> None:
        self._leader = leader
        self._followers = followers
        self._resting = resting
        self._following: list[Link] = []
        leader.on_update = self._beat
        for link in (leader, *followers):
            link.on_timing = self._arrange
        self._arrange()

    def _beat(self) -> None:
        """Read the followers; a delay of the leader that was under way may have run to its end."""
        if self._leader.slowest_delay != self._delay:
            self._arrange()
        for follower in self._following:
            follower.look()

    def _arrange(self) -> None:
        """Choose the links that follow, by the delays that hold now."""
        self._delay = self._leader.slowest_delay
        self._following = [link for link in self._followers if self._can_follow(link)]
        for link in self._followers:
            follows = link in self._following
            link.read_by_itself(not follows)
            link.allow_late(self._delay if follows else 0.0)
        for link in self._resting:
            if self._delay <= _LONGEST_DELAY and self._leader.timing.timeout <= _LONGEST_TIMEOUT:
                link.rest(self._leader)
            else:
                link.wake()

    def _can_follow(self, link: "Link") -> bool:
        return _SHORTEST_DELAY <= self._delay <= _LONGEST_DELAY and link.timing.delay >= _SLOWER * self._delay
