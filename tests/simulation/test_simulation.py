"""The whole house under a virtual clock: any seed, any crash, and the bill still adds up.

`SIMULATION_SEEDS=2000` plays more; `SIMULATION_SEED=17` plays that one alone.
"""

from __future__ import annotations

import os
import random

import pytest

from cavendish.store import step
from simulation.checks import check
from simulation.oracle import ALL, KNOWN, REFUSED, UNCLEAR
from simulation.world import Plan, World, template

SEEDS = int(os.environ.get("SIMULATION_SEEDS", "200"))
ONE = os.environ.get("SIMULATION_SEED")
BLOCKS = 10
AWAKE = KNOWN | REFUSED | UNCLEAR


@pytest.fixture(scope="module")
def empty(tmp_path_factory):
    return template(tmp_path_factory.mktemp("template"))


@pytest.fixture(autouse=True)
def rare_polls(monkeypatch):
    """Whoever waits for another looks every 3 s, not at once: that is most of the time here."""
    monkeypatch.setattr(step, "SHORTEST_POLL_NS", 3 * step.SECOND_NS)
    monkeypatch.setattr(step, "LONGEST_POLL_NS", 3 * step.SECOND_NS)


def plan(seed):
    """What a seed plays."""
    rng = random.Random(f"plan {seed}")
    crashes = [rng.randrange(1, 90) for _ in range(rng.choice([0, 1, 1, 2, 4]))]
    return Plan(
        seed,
        prompts=rng.choice([1, 1, 2, 4]),
        processes=rng.choice([1, 1, 2, 3]),
        crashes=tuple(sum(crashes[:n]) for n in range(1, len(crashes) + 1)),
        kinds=rng.choice([ALL, AWAKE, AWAKE, AWAKE, KNOWN, KNOWN | REFUSED]),
        may_pay_twice=rng.choice([0, 0, 1]),
        cancels=rng.choice([0.0, 0.0, 0.3]),
        disk_full=rng.choice([0.0, 0.0, 0.0, 0.05]),
        power=rng.random() < 0.4,
        channels=rng.choice([1, 1, 2, 3]),
    )


def play(said, folder, empty):
    world = World(said, folder, empty)
    try:
        world.run()
        check(world)
    except BaseException:
        print(f"SIMULATION_SEED={said.seed} replays this: {said}")
        for call in world.oracle.calls:
            print("  ", call)
        for row in world.rows("SELECT id, state, outcome, billed, cost_nanos, note FROM attempts"):
            print("  ", row)
        print("   killed:", world.edges.killed, "errors:", world.errors)
        raise
    finally:
        world.close()
    return world


@pytest.mark.parametrize("block", range(BLOCKS))
def test_any_history(block, tmp_path, empty):
    for seed in range(block, SEEDS, BLOCKS) if ONE is None else [int(ONE)]:
        play(plan(seed), tmp_path, empty)


def test_a_seed_is_a_history(tmp_path, empty):
    first, second = (play(plan(4), tmp_path, empty) for _ in range(2))
    assert first.edges.names == second.edges.names
    assert first.oracle.calls[0].attempt == second.oracle.calls[0].attempt


ANSWER = {"answer": 1}


@pytest.mark.parametrize("power", [False, True])
def test_a_crash_at_every_edge_costs_nothing_after_the_last_byte(power, tmp_path, empty):
    reference = play(Plan(1, kinds=ANSWER), tmp_path, empty)
    whole = reference.edges.names.index("after rename answer.json") + 1
    assert len(reference.oracle.calls) == 1
    for edge in range(1, reference.played + 1):
        world = play(Plan(1, kinds=ANSWER, crashes=(edge,), power=power), tmp_path, empty)
        assert len(world.edges.killed) == 1
        assert world.got
        executed = [c for c in world.oracle.calls if c.executed_ns is not None]
        assert len(executed) <= (1 if edge >= whole else 2), world.edges.killed


def test_a_second_ctrl_c_at_every_edge_costs_nothing_after_the_last_byte(tmp_path, empty):
    reference = play(Plan(1, kinds=ANSWER), tmp_path, empty)
    arrived = reference.edges.names.index("net last chunk") + 1
    for edge in range(1, reference.played + 1):
        world = play(Plan(1, kinds=ANSWER, cancel_at=edge), tmp_path, empty)
        assert world.got
        executed = [c for c in world.oracle.calls if c.executed_ns is not None]
        assert len(executed) <= (1 if edge >= arrived else 2)


@pytest.mark.parametrize("part", range(4))
def test_a_crash_at_every_edge_and_again_in_recovery(part, tmp_path, empty):
    edges = play(Plan(1, kinds=ANSWER), tmp_path, empty).played
    for edge in range(1 + part, edges + 1, 4):
        once = play(Plan(1, kinds=ANSWER, crashes=(edge,)), tmp_path, empty)
        stride = 1 if SEEDS > 1000 else 3
        for again in range(edge + 1 + edge % stride, once.played + 1, stride):
            world = play(Plan(1, kinds=ANSWER, crashes=(edge, again)), tmp_path, empty)
            assert len(world.oracle.calls) <= 3


def test_twenty_crashes_in_recovery_leave_what_one_leaves(tmp_path, empty):
    names = play(Plan(1, kinds=ANSWER), tmp_path, empty).edges.names
    whole = names.index("after rename answer.json") + 1
    for stride in range(1, 12):
        crashes = tuple(whole + stride * n for n in range(20))
        world = play(Plan(1, kinds=ANSWER, crashes=crashes, rounds=30), tmp_path, empty)
        assert len(world.oracle.calls) == 1
        assert len(world.edges.killed) >= 1
        assert world.got
