"""Pictures as users hold them: bytes, PIL, files, notebooks."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from cavendish.client.output import MIMES, format_of, new_file
from cavendish.client.system import storage_errors
from cavendish.core.errors import InvalidRequest, StorageError
from cavendish.core.money import ZERO, Money
from cavendish.core.result import Attempt, RateLimit, Usage
from cavendish.imaging.fit import ExactSize
from cavendish.send.order import Order, Sent

if TYPE_CHECKING:
    from PIL.Image import Image as PilImage


@dataclass(frozen=True, slots=True)
class Image:
    """One picture that is ours. Sizes in pixels.

    `original_path` holds the provider's own bytes, untouched, of type `original_mime`; `path` is
    the file that was asked for, if any, and `mime` its type. With `exact` the picture is cut and
    scaled to those pixels, which are its `width` and `height`. `cost` is what this call paid:
    nothing when it was `cached`. `sources` are the pages and queries of a search; `others` the
    files of pictures that came in the same answer and are not the result. `model_version` is what
    the service calls the model that drew it, `turn` the digest of the answer as a chat goes on
    from it, `bought_for` what the picture cost whoever bought it, `charged` whether that is the
    provider's own word.
    """

    original_path: Path
    sha256: str
    width: int
    height: int
    mime: str
    original_mime: str
    model: str
    channel: str
    offline: bool
    cached: bool
    cost: Money
    elapsed_s: float
    exact: ExactSize | None = None
    path: Path | None = None
    text: str | None = None
    usage: Usage | None = None
    attempts: tuple[Attempt, ...] = ()
    request_id: str | None = None
    rate_limit: RateLimit | None = None
    warnings: tuple[str, ...] = ()
    thoughts: str | None = None
    sources: tuple[Mapping[str, str], ...] = ()
    others: tuple[Path, ...] = ()
    model_version: str | None = None
    turn: str | None = None
    bought_for: Money = ZERO
    charged: bool = False

    @property
    def bytes(self) -> bytes:
        """The provider's own bytes."""
        return self.original_path.read_bytes()

    @property
    def pil(self) -> PilImage:
        """The picture, decoded, as a PIL image; cut and scaled where `exact` says so."""
        from PIL import Image as Pil
        from PIL import ImageOps

        with Pil.open(self.original_path, formats=list(MIMES)) as opened:
            opened.load()
            picture = opened.copy()
        if self.exact is None:
            return picture
        pixels, kept = (self.exact.width, self.exact.height), picture.info
        picture = ImageOps.fit(picture, pixels, Pil.Resampling.LANCZOS)
        picture.info = kept
        return picture

    def save(self, path: str | Path, *, format: str | None = None) -> Path:  # noqa: A002 - PIL's name
        """Writes the picture to `path`, complete or not at all, and returns the path.

        `format` is "png", "jpeg", "webp" or "original"; without it the ending of `path` decides.
        The provider's bytes are kept when the format is already right, else the picture is
        converted. Raises: InvalidRequest, StorageError.
        """
        place = Path(path)
        wanted = format_of(place, format)
        if wanted is None and self.exact is not None:
            raise InvalidRequest(
                "format", "original keeps the pixels that exact cuts", accepts="png, jpeg, webp"
            )
        if wanted is None or (self.exact is None and MIMES[wanted] == self.original_mime):
            with storage_errors(self.original_path):
                original = self.original_path.open("rb")
            with original, new_file(place) as file:
                shutil.copyfileobj(original, file)
        else:
            picture = self._decoded(wanted)
            with new_file(place) as file:
                _convert(picture, file, wanted)
        return place

    def _decoded(self, wanted: str) -> PilImage:
        try:
            return self.pil
        except (OSError, ValueError, SyntaxError, MemoryError) as error:  # decoders raise them all
            raise StorageError(
                f"{self.original_path} cannot be converted to {wanted}: {error}",
                next_step='keep it as it is: format="original"',
            ) from error

    def mime_as(self, format: str | None) -> str:  # noqa: A002 - as in `save`
        """The type of a file in a folder; cut pictures are PNG, which loses nothing."""
        if format is None:
            return self.original_mime if self.exact is None else MIMES["PNG"]
        wanted = format_of(self.original_path, format)
        return self.original_mime if wanted is None else MIMES[wanted]

    def saved(self, path: Path, format: str | None = None) -> Image:  # noqa: A002 - as in `save`
        """This picture, knowing the file it was saved to."""
        wanted = format_of(path, format)
        return replace(self, path=path, mime=MIMES[wanted] if wanted else self.original_mime)

    def to_json(self) -> dict[str, Any]:
        """The picture as it appears in the command line's JSON."""
        usage = self.usage
        return {
            "path": None if self.path is None else str(self.path),
            "original_path": str(self.original_path),
            "sha256": self.sha256,
            "width": self.width,
            "height": self.height,
            "mime": self.mime,
            "model": self.model,
            "channel": self.channel,
            "text": self.text,
            "thoughts": self.thoughts,
            "usage": usage and {name: getattr(usage, name) for name in Usage.__slots__},
            "cost_usd": self.cost.usd,
            "billed": not self.cached and self.cost != ZERO,
            "cached": self.cached,
            "offline": self.offline,
            "elapsed_s": round(self.elapsed_s, 3),
            "attempts": [attempt.to_json() for attempt in self.attempts],
            "request_id": self.request_id,
            "rate_limit": None if self.rate_limit is None else self.rate_limit.to_json(),
            "warnings": list(self.warnings),
            "sources": [dict(source) for source in self.sources],
            "others": [{"sha256": path.name, "path": str(path)} for path in self.others],
        }

    def _repr_mimebundle_(self, **_: object) -> dict[str, Any]:
        """Shows the picture in a notebook."""
        return {self.original_mime: self.bytes, "text/plain": repr(self)}


