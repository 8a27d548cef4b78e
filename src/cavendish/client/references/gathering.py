"""All references of one call, from what the caller handed in to what each request carries."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from cavendish.client.image import Image
from cavendish.client.references.advice import advice
from cavendish.client.references.deal import check_limits, dealt
from cavendish.client.references.ref import Ref, ReferenceLike, ref_of
from cavendish.client.references.shown import Ready, Shown, shown
from cavendish.core.errors import InvalidRequest
from cavendish.core.model import Model


@dataclass(frozen=True, slots=True)
class Gathering:
    """The references of each request, and what the caller should know about them."""

    requests: tuple[tuple[Shown, ...], ...]
    warnings: tuple[str, ...]


def gather(
    references: Sequence[ReferenceLike] | ReferenceLike,
    style_references: Sequence[ReferenceLike] | ReferenceLike,
    *,
    model: Model,
    room_bytes: int,
    split: bool,
    ready: Ready,
) -> Gathering:
    """Everything made ready; `room_bytes` is what a request's pictures may take in base64.

    Blocks: pictures are decoded. Raises: InvalidRequest naming the one that does not fit.
    """
    refs = [ref_of(one) for one in _listed(references)]
    refs += [ref_of(one, style=True) for one in _listed(style_references)]
    if not split:
        check_limits(refs, model)
    told, warnings = _told_apart(refs, model, ready)
    shares = dealt(told, model) if split else (tuple(told),)
    if len(shares) > 1:
        sizes = ", ".join(str(len(share)) for share in shares)
        warnings.append(
            f"{len(refs)} references are split into {len(shares)} requests of {sizes}; "
            "each draws and costs a picture of its own"
        )
    fitted = tuple(_fitted(share, room_bytes, ready) for share in shares)
    warnings += chain.from_iterable(advice(share) for share in fitted)
    return Gathering(fitted, tuple(dict.fromkeys(warnings)))


def looked_at(references: Iterable[ReferenceLike], model: Model, ready: Ready) -> tuple[Shown, ...]:
    """Each reference by itself, as it would be sent. Raises: InvalidRequest naming all of those
    that cannot be used."""
    found, problems = [], []
    for number, given in enumerate(_listed(references), start=1):
        try:
            found.append(shown(ref_of(given), number, model, ready))
        except InvalidRequest as error:
            problems.append(error)
    if len(problems) > 1:
        said = "; ".join(one.message.removeprefix("references: ") for one in problems)
        raise InvalidRequest("references", said, accepts="pictures that can be read")
    if problems:
        raise problems[0]
    return tuple(found)


def _listed(given: Any) -> list[ReferenceLike]:
    """One reference may stand alone."""
    alone = isinstance(given, str | bytes | Path | Image | Ref) or hasattr(given, "getexif")
    return [given] if alone else list(given)


def _told_apart(refs: Sequence[Ref], model: Model, ready: Ready) -> tuple[list[Shown], list[str]]:
    """The references without exact repetitions, which would cost and add nothing."""
    seen: dict[tuple[object, ...], str] = {}
    told, warnings = [], []
    for number, ref in enumerate(refs, start=1):
        one = shown(ref, number, model, ready)
        key = (hashlib.sha256(one.upload.data).digest(), ref.role, ref.weight)
        if key in seen:
            warnings.append(f"{one.name} is the same picture as {seen[key]}; it is sent once")
            continue
        seen[key] = one.name
        told.append(one)
    return told, warnings


def _fitted(share: tuple[Shown, ...], room_bytes: int, ready: Ready) -> tuple[Shown, ...]:
    """All within the request: the largest give way first, down to the same length."""
    room = room_bytes * 3 // 4 - 4 * len(share)  # base64 takes four bytes for three
    left, most = room, room
    for place, size in enumerate(sorted(len(one.upload.data) for one in share)):
        most = left // (len(share) - place)
        if size > most:
            break
        left -= size
    else:
        return share
    return tuple(one.within(most, ready) for one in share)
