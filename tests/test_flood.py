"""A service that publishes without a pause: nobody else is to wait for it, and nothing is to pile up."""

from indi_matrix.malos.messages import GpioParams
from tests.driver.client import talking_to
from tests.programs import PROGRAM, running
from tests.siege.process import usage
from tests.siege.service import malos

LEVELS = [GpioParams(values=register).SerializeToString().hex() for register in (0xFFFF, 0x5555, 0)]


async def test_a_flood_of_updates_leaves_time_for_everything_else() -> None:
    async with (
        malos() as service,
        running(PROGRAM, "--address", service.address) as driver,
        talking_to(driver) as indi,
    ):
        await (await indi.get_properties()).connect()
        await indi.write("EVERLOOP_COLOR", RED=1)
        before = usage(driver.pid).memory
        service.tell("flood", "Gpio", *LEVELS)
        await indi.until(lambda: indi.known["GPIO_REGISTER"].values["PADS"] != "0")
        for red in range(200):
            assert (await indi.write("EVERLOOP_COLOR", RED=red)).state == "Ok"
        assert usage(driver.pid).memory - before < 5
