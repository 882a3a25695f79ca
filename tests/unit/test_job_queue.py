"""Work beside the event loop: in order, one at a time, and whatever becomes of it."""

import asyncio
import threading
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from indi_matrix.system.job_queue import JobQueue


class Log:
    """What came of jobs, in order."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.jobs = JobQueue()

    def put(self, name: str, work: Callable[[], str]) -> None:
        self.jobs.put(lambda: work, self.said.append, lambda error: self.said.append(f"{name}: {error}"))

    async def finished(self) -> list[str]:
        async with asyncio.timeout(5):
            await self.jobs.finished()
        return self.said


def fail() -> Any:
    raise OSError("no disk")


async def test_one_after_another_whatever_becomes_of_them() -> None:
    log, go, begun, running = Log(), threading.Event(), threading.Event(), []

    def work(name: str) -> str:
        running.append(name)
        begun.set()
        assert go.wait(5)
        return name

    for name in "abc":
        log.put(name, partial(work, name))
        log.put(name, fail)
    assert await asyncio.to_thread(begun.wait, 5)
    assert (running, log.said) == (["a"], [])
    go.set()
    assert await log.finished() == ["a", "a: no disk", "b", "b: no disk", "c", "c: no disk"]


async def test_what_cannot_even_begin_has_failed() -> None:
    log = Log()
    log.jobs.put(fail, log.said.append, lambda error: log.said.append(f"failed: {error}"))
    log.put("next", lambda: "next")
    assert await log.finished() == ["failed: no disk", "next"]


async def test_a_fault_in_what_follows_holds_up_nothing(caplog: pytest.LogCaptureFixture) -> None:
    log = Log()
    log.jobs.put(lambda: lambda: 1, lambda _: log.said.append(fail()), lambda _: None)
    log.put("next", lambda: "next")
    assert await log.finished() == ["next"]
    assert caplog.messages == ["what follows from a job failed"]


async def test_a_job_may_lead_to_another() -> None:
    log = Log()
    log.jobs.put(lambda: lambda: "first", lambda said: log.put("then", lambda: f"{said}, then"), lambda _: None)
    assert await log.finished() == ["first, then"]


async def test_without_another_thread_it_has_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    def start(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    log = Log()
    monkeypatch.setattr(threading.Thread, "start", start)
    log.put("first", lambda: "done")
    log.put("second", lambda: "done")
    assert await log.finished() == ["first: can't start new thread", "second: can't start new thread"]


async def test_no_thread_waits_for_work() -> None:
    log, threads = Log(), []

    def work() -> str:
        threads.append(threading.current_thread())
        return "done"

    log.put("work", work)
    await log.finished()
    await asyncio.to_thread(threads[0].join, 5)
    assert not threads[0].is_alive()
