"""Ports that are taken."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from tandem import ports


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that another program listens on."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield server.getsockname()[1]


def test_a_free_port_is_taken_as_wished(taken: int) -> None:
    free = ports.choose()
    assert free != taken
    assert ports.is_free(free)
    assert ports.choose(free) == free


def test_a_taken_port_moves_to_one_above(taken: int) -> None:
    assert not ports.is_free(taken)
    assert taken < ports.choose(taken) <= taken + 100


def test_a_program_on_every_address_is_seen() -> None:
    with socket.socket() as server:
        server.bind(("0.0.0.0", 0))
        server.listen()
        assert not ports.is_free(server.getsockname()[1])
