"""Reads files of recorded traffic, in the forms other projects keep it, into exchanges."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import yaml

_VERSION = re.compile(r"api|v[0-9]\w*")


@dataclass(frozen=True)
class Exchange:
    """What was asked where, and what came back. `call` is the last word of the path."""

    call: str
    host: str
    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


def exchanges_in(path):
    """Every exchange of one file, in its order."""
    text = path.read_text(encoding="utf-8")
    if path.suffix in {".yml", ".yaml"}:
        return list(_yaml(list(yaml.load_all(text, Loader=yaml.CSafeLoader))))
    if path.name.endswith(".outputs.json"):
        return list(_notebook(json.loads(text)))
    if path.suffix == ".json" and "bodySegments" in text:
        return list(_proxy(json.loads(text)))
    return [_bare(text)]


def _yaml(documents):
    for document in documents:
        if document is None:
            continue
        if "then" in document:
            yield _mock(document)
            continue
        for one in document.get("http_interactions") or document["interactions"]:
            asked, said = one["request"], one["response"]
            yield _exchange(
                asked["method"],
                asked["uri"],
                said["status"]["code"],
                _body(said),
                said.get("headers", {}),
            )


def _mock(document):
    asked, said = document["when"], document["then"]
    headers = {one["name"]: one["value"] for one in said.get("header") or ()}
    return _exchange(asked["method"], asked["path"], said["status"], _body(said), headers)


def _body(said):
    if "parsed_body" in said:
        return json.dumps(said["parsed_body"]).encode()
    if "body_base64" in said:
        return base64.b64decode(said["body_base64"])
    body = said.get("body")
    if isinstance(body, dict):
        if "base64_string" in body:
            return base64.b64decode(body["base64_string"])
        body = body.get("string")
    if body is None:
        return b""
    return body if isinstance(body, bytes) else body.encode()


def _proxy(document):
    for one in document["interactions"]:
        asked, said = one["request"], one["response"]
        segments, headers = said["bodySegments"], said.get("headers", {})
        url = f"https://{asked['serverAddress']}{asked['url']}"
        stream = "event-stream" in headers.get("Content-Type", "") and said["statusCode"] == 200
        if stream:
            body = b"".join(b"data: " + json.dumps(part).encode() + b"\n\n" for part in segments)
        else:
            body = b"".join(json.dumps(part).encode() for part in segments)
        yield _exchange(asked["method"], url, said["statusCode"], body, headers)


def _notebook(cells):
    """Each JSON document that a cell printed; of other texts only that they are none."""
    decoder = json.JSONDecoder()
    for cell in cells:
        text, at = cell["output_text"], 0
        while at < len(text):
            if text[at] in "{[":
                try:
                    _, end = decoder.raw_decode(text, at)
                except ValueError:
                    at += 1
                    continue
                yield Exchange("printed", "", 200, text[at:end].encode())
                at = end
            else:
                at += 1


def _bare(text):
    """A body alone: its status is what the error in it says, else 200."""
    status = 200
    try:
        said = json.loads(text)
    except ValueError:
        said = None
    if isinstance(said, dict) and isinstance(said.get("error"), dict):
        status = said["error"].get("code", 200)
    return Exchange("body", "", status, text.encode())


def _exchange(method, url, status, body, headers):
    parts = urlsplit(url)
    names = [name for name in parts.path.split("/") if name and not _VERSION.fullmatch(name)]
    call = names[-1].partition(":")[2] or names[0]
    flat = {k.lower(): (v[0] if isinstance(v, list) else str(v)) for k, v in headers.items()}
    return Exchange(f"{method.upper()} {call}", parts.netloc, int(status), body, flat)
