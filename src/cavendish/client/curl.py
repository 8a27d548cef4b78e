"""A request as the `curl` command that does the same: for those who want plain REST."""

from __future__ import annotations

import base64
import shlex
from typing import Final

from cavendish.channels.channel import address
from cavendish.channels.packing import message_of
from cavendish.client.calls.intake import Intake
from cavendish.client.channels.access import Access
from cavendish.wire.message import JSON, Message

EMULATOR: Final = "http://127.0.0.1:8788"
"""Where `cavendish emulator` listens unless told otherwise."""


def curl(access: Access, intake: Intake) -> str:
    """A shell command that can be run as it stands; the key is taken from its variable,
    an access token from gcloud.

    The body goes in on standard input, so pictures of any size fit.
    """
    facts = access.facts
    message = message_of(facts, intake.request, intake.resolved.wire_id)
    if message.ahead:
        told = [f"# replace upload:{one.sha256} below by the uri that the Files API gives for"
                f" {one.name or 'the picture'} ({len(one.data):,} bytes): {facts.sources[-1]}"
                for one in message.ahead]  # fmt: skip
        return "\n".join([*told, _command(access, message)])
    return _command(access, message)


def _command(access: Access, message: Message) -> str:
    facts = access.facts
    url = address(access.base_url or EMULATOR, message.path)
    lines = [f"curl -sS -X POST {shlex.quote(url)}"]
    if access.account is not None:
        lines.append('-H "Authorization: Bearer $(gcloud auth print-access-token)"')
    elif facts.auth_header is not None:
        scheme = f"{facts.auth_scheme} " if facts.auth_scheme else ""
        name = access.key_name or facts.key_env[-1]
        lines.append(f'-H "{facts.auth_header}: {scheme}${name}"')
    said = message.headers.items()
    lines += [shlex.join(["-H", f"{name}: {value}"]) for name, value in said]
    lines.append(f"-H {shlex.quote(f'Content-Type: {message.content_type}')}")
    if message.content_type != JSON:  # a form holds pictures as they are
        lines[0] = f"base64 -d <<'BODY' | {lines[0]}"
        body = base64.encodebytes(message.body).decode("ascii")
        return " \\\n  ".join([*lines, "--data-binary @-"]) + f"\n{body}BODY"
    lines.append("--data-binary @- <<'JSON'")
    return " \\\n  ".join(lines) + f"\n{message.body.decode('ascii')}\nJSON"
