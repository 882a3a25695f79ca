"""The soak in short: everything at once, for some seconds."""

import pytest

from tests.soak import soak


@pytest.mark.timeout(120)
async def test_nothing_grows_and_nothing_is_wrong() -> None:
    figures = await soak(minutes=0.15, seed=1)
    assert figures.faults == []
    assert figures.messages >= 1000
    assert figures.tally.served == figures.tally.asked > 10
    assert figures.outages
    assert figures.deaf
