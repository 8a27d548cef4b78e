"""What the journal is told, and what it answers."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from cavendish.core.model import Realm
from cavendish.core.result import Drawn, Outcome
from cavendish.store.claim import Claim, Full, Heard

SECOND_NS = 1_000_000_000
GRACE_NS = 60 * SECOND_NS
"""How long after its deadline an unknown outcome stays open before it counts as spent."""


@dataclass(frozen=True)
class Key:
    """What makes two calls the same call: realm, project, request digest and variant.

    In a run the key is (run, item, variant) as well. The channel is not part of it: fail-over
    keeps the key.
    """

    realm: Realm
    project: str
    digest: str
    variant: str
    run: str | None = None
    item: str | None = None

    @cached_property
    def id(self) -> str:
        """The digest of all parts."""
        parts = [self.realm, self.project, self.digest, self.variant, self.run, self.item]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Hold:
    """One leg of a reservation: `amount` of `unit` on the account of `scope`.

    `limit` is set by the caller for a run's own budget; other limits are in the journal.
    """

    scope: str
    amount: int
    unit: str = "usd"
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class Begin:
    """I intend to buy this. Nothing may be sent before the answer is `Reserved`.

    An answer older than `max_age_ns` will not do; None takes one of any age. With `look` nothing is
    bought yet: the answer is Done where it would have to be. `person` says that somebody waits.
    """

    key: Key
    attempt: str
    owner: str
    channel: str
    model: str
    asked: Mapping[str, Any]
    holds: tuple[Hold, ...]
    lease_ns: int
    tags: Mapping[str, str] = field(default_factory=dict)
    max_age_ns: int | None = None
    claims: tuple[Claim, ...] = ()
    person: bool = False
    look: bool = False


@dataclass(frozen=True, slots=True)
class Settle:
    """What became of an attempt. `drawn` closes its key; `cost_nanos` counts when executed.

    `error` is the class of the error it ended with, a name of `core/errors.py`; `heard` is what the
    service showed of its limits.
    """

    attempt: str
    owner: str
    outcome: Outcome
    cost_nanos: int = 0
    certain: bool = True
    drawn: Drawn | None = None
    note: str = ""
    error: str = ""
    heard: Heard | None = None


@dataclass(frozen=True, slots=True)
class Inherit:
    """Give me the open attempts whose owners are gone."""

    owner: str
    lease_ns: int


@dataclass(frozen=True, slots=True)
class Look:
    """I am going to read: what was put off until now is written."""


@dataclass(frozen=True, slots=True)
class SetBudget:
    """Sets or, with None, removes the limit of a scope. `who` goes into the audit log."""

    scope: str
    limit_nanos: int | None
    who: str = ""


@dataclass(frozen=True, slots=True)
class SetZone:
    """From now on a budget's day and month end at midnight in this IANA zone, for everybody on the
    journal. With `first` only where nobody has said a zone before."""

    zone: str
    who: str = ""
    first: bool = False


@dataclass(frozen=True, slots=True)
class Correction:
    """An attempt that was presumed to have cost `from_nanos` is known to have cost `to_nanos`."""

    attempt: str
    from_nanos: int
    to_nanos: int


@dataclass(frozen=True, slots=True)
class Correct:
    """Books what `bill` proves of presumed spending; what is presumed no more is left alone."""

    bill: str
    corrections: tuple[Correction, ...]
    who: str = ""


@dataclass(frozen=True, slots=True)
class Tell:
    """This alert is to be told: `Done(changed=True)` when that is now yours to do, for `for_ns`.

    False when it was told, or somebody else is at it. `owed` are the ways it is told by, of which
    one that fails is tried again once `for_ns` are over.
    """

    alert: str
    said: str
    owed: tuple[str, ...]
    for_ns: int


@dataclass(frozen=True, slots=True)
class Told:
    """An alert is still `owed` by these ways only, and by none of them before `for_ns` are over."""

    alert: str
    owed: tuple[str, ...]
    for_ns: int = 0


Telling = Tell | Told


@dataclass(frozen=True, slots=True)
class Forget:
    """Forgets answers, each by its key and the attempt that bought it: one that took its place
    meanwhile stays. `because` goes into the audit log; `unserved` are hits that came to nothing.
    """

    answers: Mapping[str, str]
    because: Mapping[str, Any]
    who: str = ""
    unserved: tuple[str, ...] = ()


Change = SetBudget | SetZone | Correct | Forget
"""What people change, each with an entry in the audit log (`upkeep`)."""

Command = Begin | Settle | Inherit | Look | Change | Telling


@dataclass(frozen=True, slots=True)
class Hit:
    """It is there already; it costs nothing. `id` is its row among the hits, `attempt` the one that
    bought it."""

    drawn: Drawn
    attempt: str = field(default="", compare=False)
    id: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Wait:
    """Somebody else is buying the same thing; ask again at `until_ns`."""

    until_ns: int
    attempt: str


@dataclass(frozen=True, slots=True)
class Earlier:
    """An earlier attempt at the same thing of which nobody knows whether it was billed; or, where
    it is `forgotten`, an answer that was bought and is not kept any more."""

    attempt: str
    reserved_nanos: int
    forgotten: bool = False


@dataclass(frozen=True, slots=True)
class Reserved:
    """The intent is durable and the money is held: go."""

    attempt: str
    earlier: tuple[Earlier, ...] = ()


@dataclass(frozen=True, slots=True)
class Inherited:
    """An attempt whose owner died is now yours: look into its spool and settle it."""

    attempt: str
    key: Key
    channel: str
    asked: Mapping[str, Any]
    reserved_nanos: int


@dataclass(frozen=True, slots=True)
class Refused:
    """It does not fit in the budget of `scope`, the tightest, nor in those of `others`. Amounts in
    nano-USD."""

    scope: str
    limit: int
    used: int
    held: int
    needed: int
    others: tuple[Refused, ...] = ()

    @property
    def left(self) -> int:
        """What the budget still has; below zero where more was billed than was held."""
        return self.limit - self.used - self.held


@dataclass(frozen=True, slots=True)
class Done:
    """Carried out; `changed` is False when there was nothing to do."""

    changed: bool = True
    inherited: tuple[Inherited, ...] = ()


Answer = Hit | Wait | Full | Reserved | Inherited | Refused | Done
