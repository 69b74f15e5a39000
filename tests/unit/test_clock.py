"""Where the time comes from: the machine, the newest block, or a hand."""

from __future__ import annotations

import time

from medshare.clock import ChainClock, Clock, HandClock, SystemClock


def test_the_systems_clock_tells_whole_seconds_since_1970():
    before = int(time.time())
    now = SystemClock().now()
    assert before <= now <= int(time.time())
    assert type(now) is int


def test_the_chains_clock_tells_the_time_of_the_newest_block():
    blocks = [100, 112]
    clock = ChainClock(lambda: blocks[-1])
    assert clock.now() == 112
    blocks.append(124)
    assert clock.now() == 124


def test_a_hand_set_clock_stands_until_it_is_set():
    clock = HandClock(1_000)
    assert clock.now() == clock.now() == 1_000
    clock.advance(5)
    assert clock.now() == 1_005
    clock.set(10)
    assert clock.now() == 10


def test_all_three_are_clocks():
    clocks: list[Clock] = [SystemClock(), ChainClock(lambda: 1), HandClock(1)]
    assert all(clock.now() >= 1 for clock in clocks)
