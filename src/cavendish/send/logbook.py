"""One structured record per attempt: what it was, what became of it, what it cost.

The library logs them on `cavendish.attempts` at INFO (the facts are attributes of the record), and
the command line prints them as JSON lines; alerts are on `cavendish.alerts` at WARNING. Prompts,
pictures and keys are never among the facts.
"""

from __future__ import annotations

import json
import logging
from typing import Any

from cavendish.send.events import Alerted, AttemptEnded, Cached, Event, Waiting

log = logging.getLogger("cavendish.attempts")
alerts = logging.getLogger("cavendish.alerts")


def facts(event: Event) -> dict[str, Any] | None:
    """The event as JSON-ready facts (times in seconds), or None where there is no line for it."""
    match event:
        case AttemptEnded():
            return {
                "event": "attempt",
                "attempt": event.attempt,
                "key": event.key,
                "channel": event.channel,
                "model": event.model,
                "realm": event.realm,
                "outcome": event.outcome,
                "category": event.category,
                "error_type": event.error_type,
                "error": event.error,
                "http_status": event.http_status,
                "vendor_code": event.vendor_code,
                "retry_after_s": event.retry_after_s,
                "cost_usd": event.cost.usd,
                "billed": event.billed,
                "reserved_usd": event.reserved.usd,
                "wait_s": round(event.wait_s, 3),
                "elapsed_s": None if event.elapsed_s is None else round(event.elapsed_s, 3),
            }
        case Alerted():
            return {"event": "alert", **event.alert}
        case Waiting():
            waited = {"event": "waiting", "key": event.key, "wait_s": round(event.seconds, 3)}
            return {**waited, "reason": event.reason}
        case Cached():
            return {
                "event": "cached",
                "key": event.key,
                "channel": event.channel,
                "model": event.model,
                "realm": event.realm,
                "sha256": event.sha256,
                "cost_usd": "0",
                "billed": False,
                "wait_s": round(event.wait_s, 3),
            }
    return None


def note(event: Event) -> None:
    """A hook that logs: one record per attempt, wait, cached answer and alert."""
    to, level = (alerts, logging.WARNING) if isinstance(event, Alerted) else (log, logging.INFO)
    said = facts(event) if to.isEnabledFor(level) else None
    if said is not None:
        # In quotes, with line breaks escaped: what a service says must not look like a record.
        words = " ".join(f"{k}={json.dumps(v)}" for k, v in said.items() if v is not None)
        # A record has a message of its own; its words have this one.
        to.log(level, "%s", words, extra={k: v for k, v in said.items() if k != "message"})
