"""The bytes of a reference, wherever they lie: read once, bounded, and only from real files."""

from __future__ import annotations

import io
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from cavendish.client.image import Image
from cavendish.client.references.ref import Ref
from cavendish.core.errors import InvalidRequest
from cavendish.imaging.header import ORIENTATION

if TYPE_CHECKING:
    from PIL.Image import Image as PilImage

SOURCE_BYTES: Final = 100_000_000
"""The largest file that is read to be made smaller."""

_KINDS: Final = (
    (stat.S_ISFIFO, "is a pipe, which can be read only once"),
    (stat.S_ISCHR, "is a device"),
    (stat.S_ISBLK, "is a device"),
    (stat.S_ISSOCK, "is a socket"),
)


def source(ref: Ref, number: int) -> tuple[str, bytes]:
    """Name and bytes of the reference with this number. Raises: InvalidRequest."""
    given, name = ref.picture, f"number {number}"
    if isinstance(given, str | Path):
        return str(given), _file(Path(given))
    if isinstance(given, bytes):
        data = given
    elif isinstance(given, Image):
        data = given.bytes
    elif hasattr(given, "getexif"):  # a PIL image; PIL itself need not be loaded
        buffer = io.BytesIO()
        try:
            _written(given, buffer)
        except (OSError, ValueError) as error:
            raise InvalidRequest(
                "references", f"{name} cannot be written: {error}", accepts="an RGB picture"
            ) from error
        data = buffer.getvalue()
    else:
        raise InvalidRequest(
            "references",
            f"{name} is {type(given).__name__}",
            accepts="a file, bytes, a PIL image or an earlier picture",
        )
    return name, _bounded(data, name)


def _written(picture: PilImage, buffer: io.BytesIO) -> None:
    """Without loss, with its colours, and with how it is turned."""
    said: dict[str, Any] = {"icc_profile": picture.info.get("icc_profile")}
    exif = picture.getexif()
    if (turned := exif.get(ORIENTATION, 1)) != 1:
        said["exif"] = type(exif)()
        said["exif"][ORIENTATION] = turned
    picture.save(buffer, "TIFF" if picture.mode in {"CMYK", "LAB", "F"} else "PNG", **said)


def _file(path: Path) -> bytes:
    try:
        # without waiting: a pipe nobody writes to would hold us up for ever
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(handle, "rb") as file:  # noqa: PTH123 - it is open already
            mode = os.fstat(handle).st_mode
            for is_kind, words in _KINDS:
                if is_kind(mode):
                    raise InvalidRequest("references", f"{path} {words}", accepts="a regular file")
            return _bounded(file.read(SOURCE_BYTES + 1), str(path))
    except InvalidRequest:
        raise
    except (OSError, ValueError) as error:
        problem = getattr(error, "strerror", None) or str(error)
        role = "; the roles are object, character and style" if ":" in str(path) else ""
        raise InvalidRequest(
            "references", f"{path}: {problem}", accepts=f"a file that can be read{role}"
        ) from error


def _bounded(data: bytes, name: str) -> bytes:
    if len(data) > SOURCE_BYTES:
        raise InvalidRequest(
            "references",
            f"{name} is too large; a reference may have {SOURCE_BYTES:,} bytes",
            accepts="a smaller picture, such as a JPEG of it",
        )
    return data
