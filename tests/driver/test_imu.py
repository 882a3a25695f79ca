"""The IMU as clients see it: libindi's properties, honest values, a pace that is shared."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import pytest_asyncio

from indi_matrix import make_driver
from indi_matrix.devices.imu.imu import Imu
from indi_matrix.simulator import Climate, Kind, MalosService, SimulatedBoard
from tests.driver.client import IndiClient, piped
from tests.driver.conftest import Rig

VECTORS = ["ORIENTATION", "ACCELERATION", "GYROSCOPE", "MAGNETOMETER"]
OPTIONS = ["UPDATE_RATE", "DATA_THRESHOLD_PROPERTY"]
IMU_INTERFACE = 524288

# Of libindi 2.2.4, but for the rate's limits and default, labels that KStars would cut, and what is no ASCII.
LIBINDI = {
    "ORIENTATION": ("ro", "IMU", "Orientation", [
        ("ROLL", "Roll (deg)", "%.4f", "-180", "180"), ("PITCH", "Pitch (deg)", "%.4f", "-90", "90"),
        ("YAW", "Yaw (deg)", "%.4f", "0", "360"), ("QUATERNION_W", "Quaternion W", "%.4f", "-1", "1"),
    ]),
    "ACCELERATION": ("ro", "IMU", "Accel.", [
        (f"ACCEL_{axis}", f"{axis} Acceleration (m/s2)", "%.4f", "-100", "100") for axis in "XYZ"
    ]),
    "GYROSCOPE": ("ro", "IMU", "Gyroscope", [
        (f"GYRO_{axis}", f"{axis} Angular Velocity (rad/s)", "%.4f", "-10", "10") for axis in "XYZ"
    ]),
    "MAGNETOMETER": ("ro", "IMU", "Magnetic", [
        (f"MAG_{axis}", f"{axis} Magnetic Field (uT)", "%.4f", "-1000", "1000") for axis in "XYZ"
    ]),
    "UPDATE_RATE": ("rw", "Options", "Update Rate", [("RATE", "Update Rate (Hz)", "%.2f", "1", "50")]),
    "DATA_THRESHOLD_PROPERTY": ("rw", "Options", "Threshold", [
        ("DATA_THRESHOLD", "Data Threshold", "%.4f", "0", "1"),
    ]),
}  # fmt: skip


@asynccontextmanager
async def _served(board: SimulatedBoard, delay_ms: int = 20) -> AsyncIterator[Rig]:
    """Serve a board whose IMU publishes often, not connected yet."""
    async with MalosService(board, info_port=0) as service, piped(make_driver(address=service.address)) as indi:
        engine = service._engines["IMU"]
        engine.delay_ms, engine.timeout_ms = delay_ms, 500
        rig = Rig(await indi.get_properties(), board, service)
        service.config_seen = rig.record
        yield rig


@pytest_asyncio.fixture
async def moving() -> AsyncIterator[Rig]:
    """A creator whose first readings have come."""
    async with _served(SimulatedBoard()) as rig:
        assert (await rig.indi.connect()).state == "Ok"
        await rig.indi.in_state("MAGNETOMETER", "Ok")
        yield rig


def _interface(indi: IndiClient) -> int:
    return int(indi.known["DRIVER_INFO"].values["DRIVER_INTERFACE"])


async def test_its_properties_are_those_of_libindi(moving: Rig) -> None:
    indi = moving.indi
    assert [name for name in indi.known if name in LIBINDI] == [*VECTORS, *OPTIONS]
    for name, (perm, group, label, members) in LIBINDI.items():
        known = indi.known[name]
        assert (known.kind, known.attributes["timeout"]) == ("Number", "0")
        assert [known.attributes[one] for one in ("perm", "group", "label")] == [perm, group, label]
        kept = ("name", "label", "format", "min", "max")
        assert [tuple(one[key] for key in kept) for one in known.members.values()] == members
    assert indi.known["DATA_THRESHOLD_PROPERTY"].values == {"DATA_THRESHOLD": "0.01"}
    assert _interface(indi) & IMU_INTERFACE


async def test_clients_see_how_the_board_lies_and_moves(moving: Rig) -> None:
    board, known = moving.board, moving.indi.known
    board.move(yaw=-90.0, roll=10.0, accel_x=-0.5, gyro_z=90.0, mag_y=0.45)
    await moving.indi.until(lambda: known["MAGNETOMETER"].values["MAG_Y"] == "45")
    assert known["ORIENTATION"].values == {"ROLL": "10", "PITCH": "0", "YAW": "270", "QUATERNION_W": "0.7044"}
    assert known["ACCELERATION"].values == {"ACCEL_X": "-4.9033", "ACCEL_Y": "0", "ACCEL_Z": "9.8066"}
    assert known["GYROSCOPE"].values["GYRO_Z"] == "1.5708"
    assert all(known[name].state == "Ok" for name in VECTORS)


async def test_what_changed_less_than_the_threshold_is_not_sent(moving: Rig) -> None:
    indi, board = moving.indi, moving.board

    async def sent() -> set[str]:
        """Return what is sent before a turn of the board is seen."""
        start = len(indi.answers)
        turned = board.readings.motion.mag_z + 0.1
        board.move(mag_z=turned)
        await indi.until(lambda: indi.known["MAGNETOMETER"].values["MAG_Z"] == f"{turned * 100:g}")
        return {member for answer in indi.answers[start:] for member in answer.values}

    board.move(roll=0.008, gyro_x=0.5, accel_x=0.0015)
    assert await sent() == {"ACCEL_X", "MAG_Z"}  # 0.0147 m/s2, and 0.0087 rad/s
    board.move(gyro_x=0.7)
    assert await sent() == {"GYRO_X", "MAG_Z"}  # beside what clients were shown, not beside the last reading
    answer = await indi.write("DATA_THRESHOLD_PROPERTY", DATA_THRESHOLD=0)
    assert answer.state == "Ok"
    assert await sent() == {"ROLL", "MAG_Z"}
    answer = await indi.write("DATA_THRESHOLD_PROPERTY", DATA_THRESHOLD=1.5)
    assert "DATA_THRESHOLD=1.5' is out of range" in answer.message.replace("'1.5'", "1.5'")


@pytest.mark.parametrize("how", ["voice", "dead", "silent"])
async def test_a_board_without_an_imu_shows_none(how: str) -> None:
    board = SimulatedBoard(Kind.VOICE if how == "voice" else Kind.CREATOR)
    if how != "voice":
        board.fail_sensor("IMU", how)
    async with _served(board) as rig:
        assert (await rig.indi.connect()).state == "Ok"
        await rig.indi.fence()
        assert not rig.indi.known.keys() & LIBINDI.keys()
        assert not _interface(rig.indi) & IMU_INTERFACE
        assert not rig.sent("IMU")


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ("dead", "the IMU driver sends only zeros; power-cycle the Raspberry Pi"),
        ("silent", "no update from the IMU driver for 0.56 s; power-cycle the Raspberry Pi"),
        ("frozen", "all readings have been the same to the last bit for a minute; power-cycle the Raspberry Pi"),
    ],
)
async def test_an_imu_that_fails_is_alert_with_the_reason(
    how: str, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Imu, "longest_repeat", 0.5)
    async with _served(SimulatedBoard(climate=Climate())) as rig:
        indi = rig.indi
        await indi.connect()
        await indi.in_state("MAGNETOMETER", "Ok")
        rig.board.fail_sensor("IMU", how)
        await indi.in_state("MAGNETOMETER", "Alert")
        shown = {name: dict(indi.known[name].values) for name in VECTORS}
        await indi.fence()
        assert {indi.known[name].state for name in VECTORS} == {"Alert"}
        told = [answer for answer in indi.answers if answer.message and answer.name in VECTORS]
        assert [answer.name for answer in told] == ["ORIENTATION"]
        assert f"[WARNING] IMU: {reason}" in told[0].message
        assert indi.known["CONNECTION"].state == "Ok"
        assert shown == {name: indi.known[name].values for name in VECTORS}
        rig.board.power_cycle()
        rig.board.heal_sensor("IMU")
        for name in VECTORS:
            await indi.in_state(name, "Ok")


async def test_an_imu_that_freezes_with_one_bad_reading_shows_none_of_the_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Imu, "longest_repeat", 0.5)
    async with _served(SimulatedBoard(climate=Climate())) as rig:
        await rig.indi.connect()
        await rig.indi.in_state("MAGNETOMETER", "Ok")
        rig.board.move(accel_y=11.0)
        rig.board.fail_sensor("IMU", "frozen")
        for name in VECTORS:
            await rig.indi.in_state(name, "Alert")


async def test_a_resting_board_is_not_taken_for_a_failed_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Imu, "longest_repeat", 1.0)
    async with _served(SimulatedBoard(climate=Climate()), delay_ms=5) as rig:  # each reading some four times
        await rig.indi.connect()
        await rig.indi.until(lambda: sum(one.name == "MAGNETOMETER" for one in rig.indi.answers) > 20)
        assert {answer.state for answer in rig.indi.answers if answer.name in VECTORS} == {"Ok"}


async def test_one_reading_out_of_range_is_not_shown(moving: Rig) -> None:
    moving.board.move(accel_y=11.0, roll=30.0)
    await moving.indi.in_state("ACCELERATION", "Alert")
    await moving.indi.until(lambda: moving.indi.known["ORIENTATION"].values["ROLL"] == "30")
    known = moving.indi.known
    assert known["ACCELERATION"].values["ACCEL_Y"] == "0"
    (told,) = [answer.message for answer in moving.indi.answers if answer.state == "Alert"]
    assert told.startswith("[WARNING] IMU: Y Acceleration is outside -100 to 100 m/s2; power-cycle")
    assert {known[name].state for name in VECTORS if name != "ACCELERATION"} == {"Ok"}


# The pace


async def _rate(rig: Rig, rate: str) -> None:
    await rig.indi.until(lambda: rig.indi.known["UPDATE_RATE"].values["RATE"] == rate)


async def test_the_pace_is_sent_only_when_a_client_asks_for_another(moving: Rig) -> None:
    indi = moving.indi
    await _rate(moving, "50")
    await indi.write("POLLING_PERIOD", PERIOD_MS=30)
    await indi.write("KEEP_ALIVE", TIMEOUT=2)
    await indi.write("UPDATE_RATE", RATE=50)
    assert not moving.sent("IMU")
    answer = await indi.write("UPDATE_RATE", RATE=30)
    assert (answer.state, answer.values) == ("Ok", {"RATE": "30"})
    (config,) = await moving.all_sent("IMU", 1)
    assert config.delay_between_updates == pytest.approx(0.033, abs=1e-4)
    assert [field.name for field, _ in config.ListFields()] == ["delay_between_updates"]
    assert moving.service._engines["IMU"].delay_ms == 33
    for rate in (0.5, 51):
        answer = await indi.write("UPDATE_RATE", RATE=rate)
        assert (answer.state, indi.known["UPDATE_RATE"].values) == ("Alert", {"RATE": "30"})
        assert f"UPDATE_RATE.RATE='{rate}' is out of range; it takes 1 to 50" in answer.message


async def test_the_pace_of_another_program_is_shown(moving: Rig) -> None:
    for delay_ms, rate in ((40, "25"), (150, "6.67")):
        moving.service._engines["IMU"].delay_ms = delay_ms
        await _rate(moving, rate)
    assert not moving.sent("IMU")


async def test_the_pace_comes_back_after_a_restart_of_the_service(moving: Rig) -> None:
    await moving.indi.write("UPDATE_RATE", RATE=10)
    await moving.all_sent("IMU", 1)
    await moving.service.stop()
    await moving.indi.in_state("ORIENTATION", "Alert")
    await moving.service.start()
    start = len(moving.indi.answers)
    await moving.all_sent("IMU", 2)
    await moving.indi.in_state("ORIENTATION", "Ok")
    states = [answer.state for answer in moving.indi.answers[start:] if answer.name == "ORIENTATION"]
    assert states == ["Busy", "Ok"]  # readings from before the outage are not shown as good
    assert moving.service._engines["IMU"].delay_ms == 100
    assert moving.indi.known["UPDATE_RATE"].values == {"RATE": "10"}


async def test_a_board_that_lost_its_imu_is_sent_no_pace(moving: Rig) -> None:
    await moving.indi.write("UPDATE_RATE", RATE=10)
    await moving.all_sent("IMU", 1)
    await moving.indi.write("CONNECTION", DISCONNECT="On")
    await moving.service.stop()
    await moving.service.start()
    moving.board.fail_sensor("IMU")
    await moving.indi.connect()
    await moving.indi.fence()
    assert "UPDATE_RATE" not in moving.indi.known
    assert len(moving.sent("IMU")) == 1


async def test_a_restart_without_a_wish_leaves_the_pace_to_the_service(moving: Rig) -> None:
    await moving.service.stop()
    await moving.indi.in_state("ORIENTATION", "Alert")
    await moving.service.start()
    await _rate(moving, "1")
    assert not moving.sent("IMU")


async def test_rate_and_threshold_are_saved(moving: Rig) -> None:
    indi = moving.indi
    await indi.write("UPDATE_RATE", RATE=25)
    await indi.write("DATA_THRESHOLD_PROPERTY", DATA_THRESHOLD=0.5)
    await indi.settle("CONFIG_PROCESS", CONFIG_SAVE="On")
    await indi.write("UPDATE_RATE", RATE=5)
    await indi.write("DATA_THRESHOLD_PROPERTY", DATA_THRESHOLD=0.25)
    await indi.settle("CONFIG_PROCESS", CONFIG_LOAD="On")
    assert indi.known["UPDATE_RATE"].values == {"RATE": "25"}
    # Saved as soon as it was written, as libindi saves it.
    assert indi.known["DATA_THRESHOLD_PROPERTY"].values == {"DATA_THRESHOLD": "0.25"}


async def test_new_readings_come_no_faster_than_asked_for(moving: Rig) -> None:
    loop = asyncio.get_running_loop()
    seen: list[float] = []
    await moving.indi.write("UPDATE_RATE", RATE=10)
    start = len(moving.indi.answers)
    for turn in range(5):
        moving.board.move(mag_z=float(turn))
        await moving.indi.next_answer("MAGNETOMETER", start)
        start = len(moving.indi.answers)
        seen.append(loop.time())
    assert seen[-1] - seen[0] > 0.25
