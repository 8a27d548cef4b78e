"""Vices: what relays do to a call on its way, and to its price. The model ran, and bills.

Several hold at once, unlike other faults: they are how a relay always is. Seen at relays that sell
the Gemini models: https://docs.laozhang.ai/en/api-capabilities/image-billing-and-failures and
https://docs.apiyi.com/ja/api-capabilities/grok-imagine-image/text-to-image.md, checked 2026-11-25.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from cavendish_emulator.catalog import NANO_PER_USD
from cavendish_emulator.faults.entry import Args, Entry
from cavendish_emulator.google.request import Request

Body = dict[str, Any]


@dataclass(frozen=True)
class Vice(Entry):
    """A habit of a relay; every hook gets the fault's arguments.

    `rewrite` changes the native body in place, with its names in camelCase; `charge` takes the
    price in nano-USD and gives what is booked, an entry each; `draw` gives what is drawn in the
    place of the request; `says` are headers of the answer.
    """

    rewrite: Callable[[Body, Args], None] = lambda _body, _args: None
    charge: Callable[[int, Args], list[int]] = lambda nano_usd, _args: [nano_usd]
    draw: Callable[[Request], Request] = lambda asked: asked
    says: Callable[[Args], dict[str, str]] = lambda _args: {}


def _picture(**fields: str) -> Callable[[Body, Args], None]:
    def rewrite(body: Body, _args: Args) -> None:
        config = body.setdefault("generationConfig", {})
        image = config.setdefault("imageConfig", {})
        for name, value in fields.items():
            image.pop(name, None)
            if value:
                image[name] = value

    return rewrite


def _bare(body: Body, _args: Args) -> None:
    for content in body.get("contents", []):
        parts = content.get("parts", [])
        content["parts"] = [part for part in parts if "text" in part] or parts


def _flat(_nano_usd: int, args: Args) -> list[int]:
    return [int(Fraction(args["usd"]) * NANO_PER_USD)]


def _cached(asked: Request) -> Request:
    return replace(asked, prompt="What somebody else asked for.", references=(), seed=None)


def _headers(args: Args) -> dict[str, str]:
    return {
        "x-ratelimit-limit-requests": str(args["limit"]),
        "x-ratelimit-remaining-requests": str(args["remaining"]),
        "x-ratelimit-reset-requests": f"{args['reset_s']:g}s",
    }


VICES: dict[str, Vice] = {
    "charges_without_picture": Vice("No picture comes (NO_IMAGE), and the price of one is booked."),
    "charges_empty": Vice("Whatever comes without a picture is booked as if it had one."),
    "charges_twice": Vice(
        "Every execution is booked twice.", charge=lambda nano, _args: [nano] * 2
    ),
    "flat_charge": Vice(
        "One price a call, whatever the model, the size and the outcome.",
        {"usd": ("money", "0.05")},
        charge=_flat,
    ),
    "ignores_size": Vice("1K, whatever size was asked for.", rewrite=_picture(imageSize="")),
    "ignores_ratio": Vice(
        "Square, whatever ratio was asked for.", rewrite=_picture(aspectRatio="1:1")
    ),
    "drops_references": Vice("Pictures that came with the prompt are not read.", rewrite=_bare),
    "answers_dead_ids": Vice(
        "Ids that no longer exist, or never did, are answered by another model.",
        {"model": ("string", "gemini-3.1-flash-lite-image")},
    ),
    "other_model": Vice(
        "Another model answers; unless it lies, modelVersion says which.",
        {"model": ("string", "gemini-3.1-flash-lite-image"), "lies": ("boolean", False)},
    ),
    "cached_picture": Vice("The same picture for every prompt.", draw=_cached),
    "ratelimit_headers": Vice(
        "x-ratelimit headers, which Google does not send.",
        {
            "limit": ("integer", 20),
            "remaining": ("integer", 19),
            "reset_s": ("number", 3),
        },
        says=_headers,
    ),
    "markdown_pictures": Vice(
        "In chat completions the picture stands in the words, as Markdown with a data URL."
    ),
}
