"""Uploaded files: what is kept of them, for how long, and what the service says of each.

Form: https://ai.google.dev/api/files, checked 2026-11-25. The bytes are in temporary files.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import IO, Any

import pybase64

from cavendish_emulator.google.errors import UNFETCHED, GoogleError, invalid
from cavendish_emulator.switches import Switches

_IN_MEMORY_BYTES = 1 << 16
_NAME = re.compile(r"files/[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")
_IDS = "abcdefghijklmnopqrstuvwxyz0123456789"


def _spool() -> IO[bytes]:
    return tempfile.SpooledTemporaryFile(_IN_MEMORY_BYTES)


@dataclass
class Upload:
    """One file, arriving or there; `owner` is the key it came with."""

    name: str
    owner: str
    mime: str
    display_name: str | None
    declared_bytes: int | None
    began_s: float
    data: IO[bytes] = field(default_factory=_spool)
    digest: Any = field(default_factory=hashlib.sha256)
    received: int = 0
    state: str = "active"  # as a transfer: active, final, cancelled
    made_s: float = 0.0

    def write(self, chunk: bytes) -> None:
        """Append what arrived."""
        self.data.write(chunk)
        self.digest.update(chunk)
        self.received += len(chunk)


class Uploads:
    """Every file by name; those past their life are gone."""

    def __init__(self, switches: Switches, now_s: Callable[[], float]) -> None:
        self._switches, self._now_s = switches, now_s
        self._transfers: dict[str, Upload] = {}
        self._files: dict[str, Upload] = {}

    def begin(self, owner: str, said: dict[str, Any], mime: str, size: int | None) -> str:
        """A new transfer; returns its id. Raises: GoogleError."""
        name = str(said.get("name") or "files/" + "".join(secrets.choice(_IDS) for _ in range(12)))
        if not _NAME.fullmatch(name):
            raise invalid(f"* CreateFileRequest.file.name: invalid resource name {name!r}")
        if self._found(name) is not None:
            text = f"The file '{name}' already exists."
            raise GoogleError(409, text, status="ALREADY_EXISTS")
        if size is not None and size > self._switches.file_bytes:
            raise invalid(f"File is too large: the limit is {self._switches.file_bytes} bytes.")
        held = sum(file.received for file in self.of(owner)) + (size or 0)
        if held > self._switches.project_bytes:
            raise invalid(
                f"Project file storage limit of {self._switches.project_bytes} bytes is reached."
            )
        upload = Upload(name, owner, mime, said.get("displayName"), size, self._now_s())
        key = secrets.token_urlsafe(24)
        self._transfers[key] = upload
        return key

    def transfer(self, key: str) -> Upload:
        """A transfer by its id. Raises: GoogleError."""
        if key not in self._transfers:
            raise GoogleError(404, "Upload not found.")
        return self._transfers[key]

    def finish(self, upload: Upload) -> None:
        """Keep what arrived as a file. Raises: GoogleError where it is not all of it."""
        if upload.declared_bytes not in {None, upload.received}:
            raise invalid(
                f"Upload size mismatch: {upload.declared_bytes} bytes were declared, "
                f"{upload.received} received."
            )
        upload.state, upload.made_s = "final", self._now_s()
        self._files[upload.name] = upload

    def of(self, owner: str) -> list[Upload]:
        """The files of one owner, newest first."""
        mine = [name for name, file in self._files.items() if file.owner == owner]
        return [file for name in reversed(mine) if (file := self._found(name)) is not None]

    def get(self, name: str, owner: str) -> Upload:
        """One file. Raises: GoogleError, the same for none as for somebody else's."""
        found = self._found(name)
        if found is None or found.owner != owner:
            file_id = name.removeprefix("files/")
            text = f"You do not have permission to access the File {file_id} or it may not exist."
            raise GoogleError(403, text)
        return found

    def delete(self, name: str, owner: str) -> None:
        """Forget a file. Raises: GoogleError."""
        self._drop(self.get(name, owner))

    def clear(self) -> None:
        """Forget everything."""
        for upload in [*self._files.values(), *self._transfers.values()]:
            upload.data.close()
        self._files.clear()
        self._transfers.clear()

    def read(self, uri: str, owner: str) -> bytes:
        """What a fileUri stands for. Raises: GoogleError."""
        if "files/" not in uri:
            raise invalid(UNFETCHED)
        file_id = uri.rpartition("/")[2]
        file = self.get(f"files/{file_id}", owner)
        if self._state(file) != "ACTIVE":
            text = f"The File {file_id} is not in an ACTIVE state and usage is not allowed."
            raise GoogleError(400, text, status="FAILED_PRECONDITION")
        file.data.seek(0)
        return file.data.read()

    def body(self, file: Upload, base_url: str) -> dict[str, Any]:
        """A file as the service describes it."""
        made, life_s = file.made_s, self._switches.file_life_s
        told = {
            "name": file.name,
            "displayName": file.display_name,
            "mimeType": file.mime,
            "sizeBytes": str(file.received),
            "createTime": _stamp(made),
            "updateTime": _stamp(made),
            "expirationTime": _stamp(made + life_s),
            "sha256Hash": pybase64.b64encode(file.digest.hexdigest().encode()).decode(),
            "uri": f"{base_url}/v1beta/{file.name}",
            "state": self._state(file),
            "source": "UPLOADED",
        }
        return {name: value for name, value in told.items() if value is not None}

    def _state(self, file: Upload) -> str:
        ready_s = file.made_s + self._switches.processing_s
        return "ACTIVE" if self._now_s() >= ready_s else "PROCESSING"

    def _found(self, name: str) -> Upload | None:
        file = self._files.get(name)
        if file is not None and self._now_s() >= file.made_s + self._switches.file_life_s:
            self._drop(file)
            return None
        return file

    def _drop(self, file: Upload) -> None:
        file.data.close()
        self._files.pop(file.name, None)


def _stamp(at_s: float) -> str:
    return datetime.fromtimestamp(at_s, UTC).isoformat(timespec="microseconds")[:26] + "Z"
