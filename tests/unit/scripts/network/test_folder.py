"""A network's folder: what it remembers, and ports that are nobody else's."""

from __future__ import annotations

import socket

import pytest

from scripts.network.errors import NetworkError
from scripts.network.folder import Folder, Ports, State
from tests.unit.scripts.network.ports import free_range


def test_every_program_has_a_port_of_its_own():
    ports = Ports(base=1000).all()
    assert len(set(ports)) == len(ports) == 4 * 9 + 4 * 3 + 4 + 1


def test_a_network_remembers_what_it_was_made_with(tmp_path):
    folder = Folder(tmp_path)
    assert not folder.exists
    ports = Ports(base=free_range())
    assert folder.make(ports) == State(ports=ports)
    folder.change(groups=((1, 2), (3, 4)), roads=2)
    assert Folder(tmp_path).read() == State(ports=ports, groups=((1, 2), (3, 4)), roads=2)


def test_a_port_that_is_taken_is_named(tmp_path):
    base = free_range()
    with socket.socket() as other:
        other.bind(("127.0.0.1", base + 3))
        other.listen()
        with pytest.raises(NetworkError, match=rf"port {base + 3} is taken: choose others with --base-port"):
            Folder(tmp_path).make(Ports(base=base))
    assert not Folder(tmp_path).exists


def test_without_a_network_the_word_that_makes_one_is_named(tmp_path):
    with pytest.raises(NetworkError, match="start one with make network"):
        Folder(tmp_path).read()


def test_a_folder_with_keys_is_its_owners_alone(tmp_path):
    assert Folder(tmp_path).private("pairs", "1").stat().st_mode & 0o777 == 0o700
