"""Which accounts a paid call touches."""

from __future__ import annotations

from collections.abc import Mapping

from cavendish.core.errors import BudgetExceeded, InvalidRequest
from cavendish.core.money import Money
from cavendish.store.commands import Hold, Refused

SCOPES = ("day", "month", "project:NAME", "tag:KEY=VALUE")


def holds(
    amount: Money,
    *,
    project: str,
    tags: Mapping[str, str],
    run: str | None,
    run_limit: Money | None,
) -> tuple[Hold, ...]:
    """Money held on every account that has a say: day, month, project, tags and the run.

    Accounts without a limit are kept too, so that a limit set later knows what was spent.
    """
    scopes = ["day", "month", f"project:{project}"]
    scopes += [f"tag:{name}={value}" for name, value in sorted(tags.items())]
    found = [Hold(scope, amount.nanos) for scope in scopes]
    if run is not None and run_limit is not None:
        found.append(Hold(f"run:{run}", amount.nanos, limit=run_limit.nanos))
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
        "tag": "=" in name and not name.startswith("="),
    }
    if not good.get(kind, False) or len(scope) > 160:
        raise InvalidRequest("scope", f"{scope!r} is not a budget's scope", accepts=SCOPES)
    return scope


def refusal(refused: Refused) -> BudgetExceeded:
    """The error for a request that does not fit, with the line that would make it fit."""
    limit, used, held, needed = (
        Money(n) for n in (refused.limit, refused.used, refused.held, refused.needed)
    )
    name = "this run's budget" if refused.scope.startswith("run:") else f"budget {refused.scope}"
    waiting = f", {held} held by calls under way or of unknown outcome" if held else ""
    enough = Money(-(-(used + held + needed).nanos // 10_000_000) * 10_000_000)
    flag = f"--budget {enough.usd}"
    command = f"cavendish budget set {refused.scope} {enough.usd}"
    return BudgetExceeded(
        f"{name} is {limit}: {used} spent{waiting}, and this needs up to {needed}",
        next_step=flag if refused.scope.startswith("run:") else command,
        scope=refused.scope,
        details={"limit_usd": limit.usd, "used_usd": used.usd, "held_usd": held.usd},
    )
