"""A user's own channel: one file, in the form of the catalogue's. Every fault of it is named."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, Final

from cavendish.catalog.limits import COUNTS
from cavendish.catalog.loader import channel_of, models
from cavendish.catalog.stated import COMPLIANCE, FEATURES
from cavendish.core.errors import SettingsError
from cavendish.core.guess import did_you_mean
from cavendish.core.model import ChannelFacts
from cavendish.core.money import Money

GEMINI: Final = "gemini"
PATHS: Final[Mapping[str, str]] = {
    GEMINI: "/v1beta/models/{model}:generateContent",
    "openai-images": "/v1/images/generations",
    "openai-chat": "/v1/chat/completions",
}
"""Where requests go by dialect, unless the file says otherwise."""

SURFACES: Final = ("gemini", "vertex")
"""Whose token prices may bound what a call costs where it has none of its own."""

OPTIONAL: Final = ("temperature", "seed", "thinking", "thoughts", "safety", "search", "tier")
PLACES: Final = ("image_config", "thinking")
REQUEST_BYTES: Final = 20_000_000
"""What the Gemini API takes is a safe limit for those who pass requests on to it."""

FILES: Final[Mapping[str, Any]] = {
    "path": "/upload/v1beta/files",
    "look_path": "/v1beta/files",
    "file_bytes": 2_000_000_000,
    "life_s": 172_800,
}
"""Where and how the Gemini API keeps files; those who pass it on do so under the same paths."""

_SOURCE: Final = {"url": str, "checked": date}
_FACT: Final = {"says": (bool, str), "note": str, "source": _SOURCE}
_FORM: Final[Mapping[str, Any]] = {
    "name": str,
    "title": str,
    "dialect": str,
    "base_url": str,
    "base_url_env": str,
    "path": str,
    "look_path": str,
    "vices": list,
    "source": _SOURCE,
    "auth": {"header": str, "scheme": str, "key_env": (str, list), "source": _SOURCE},
    "prices": {"per_call": dict, "surface": str, "source": _SOURCE},
    "models": {"ids": dict, "accepts": list, "source": _SOURCE},
    "limits": {
        "request_bytes": int,
        **dict.fromkeys(COUNTS, int),
        "usd_per_10_min": str,
        "day": str,
        "source": _SOURCE,
    },
    "request": {
        "drops": list,
        "edits_path": str,
        "pixels": dict,
        "places": dict,
        "extra": dict,
        "source": _SOURCE,
    },
    "files": {"path": str, "look_path": str, "file_bytes": int, "life_s": int, "source": _SOURCE},
    "features": dict.fromkeys(FEATURES, _FACT),
    "compliance": dict.fromkeys(COMPLIANCE, _FACT),
}
_NAME: Final = re.compile(r"[a-z][a-z0-9-]{0,31}", re.ASCII)
_WORD: Final = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,63}", re.ASCII)
_SAID: Final = {
    "places": re.compile(r"\w{1,40}(\.\w{1,40}){0,5}", re.ASCII),
    "pixels": re.compile(r"[1-9][0-9]{1,4}x[1-9][0-9]{1,4}", re.ASCII),
}
_SUCH: Final = {"places": '"extra_body.google.image_config"', "pixels": '"1024x1024"'}
_VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}", re.ASCII)
_KINDS: Final = {
    str: "text", list: "a list of texts", dict: "a table", int: "a whole number",
    date: "a date such as 2026-11-24", bool: "true or false",
}  # fmt: skip


def channel_entries(path: Path) -> dict[str, Any]:
    """What a file says; a price keeps the digits it is written with.

    Raises: SettingsError if it cannot be read.
    """
    try:
        return tomllib.loads(path.read_text("utf-8"), parse_float=str)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"{path}: {error}", next_step="mend the file") from error


def own_channel(name: str, said: Mapping[str, Any], where: str) -> ChannelFacts:
    """The channel `name` as the user's file `where` says it, with defaults for what it leaves out.

    It is always a third party, and has one price a call by model, or token prices as the bound of
    what it may cost. Raises: SettingsError naming file and field.
    """
    for fault in _faults(said, _FORM, where, ""):
        raise fault
    for problem, step in _contradictions(name, said):
        raise SettingsError(f"{where}: {problem}", next_step=step)
    auth, keys = said["auth"], said["auth"]["key_env"]
    files = {"files": {**FILES, **said["files"]}} if "files" in said else {}
    scheme = auth.get("scheme", "" if "header" in auth else "Bearer")
    found = channel_of({
        "name": name, "title": name, "dialect": GEMINI, "surface": name,
        "path": PATHS[said.get("dialect", GEMINI)],
        "limits": {"request_bytes": REQUEST_BYTES}, **said, **files, "realm": "real",
        "direct_google": False,
        "auth": {
            **auth, "header": auth.get("header", "Authorization"), "scheme": scheme or None,
            "key_env": [keys] if isinstance(keys, str) else keys,
        },
    })  # fmt: skip
    return replace(found, file=where)


def _faults(
    said: Mapping[str, Any], form: Mapping[str, Any], where: str, inside: str
) -> Iterator[SettingsError]:
    for key, value in said.items():
        field = f"{inside}{key}"
        if key not in form:
            hint = did_you_mean(key, form, inside=inside)
            table = f" in [{inside.rstrip('.')}]" if inside else ""
            yield SettingsError(
                f"{where}: there is no field {field!r}",
                next_step=f"{hint}known{table}: {', '.join(form)}",
            )
        elif isinstance(form[key], Mapping):
            if isinstance(value, dict):
                yield from _faults(value, form[key], where, f"{field}.")
            else:
                yield _wrong(where, field, dict)
        elif not _is(value, form[key]):
            yield _wrong(where, field, form[key])


def _is(value: object, kinds: type | tuple[type, ...]) -> bool:
    if isinstance(value, list):
        return all(isinstance(one, str) for one in value) and (
            kinds is list or (isinstance(kinds, tuple) and list in kinds)
        )
    if isinstance(value, bool):
        return isinstance(kinds, tuple) and bool in kinds
    if isinstance(value, str) and not value.isprintable():
        return False
    return isinstance(value, kinds)


def _wrong(where: str, field: str, kinds: type | tuple[type, ...]) -> SettingsError:
    wanted = " or ".join(_KINDS[kind] for kind in (kinds if isinstance(kinds, tuple) else (kinds,)))
    return SettingsError(f"{where}: {field} must be {wanted}", next_step="mend the file")


def _contradictions(name: str, said: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What is wrong with the values, each with a way to mend it."""
    auth, prices = said.get("auth", {}), said.get("prices", {}).get("per_call", {})
    keys = auth.get("key_env", ())
    if not _NAME.fullmatch(name):
        yield f"{name!r} cannot be a channel's name", "name the file after it: a-z, 0-9 and -"
    if said.get("name", name) != name:
        yield f"name is {said['name']!r}, and the file is called {name!r}", "leave name out"
    yield from _spoken(said)
    for field in ("header", "scheme"):
        if auth.get(field) and not _WORD.fullmatch(auth[field]):
            yield f"auth.{field} is no word for a header", "such as Authorization and Bearer"
    for key in [keys] if isinstance(keys, str) else keys:
        if not _VARIABLE.fullmatch(key):
            yield "auth.key_env must name a variable, not hold a key", "such as EXAMPLE_API_KEY"
    if said.get("limits", {}).get("request_bytes", 1) < 1:
        yield "limits.request_bytes must be above 0", "leave it out"
    for part in ("features", "compliance"):
        for fact, told in said.get(part, {}).items():
            source = told.get("source", {})
            if "says" not in told or not {"url", "checked"} <= set(source):
                step = 'says = true, source = { url = "https://...", checked = 2026-11-24 }'
                yield f"{part}.{fact} needs says and a source", step
            elif not source["url"].startswith("https://"):
                yield f"{part}.{fact}.source.url is no https address", "name the page"
    for model, usd in prices.items():
        if not _is_price(usd):
            yield f"prices.per_call.{model} is no price in USD", 'such as "0.09"'
    for model, its in said.get("models", {}).get("ids", {}).items():
        if not isinstance(its, str) or not its or not its.isprintable():
            yield f"models.ids.{model} must be the model's id there", 'such as "pro-image"'
    for field, ids in (
        ("prices.per_call", prices),
        ("models.ids", said.get("models", {}).get("ids", {})),
    ):
        for model in ids:
            if model not in models():
                yield f"{field}: there is no model {model!r}", f"known: {', '.join(models())}"
    for field, value, example in (
        ("base_url", said.get("base_url"), '"https://api.example.org"'),
        ("auth.key_env", keys, '"EXAMPLE_API_KEY", the variable with the key'),
        (
            "prices.per_call",
            prices or said.get("prices", {}).get("surface"),
            '"gemini-3-pro-image" = "0.09" (the rest is not bought), or prices.surface = "gemini"',
        ),
    ):
        if not value:
            yield f"{field} is missing", f"add it: {example}"


