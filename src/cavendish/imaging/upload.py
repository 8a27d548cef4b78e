"""A reference made ready: upright, sRGB, no larger than is used, without what is nobody's business.

The same bytes in give the same bytes out. A picture that needs nothing keeps its bytes.
"""

from __future__ import annotations

import base64
import io
import struct
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

from cavendish.imaging import colour
from cavendish.imaging.bare import bare
from cavendish.imaging.header import ORIENTATION, NotAPicture
from cavendish.imaging.likeness import Likeness, likeness
from cavendish.imaging.opening import Opened, opened, upright
from cavendish.imaging.quality import Quality, measure

if TYPE_CHECKING:
    from PIL.Image import Image as PilImage

JPEG_QUALITY: Final = 92
_PLAIN: Final = ("mime", "width", "height", "sent_width", "sent_height", "notes")
_QUALITIES: Final = (JPEG_QUALITY, 85, 78, 70)
_SMALLER: Final = 0.8
_LEAST_PX: Final = 512
_FEW_COLOURS: Final = 4_096
_SMALL_PIXELS: Final = 256 * 256
_GPS: Final = 0x8825
_PERSONAL: Final = {0x010E, 0x010F, 0x0110, 0x013B, 0x02BC, 0x8769, _GPS}  # beside TIFF's own
_TURNS: Final = {2: "mirrored", 3: "turned", 4: "mirrored", 5: "turned and mirrored", 6: "turned",
                 7: "turned and mirrored", 8: "turned"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Upload:
    """What is sent in a picture's place. Sizes in pixels, upright; `notes` say what was done."""

    mime: str
    data: bytes
    width: int
    height: int
    sent_width: int
    sent_height: int
    notes: tuple[str, ...]
    quality: Quality
    likeness: Likeness

    def to_json(self) -> dict[str, Any]:
        """All of it as plain data, to come from another process."""
        return {
            **{name: getattr(self, name) for name in _PLAIN},
            "data": base64.b64encode(self.data).decode(),
            "quality": asdict(self.quality),
            "gradients": f"{self.likeness.gradients:x}",
            "colours": self.likeness.colours.hex(),
        }

    @classmethod
    def from_json(cls, said: Mapping[str, Any]) -> Upload:
        """The same again."""
        return cls(
            **{name: said[name] for name in _PLAIN if name != "notes"},
            notes=tuple(said["notes"]),
            data=base64.b64decode(said["data"]),
            quality=Quality(**said["quality"]),
            likeness=Likeness(int(said["gradients"], 16), bytes.fromhex(said["colours"])),
        )


class TooLarge(NotAPicture):
    """A picture that cannot be made small enough."""


class Unseen(NotAPicture):
    """Nobody could look at the picture; the message says why. It may be a good one."""


def made_ready(data: bytes, *, longest_px: int, most_bytes: int) -> Upload:
    """The picture as it is sent: at most `longest_px` a side and `most_bytes` long.

    Raises: NotAPicture when it is none or must not be opened; TooLarge.
    """
    clean = bare(data)
    found = opened(clean)
    notes: list[str] = []
    if found.animated:
        notes.append("its first frame only")
    exif = _exif(data, found, clean)
    picture = _plain(found, exif.get(ORIENTATION), notes)
    width, height = picture.size
    if max(picture.size) > longest_px:
        picture = _smaller(picture, longest_px / max(picture.size))
        notes.append(f"{width}x{height} to {picture.width}x{picture.height}")
    picture, said = colour.srgb(picture, found.picture.info.get("icc_profile"))
    if said:
        notes.append(said)
    quality, looks = measure(picture), likeness(picture)
    if found.mime is not None and not notes and len(clean) <= most_bytes:
        mime, kept = found.mime, clean
    else:
        mime, kept, picture = _fitted(picture, found, most_bytes, notes)
    if clean is not data or exif:
        what = "location and other metadata" if _GPS in exif else "metadata"
        notes.append(f"{what} removed")
    return Upload(mime, kept, width, height, *picture.size, tuple(notes), quality, looks)


def _plain(found: Opened, turned: object, notes: list[str]) -> PilImage:
    """The pixels upright, 8 bits deep and opaque; adds to `notes` what had to be done."""
    picture = found.picture
    if found.deep:
        picture = colour.shallow(picture)
        notes.append("16 bits a channel to 8")
    if found.turned is None and isinstance(turned, int) and turned in _TURNS:
        picture = upright(picture, turned)
    turned = found.turned or turned
    if turned in _TURNS:
        notes.append(f"{_TURNS[turned]} upright as its EXIF says")
    before = picture.mode
    picture, transparent = colour.opaque(picture)
    if transparent:
        notes.append("transparent parts laid on white")
    elif before == "P":
        notes.append("palette to RGB")
    elif picture.mode != before and before not in {"RGBA", "LA", "1"}:
        notes.append(f"{before} to {picture.mode}")
    return picture


def _exif(data: bytes, found: Opened, clean: bytes) -> dict[int, object]:
    """EXIF by number, from the file as it was: it is gone from the clean one."""
    from PIL import Image

    try:
        if clean is data:
            said = dict(found.picture.getexif())
            return said if found.kind != "TIFF" or _PERSONAL & set(said) else {}
        with Image.open(io.BytesIO(data), formats=[found.kind]) as picture:
            return dict(picture.getexif())
    except (OSError, ValueError, SyntaxError, TypeError, KeyError, IndexError, struct.error):
        return {}  # broken EXIF says nothing


def _smaller(picture: PilImage, scale: float) -> PilImage:
    from PIL.Image import Resampling

    width, height = (max(1, round(side * scale)) for side in picture.size)
    return picture.resize((width, height), Resampling.LANCZOS)


def _fitted(
    picture: PilImage, found: Opened, most_bytes: int, notes: list[str]
) -> tuple[str, bytes, PilImage]:
    """Encoded within the bound: PNG for drawings, JPEG for photographs, smaller where it must."""
    if found.kind != "JPEG" and _is_drawing(picture):
        data = _encoded(picture, "PNG")
        if len(data) <= most_bytes:
            if found.kind != "PNG":
                notes.append(f"{found.kind} to PNG")
            return "image/png", data, picture
    before = picture.size
    while True:
        for quality in _QUALITIES:
            data = _encoded(picture, "JPEG", quality=quality, subsampling=0)
            if len(data) <= most_bytes:
                if quality != JPEG_QUALITY or picture.size != before:
                    width, height = picture.size
                    notes.append(f"JPEG quality {quality} at {width}x{height} to fit the request")
                elif found.kind != "JPEG":
                    notes.append(f"{found.kind} to JPEG")
                return "image/jpeg", data, picture
        if max(picture.size) * _SMALLER < _LEAST_PX:
            raise TooLarge(f"it cannot be made smaller than {most_bytes:,} bytes and stay of use")
        picture = _smaller(picture, _SMALLER)


def _is_drawing(picture: PilImage) -> bool:
    few = picture.getcolors(_FEW_COLOURS) is not None
    return few or picture.width * picture.height <= _SMALL_PIXELS


def _encoded(picture: PilImage, kind: str, **options: int) -> bytes:
    buffer = io.BytesIO()
    plain = picture.copy()
    plain.info.clear()  # no profile, no EXIF, no comment goes along
    plain.save(buffer, kind, **options)
    return buffer.getvalue()
