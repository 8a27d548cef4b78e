"""Reads files of recorded traffic, in the forms other projects keep it, into exchanges."""

from __future__ import annotations

import base64
import gzip
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
    if path.suffix in {".json", ".har"}:
        try:
            document = json.loads(text)
        except ValueError:
            return [_bare(text)]
        match document:
            case {"interactions": [{"response": {"bodySegments": _} | {"body_segments": _}}, *_]}:
                return list(_proxy(document))
            case {"http_interactions": _} | {"interactions": _}:
                return list(_yaml([document]))
            case {"log": {"entries": entries}}:
                return [_archived(entry) for entry in entries]
            case [{"scope": _, "response": _}, *_]:
                return [_nocked(one) for one in document]
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
    """As Google's own SDKs keep it; Python's spells the names another way."""
    for one in document["interactions"]:
        asked, said = one["request"], one["response"]
        segments = said.get("bodySegments", said.get("body_segments"))
        status = said.get("statusCode", said.get("status_code"))
        headers = said.get("headers", {})
        host = asked.get("serverAddress", "")
        url = f"https://{host}{asked['url']}" if host else asked["url"]
        kind = next((v for k, v in headers.items() if k.lower() == "content-type"), "")
        if "event-stream" in kind and status == 200:
            body = b"".join(b"data: " + json.dumps(part).encode() + b"\n\n" for part in segments)
        else:
            body = b"".join(json.dumps(part).encode() for part in segments)
        yield _exchange(asked["method"], url, status, body, headers)


def _archived(entry):
    """One entry of an HTTP archive."""
    asked, said = entry["request"], entry["response"]
    headers = {one["name"]: one["value"] for one in said.get("headers") or ()}
    content = said.get("content", {})
    body = content.get("text", "").encode()
    if content.get("encoding") == "base64":
        body = base64.b64decode(body)
    return _exchange(asked["method"], asked["url"], said["status"], body, headers)


def _nocked(one):
    """As `nock` keeps it: a parsed body, or a text."""
    said = one["response"]
    body = said.encode() if isinstance(said, str) else json.dumps(said).encode()
    pairs = one.get("rawHeaders") or []
    headers = pairs if isinstance(pairs, dict) else dict(zip(pairs[::2], pairs[1::2], strict=False))
    return _exchange(one["method"], one["scope"] + one["path"], one["status"], body, headers)


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
    flat = {k.lower(): (str(v[0]) if isinstance(v, list) else str(v)) for k, v in headers.items()}
    if body.startswith(b"\x1f\x8b"):
        body = gzip.decompress(body)
    return Exchange(f"{method.upper()} {call}", parts.netloc, int(status), body, flat)