def _spoken(said: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What is wrong with the way in which requests are said."""
    name, request = said.get("dialect", GEMINI), said.get("request", {})
    if name not in PATHS:
        yield f"dialect {name!r} is not known", f"use {', '.join(PATHS)}"
    example = PATHS.get(name, PATHS[GEMINI])
    path, holds = said.get("path", example), "{model}" if "{model}" in example else ""
    if not _is_path(path) or path.count("{model}") != bool(holds):
        once = " and hold {model} once" if holds else ", without {model}"
        yield f"path must start with /{once}", f"such as {example}"
    if not _is_path(request.get("edits_path", "/")):
        yield "request.edits_path must start with /", "such as /v1/images/edits"
    for field, known in (("drops", OPTIONAL), ("places", PLACES)):
        for word in request.get(field, ()):
            if word not in known:
                yield f"request.{field}: {word!r} is none of them", f"known: {', '.join(known)}"
    for field in ("places", "pixels"):
        for key, value in request.get(field, {}).items():
            if not isinstance(value, str) or not _SAID[field].fullmatch(value):
                yield f"request.{field}.{key} is {value!r}", f"such as {_SUCH[field]}"
    yield from _beside(name, said)
    surface = said.get("prices", {}).get("surface", SURFACES[0])
    if surface not in SURFACES:
        yield f"prices.surface {surface!r} is not known", f"use {' or '.join(SURFACES)}"


def _beside(name: str, said: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What is wrong with what is asked beside the pictures."""
    look_path, files = said.get("look_path", "/{model}"), said.get("files")
    bare = look_path.replace("{model}", "", 1)
    if not _is_path(look_path) or bare == look_path or set(bare) & set("{}"):
        yield "look_path must start with / and hold {model} once", "such as /v1/models/{model}"
    if files is None:
        return
    if name != GEMINI:
        yield f"files: the dialect {name} has no words for files", "leave [files] out"
    for field in ("path", "look_path"):
        if not _is_path(files.get(field, "/")) or "{" in files.get(field, ""):
            yield f"files.{field} must start with /", f"such as {FILES[field]}"
    for field in ("file_bytes", "life_s"):
        if files.get(field, 1) < 1:
            yield f"files.{field} must be above 0", f"such as {FILES[field]}"


def _is_path(path: str) -> bool:
    return path.startswith("/") and not set(path) & set(" ?#")


def _is_price(usd: object) -> bool:
    try:
        Money.parse(usd if isinstance(usd, str) else "")
    except ValueError:
        return False
    return True
