"""Budgets as the library has them: whose money, how much is left, and what is enough."""

from __future__ import annotations

import shlex

import pytest

from cavendish import Client, Money, errors
from cavendish.client.settings import Settings
from unit.client.upstream import CANARY, USAGE_USD

ONE = Money.parse(USAGE_USD)


@pytest.fixture
def client(upstream):
    with Client() as client:
        yield client


def carry_out(client, step):
    """What a person would type, by the library; gives the flag for the run."""
    commands, _, flag = step.partition(", and ")
    if commands.startswith("--budget"):
        commands, flag = "", commands
    for command in filter(None, commands.split(" && ")):
        client.budgets.set(*shlex.split(command)[3:])
    return flag.removeprefix("--budget ") or None


def test_who_spends_is_told_by_call_and_by_settings(client, upstream, folder):
    client.budgets.set("key:ann", "0.30")
    client.budgets.set("key:bob", "0.30")
    client.generate("a fox", size="1K", key_name="ann")
    (folder / "cavendish.toml").write_text('key_name = "bob"')
    with Client() as bob:
        bob.generate("an owl", size="1K")
        bob.generate("a cat", size="1K", key_name="ann")
        with pytest.raises(errors.BudgetExceeded) as caught:
            bob.generate("a bear", size="1K", key_name="ann")
    assert caught.value.scope == "key:ann"
    assert len(upstream.requests) == 3
    spent = {one.scope: one.spent for one in client.budgets.list()}
    assert spent == {"day": ONE + ONE + ONE, "key:ann": ONE + ONE, "key:bob": ONE}


def test_a_key_is_no_name_and_is_not_kept(client, upstream):
    for key in (CANARY, "AIza" + "x" * 35):
        with pytest.raises(errors.InvalidRequest, match="key_name: looks like a key") as caught:
            client.generate("a fox", key_name=key)
        assert key not in str(caught.value)
    assert upstream.requests == []


def test_a_line_for_every_budget_that_has_no_room_makes_the_request_pass(client, upstream):
    for scope, usd in (("day", "0.10"), ("project:p", "0.05"), ("tag:a=b c", "0.02")):
        client.budgets.set(scope, usd)
    said = {"size": "1K", "project": "p", "tags": {"a": "b c"}}
    with pytest.raises(errors.BudgetExceeded) as caught:
        client.generate("a fox", budget="0.12", **said)
    assert caught.value.scope == "tag:a=b c", "the tightest"
    budget = carry_out(client, caught.value.next_step)
    assert client.generate("a fox", budget=budget, **said).cost == ONE


@pytest.mark.parametrize("n", [2, 5])
def test_what_is_enough_for_several_pictures_is_enough_for_all(client, upstream, n):
    client.budgets.set("day", "0.20")
    client.budgets.set("project:p", "0.50")
    found = client.generate("a fox", size="1K", n=n, project="p", budget="0.40", cache=True)
    assert len(found.errors) == n - 1
    (step,) = {error.next_step for error in found.errors}
    budget = carry_out(client, step) or "9"
    again = client.generate("a fox", size="1K", n=n, project="p", budget=budget)
    assert again.errors == ()


def test_a_removed_limit_binds_no_more_and_what_was_spent_is_remembered(client, upstream):
    client.budgets.set("day", "0.20")
    client.generate("a fox", size="1K")
    with pytest.raises(errors.BudgetExceeded):
        client.generate("an owl", size="1K")
    assert client.budgets.remove("day").limit == Money.parse("0.2")
    client.generate("an owl", size="1K")
    assert client.budgets.list() == ()
    assert client.budgets.set("day", 1).spent == ONE + ONE
    with pytest.raises(errors.InvalidRequest, match="scope: 'month' has no limit"):
        client.budgets.remove("month")


def test_an_overrun_leaves_nothing(client, upstream):
    client.budgets.set("day", "0.20")
    client.generate("a fox", size="1K")
    (day,) = [client.budgets.set("day", "0.10")]
    assert (day.left, day.percent) == (Money(0), 137)
    assert day.to_json()["left_usd"] == "0"


def test_room_is_told_without_buying(client, upstream):
    client.budgets.set("key:ann", "0.40")
    estimate = client.estimate("a fox", size="1K", n=4)
    assert client.budgets.room(estimate).refusal is None
    room = client.budgets.room(estimate, key_name="ann", budget="0.20")
    assert (room.pictures, room.fits, room.refusal.scope) == (4, 1, "run:")
    assert upstream.requests == []
    with pytest.raises(errors.InvalidRequest, match="budget"):
        client.budgets.room(estimate, budget="1e3")


def test_settings_made_by_hand_are_looked_at_too(tmp_path):
    env = {"HOME": str(tmp_path), "CAVENDISH_HOME": str(tmp_path / "home")}
    loaded = Settings.load(env)
    fields = {name: getattr(loaded, name) for name in ("environment", "home", "journal", "blobs")}
    with (
        Client(Settings(**fields, budget_zone="Mars/Olympus")) as client,
        pytest.raises(errors.UsageError, match="zone"),
    ):
        client.budgets.list()


@pytest.mark.parametrize(
    "usd", [-1, "-1", "1e30", 10**30, "1e3", "NaN", float("nan"), 0.5, True, None, "", " 1", "1 ",
            "+1", "1_0", "1,0", "0x1", "Infinity", "٣", "0.0000000001", "99999999999",
            "5000000000", Money(-1), b"1", "1" * 5000],
)  # fmt: skip
def test_amounts_that_are_none_are_refused_wherever_they_are_said(client, upstream, usd):
    """T87"""
    for ask in (
        lambda: client.budgets.set("day", usd),
        lambda: client.generate("a fox", budget=usd),
        lambda: client.budgets.room(client.estimate("a fox"), budget=usd),
    ):
        if usd is None and ask.__code__.co_consts[-1] != "day":
            continue
        with pytest.raises(errors.InvalidRequest) as caught:
            ask()
        assert caught.value.field == "budget"
    assert upstream.requests == []
    (day,) = client.budgets.list()
    assert day.limit == Money.parse("10")
