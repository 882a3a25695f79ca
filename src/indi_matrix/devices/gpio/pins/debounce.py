"""GPIO_DEBOUNCE: how long an input's level must have lasted before clients see it. Pure."""


class Debounce:
    """The level of an input that clients see, and since when its pad has had the other one."""

    def __init__(self) -> None:
        self._shown: bool | None = None
        self._changed_at: float | None = None

    def restart(self) -> None:
        """Forget what was shown: the next level is the first."""
        self._shown = self._changed_at = None

    def rests_at(self, level: bool) -> bool:  # noqa: FBT001 - the level itself
        """Return whether a level is shown, and no other one is waiting to have lasted long enough."""
        return level == self._shown and self._changed_at is None

    def passes(self, level: bool, now: float, seconds: float) -> bool:  # noqa: FBT001 - the level itself
        """Return whether to show a level seen now: it is the first or the shown one, or has lasted long enough."""
        if self._shown is None or level == self._shown:
            self._changed_at = None
        else:
            self._changed_at = now if self._changed_at is None else self._changed_at
            if now - self._changed_at < seconds:
                return False
        self._shown = level
        return True
