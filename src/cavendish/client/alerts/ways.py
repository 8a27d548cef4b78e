"""The ways an alert is told by beside the log: a webhook, a command. What fails raises nothing: it
is logged, and tried again later.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import logging
import os
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from cavendish.client.alerts.setting import Alerting
from cavendish.core.errors import CavendishError
from cavendish.core.ports import Net

log = logging.getLogger("cavendish.alerts")

WITHIN_S: Final = 5.0
"""A webhook answers, and a command ends, within this time."""

SIGNATURE: Final = "X-Cavendish-Signature"
GIVEN: Final = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR")
"""All that a command sees of our environment: the keys are in the rest."""


async def told(
    said: str, owed: Sequence[str], *, alerting: Alerting, environment: Mapping[str, str],
    net: Callable[[], Net],
) -> dict[str, str]:  # fmt: skip
    """Tells an alert by each way in `owed`; why those that failed did, by way."""
    faults = {}
    for way in owed:
        if way == "webhook" and alerting.webhook is not None:
            why = await _posted(said, alerting.webhook, alerting, environment, net)
        elif way == "command" and alerting.command:
            why = await asyncio.to_thread(_ran, said, alerting.command, environment)
        else:
            continue  # that way was taken out of the settings since
        if why is not None:
            faults[way] = why
            log.error("an alert could not be told by %s: %s; it is tried again", way, why)
    return faults


async def _posted(
    said: str, url: str, alerting: Alerting, environment: Mapping[str, str], net: Callable[[], Net]
) -> str | None:
    """Posts an alert; why that failed, without the address, which may hold a secret."""
    body = said.encode()
    headers = {"Content-Type": "application/json"}
    if alerting.secret_env is not None:
        secret = environment.get(alerting.secret_env)
        if not secret:
            return f"alert_secret_env: {alerting.secret_env} is not set, and unsigned none is sent"
        digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        headers[SIGNATURE] = f"sha256={digest}"
    host = urlsplit(url).hostname
    way_out = net()
    try:
        async with way_out.post(
            url, headers=headers, body=body, timeout_s=WITHIN_S, connect_s=WITHIN_S
        ) as answer:
            if 200 <= answer.status < 300:
                return None
            moved = "; where it points to is not followed" if 300 <= answer.status < 400 else ""
            return f"{host} answered HTTP {answer.status}{moved}"
    except CavendishError as error:
        return error.message
    finally:
        await way_out.close()


def _ran(said: str, command: Sequence[str], environment: Mapping[str, str]) -> str | None:
    """Runs the command with the alert on its standard input; why that failed. Never a shell."""
    name = Path(command[0]).name
    given = {name: environment[name] for name in GIVEN if name in environment}
    try:
        child: subprocess.Popen[Any] = subprocess.Popen(  # noqa: S603 - the user's own program
            command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env=given, cwd="/", start_new_session=True,
        )  # fmt: skip
    except OSError as error:
        return f"{name} cannot be run: {error.strerror}"
    try:
        child.communicate(f"{said}\n".encode(), timeout=WITHIN_S)
    except subprocess.TimeoutExpired:
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)  # with whatever it started
        child.communicate()
        return f"{name} did not end within {WITHIN_S:g} s and was killed"
    if child.returncode:
        return f"{name} ended with {child.returncode}"
    return None
