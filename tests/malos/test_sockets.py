"""Connections that are to deliver nothing more."""

import os
import socket
import struct

import pytest

from indi_matrix.malos.sockets import NO_DESCRIPTOR, drop_undelivered


def lingers(connection: socket.socket) -> bool:
    on, seconds = struct.unpack("ii", connection.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER, 8))
    return (on, seconds) != (1, 0)


def test_only_the_connection_to_that_port_is_cut_short() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as one:
        port = server.getsockname()[1]
        drop_undelivered(one.fileno(), port + 1)
        assert lingers(one)
        drop_undelivered(one.fileno(), port)
        assert not lingers(one)


@pytest.mark.parametrize("what", ["nothing", "closed", "a pipe"])
def test_a_number_that_is_no_connection_any_more_is_left_alone(what: str) -> None:
    reading, writing = os.pipe()
    os.close(writing)
    if what == "closed":
        os.close(reading)
    drop_undelivered(NO_DESCRIPTOR if what == "nothing" else reading, 1)
    if what != "closed":
        os.fstat(reading)
        os.close(reading)
