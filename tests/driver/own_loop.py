"""A loop that lasts for many examples of one test, and what is open on it."""

import asyncio
from collections.abc import Coroutine
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from typing import Any, Self, TypeVar

T = TypeVar("T")


class OwnLoop:
    """Runs coroutines, one after another, and closes in the end all that was opened on the way."""

    def __init__(self) -> None:
        # With a factory of its own it leaves the thread's loop, which is pytest-asyncio's, alone.
        self._runner = asyncio.Runner(loop_factory=asyncio.new_event_loop)
        self._open = AsyncExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Return what a coroutine does."""
        return self._runner.run(work)

    def open(self, manager: AbstractAsyncContextManager[T]) -> T:
        """Return what is open from now on."""
        return self.run(self._open.enter_async_context(manager))

    def close(self) -> None:
        """Close everything, and fail if a task is left."""
        try:
            self.run(self._open.aclose())
            left = asyncio.all_tasks(self._runner.get_loop())
            assert not left, f"tasks left running: {left}"
        finally:
            self._runner.close()