def image_of(sent: Sent, order: Order, elapsed_s: float, exact: ExactSize | None) -> Image:
    """The picture that a send gave."""
    drawn = sent.drawn
    paid = Money.total(attempt.cost for attempt in sent.attempts)
    return Image(
        original_path=sent.path,
        sha256=drawn.sha256,
        width=drawn.width if exact is None else exact.width,
        height=drawn.height if exact is None else exact.height,
        exact=exact,
        mime=drawn.mime,
        original_mime=drawn.mime,
        model=drawn.model,
        channel=drawn.channel,
        offline=order.key.realm == "simulated",
        cached=sent.cached,
        cost=ZERO if sent.cached else paid,
        elapsed_s=elapsed_s,
        text=drawn.text,
        usage=drawn.usage,
        attempts=sent.attempts,
        request_id=drawn.request_id,
        rate_limit=sent.rate_limit,
        warnings=sent.warnings,
        thoughts=drawn.thoughts,
        sources=drawn.sources,
        others=sent.others,
        model_version=drawn.model_version,
        turn=drawn.turn,
        bought_for=drawn.cost,
        charged=drawn.charged,
    )


def unsaved(problem: StorageError, image: Image) -> StorageError:
    """The error for a picture that is bought and cannot be put where it was wanted."""
    return StorageError(
        f"{problem.message}; the picture itself is bought and kept",
        next_step=f"{problem.next_step}, or copy it from {image.original_path}",
        billed=image.cost != ZERO,
        details={
            "path": str(image.original_path),
            "cost_usd": image.cost.usd,
            "attempts": [attempt.to_json() for attempt in image.attempts],
        },
    )


def _convert(picture: PilImage, file: BinaryIO, wanted: str) -> None:
    kept = {name: picture.info[name] for name in ("icc_profile", "exif") if name in picture.info}
    if wanted == "JPEG":
        if picture.mode not in {"RGB", "L"}:
            picture = picture.convert("RGB")
        picture.save(file, wanted, quality=95, subsampling=0, **kept)
    elif wanted == "PNG":
        picture.save(file, wanted, compress_level=6, **kept)
    else:
        picture.save(file, wanted, lossless=True, quality=50, **kept)
