"""Which accounts a paid call touches."""

from __future__ import annotations

from collections.abc import Mapping
from shlex import quote

from cavendish.core.errors import BudgetExceeded, InvalidRequest
from cavendish.core.money import Money
from cavendish.store.commands import Hold, Refused

RUN = "run:"
CENT = 10_000_000
SCOPES = ("day", "month", "project:NAME", "key:NAME", "tag:KEY=VALUE")


def holds(
    amount: Money,
    *,
    project: str,
    tags: Mapping[str, str],
    run: str | None,
    run_limit: Money | None,
    key_name: str | None = None,
) -> tuple[Hold, ...]:
    """Money held on every account that has a say: day, month, project, who spends, tags, the run.

    Accounts without a limit are kept too, so that a limit set later knows what was spent.
    """
    scopes = ["day", "month", f"project:{project}"]
    scopes += [f"key:{key_name}"] if key_name is not None else []
    scopes += [f"tag:{name}={value}" for name, value in sorted(tags.items())]
    found = [Hold(scope, amount.nanos) for scope in scopes]
    if run is not None and run_limit is not None:
        found.append(Hold(f"{RUN}{run}", amount.nanos, limit=run_limit.nanos))
    return tuple(found)


def check_scope(scope: str) -> str:
    """The scope, if a budget can be set on it.

    Raises: InvalidRequest, naming those that can.
    """
    kind, colon, name = scope.partition(":")
    good = {
        "day": not colon,
        "month": not colon,
        "project": bool(name),
        "key": bool(name),
        "tag": "=" in name and not name.startswith("="),
    }
    if not good.get(kind, False) or len(scope) > 160:
        raise InvalidRequest("scope", f"{scope!r} is not a budget's scope", accepts=SCOPES)
    return scope


def refusal(refused: Refused) -> BudgetExceeded:
    """The error for a request that does not fit, with the line that makes exactly it fit."""
    limit, used, held, needed = (
        Money(n) for n in (refused.limit, refused.used, refused.held, refused.needed)
    )
    waiting = f", {held} held by calls under way or of unknown outcome" if held else ""
    also = " or ".join(named(other.scope) for other in refused.others)
    return BudgetExceeded(
        f"{named(refused.scope)} is {limit}: {used} spent{waiting}, and this needs up to {needed}"
        + (f"; nor is there room in {also}" if also else ""),
        next_step=enough(refused),
        scope=refused.scope,
        details={
            "limit_usd": limit.usd, "used_usd": used.usd, "held_usd": held.usd,
            "needed_usd": needed.usd,
        },
    )  # fmt: skip


def enough(refused: Refused) -> str:
    """What to say so that the request fits, as it can be typed: limits to the next whole cent."""
    flag, commands = "", []
    for one in (refused, *refused.others):
        usd = Money(-(-(one.used + one.held + one.needed) // CENT) * CENT).usd
        if one.scope.startswith(RUN):
            flag = f"--budget {usd}"
        else:
            commands.append(f"cavendish budget set {quote(one.scope)} {usd}")
    command = " && ".join(commands)
    return f"{command}, and {flag}" if command and flag else command or flag


def named(scope: str) -> str:
    """A budget as people are told of it; a run's id says nothing to them."""
    return "this run's budget" if scope.startswith(RUN) else f"budget {scope}"
