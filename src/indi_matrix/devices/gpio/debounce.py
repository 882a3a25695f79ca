"""GPIO_DEBOUNCE: how long a level of an input must have lasted. Pure."""


class Debounce:
    """The level of an input that clients are shown, and the time since when its pad has another one."""

    def __init__(self) -> None:
        self._shown: bool | None = None
        self._changed_at: float | None = None

    def restart(self) -> None:
        """Forget what was shown: the next level is the first."""
        self._shown = self._changed_at = None

    def passes(self, level: bool, now: float, seconds: float) -> bool:  # noqa: FBT001 - the level itself
        """Tell whether a level that is seen now is to be shown: it has lasted so many seconds, or is the first."""
        if self._shown is None or level == self._shown:
            self._changed_at = None
        else:
            self._changed_at = now if self._changed_at is None else self._changed_at
            if now - self._changed_at < seconds:
                return False
        self._shown = level
        return True
