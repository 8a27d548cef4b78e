"""The Files API: resumable uploads in chunks, and what was uploaded.

Protocol: https://ai.google.dev/gemini-api/docs/files, checked 2026-11-25. An upload's own address
needs no key, as at the service: who has the address may go on.
"""

from __future__ import annotations

import json
from typing import Any

from aiohttp import web

from cavendish_emulator.calls import Calls
from cavendish_emulator.control import json_response
from cavendish_emulator.google.errors import GoogleError, invalid
from cavendish_emulator.google.uploads import Upload, Uploads

UPLOAD_PATH = "/upload/{version:v1|v1beta}/files"
_LIST_PATH = "/{version:v1|v1beta}/files"
_FILE_PATH = _LIST_PATH + "/{file:[^:/]+}"
_GRANULARITY = 1 << 18
_PAGE, _LARGEST_PAGE = 10, 100
_SAID_BYTES = 1 << 20


def is_transfer(request: web.Request) -> bool:
    """Whether a request goes on with an upload that was begun."""
    return request.path.startswith("/upload/") and "upload_id" in request.query


def owner_of(request: web.Request) -> str:
    """Whose files a request may see: those of its key."""
    return request.headers.get("x-goog-api-key") or request.query.get("key") or ""


class Files:
    """The routes; `calls` meets their faults."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self._uploads: Uploads = calls.control.uploads

    def routes(self) -> list[web.RouteDef]:
        """Every route."""
        return [
            web.post(UPLOAD_PATH, self.upload),
            web.get(_LIST_PATH, self.list),
            web.get(_FILE_PATH, self.get),
            web.delete(_FILE_PATH, self.delete),
        ]

    async def upload(self, request: web.Request) -> web.StreamResponse:
        """Begin an upload, or go on with one."""
        if (refused := await self._calls.aside(request)) is not None:
            return refused
        if is_transfer(request):
            return await self._go_on(request)
        headers = request.headers
        if headers.get("X-Goog-Upload-Protocol", "").lower() != "resumable":
            raise invalid("Only resumable uploads are emulated: X-Goog-Upload-Protocol: resumable.")
        if "start" not in headers.get("X-Goog-Upload-Command", ""):
            raise invalid("Invalid or missing X-Goog-Upload-Command header: 'start' was expected.")
        key = self._uploads.begin(
            owner_of(request),
            await _said(request),
            headers.get("X-Goog-Upload-Header-Content-Type") or "application/octet-stream",
            _whole(headers.get("X-Goog-Upload-Header-Content-Length")),
        )
        answer = json_response({})
        answer.headers["X-Goog-Upload-URL"] = (
            f"{_base_url(request)}{request.path}?upload_id={key}&upload_protocol=resumable"
        )
        answer.headers["X-Goog-Upload-Chunk-Granularity"] = str(_GRANULARITY)
        answer.headers["X-Goog-Upload-Status"] = "active"
        return answer

    async def _go_on(self, request: web.Request) -> web.StreamResponse:
        upload = self._uploads.transfer(request.query["upload_id"])
        said = request.headers.get("X-Goog-Upload-Command", "")
        commands = {word.strip().lower() for word in said.split(",")}
        try:
            if not commands <= {"upload", "finalize", "query", "cancel"} or not said:
                raise invalid("Invalid X-Goog-Upload-Command header.")
            if commands & {"upload", "finalize"} and upload.state != "active":
                raise invalid("Upload has already been terminated.")
            if "cancel" in commands:
                upload.state = "cancelled"
            if "upload" in commands:
                await self._append(request, upload, last="finalize" in commands)
            if "finalize" in commands:
                self._uploads.finish(upload)
        except GoogleError as error:
            return _told(json_response(error.body(), error.code), upload)
        done = "finalize" in commands
        shown = {"file": self._uploads.body(upload, _base_url(request))} if done else {}
        return _told(json_response(shown), upload)

    async def _append(self, request: web.Request, upload: Upload, *, last: bool) -> None:
        offset = _whole(request.headers.get("X-Goog-Upload-Offset"))
        if offset != upload.received:
            raise invalid(f"Invalid offset: {upload.received} bytes were received so far.")
        limit = upload.declared_bytes
        limit = self._calls.control.switches.file_bytes if limit is None else limit
        async for chunk in request.content.iter_any():
            if upload.received + len(chunk) > limit:
                raise invalid(f"Upload is larger than {limit} bytes.")
            upload.write(chunk)
        if not last and (upload.received - offset) % _GRANULARITY:
            raise invalid(f"Chunk size must be a multiple of {_GRANULARITY} bytes.")

    async def list(self, request: web.Request) -> web.StreamResponse:
        """ListFiles, newest first, with pageSize and pageToken."""
        if (refused := await self._calls.aside(request)) is not None:
            return refused
        files = self._uploads.of(owner_of(request))
        size = min(_whole(request.query.get("pageSize")) or _PAGE, _LARGEST_PAGE)
        start = _whole(request.query.get("pageToken")) or 0
        shown = files[start : start + size]
        body: dict[str, Any] = {}
        if shown:
            body["files"] = [self._uploads.body(file, _base_url(request)) for file in shown]
        if start + size < len(files):
            body["nextPageToken"] = str(start + size)
        return json_response(body)

    async def get(self, request: web.Request) -> web.StreamResponse:
        """GetFile."""
        if (refused := await self._calls.aside(request)) is not None:
            return refused
        file = self._uploads.get(f"files/{request.match_info['file']}", owner_of(request))
        return json_response(self._uploads.body(file, _base_url(request)))

    async def delete(self, request: web.Request) -> web.StreamResponse:
        """DeleteFile."""
        if (refused := await self._calls.aside(request)) is not None:
            return refused
        self._uploads.delete(f"files/{request.match_info['file']}", owner_of(request))
        return json_response({})


def _told(answer: web.Response, upload: Upload) -> web.Response:
    """An answer to a chunk; it always says how far the upload is."""
    answer.headers["X-Goog-Upload-Status"] = upload.state
    answer.headers["X-Goog-Upload-Size-Received"] = str(upload.received)
    return answer


async def _said(request: web.Request) -> dict[str, Any]:
    """What the start of an upload says of the file; its names come in either spelling."""
    raw = await request.content.read(_SAID_BYTES)
    try:
        body = json.loads(raw or b"{}")
        found = dict(body.get("file") or {})
    except (ValueError, AttributeError, TypeError, RecursionError):
        raise invalid("Invalid JSON payload received. Unexpected token.") from None
    return {"displayName": found.get("display_name"), **found}


def _whole(text: str | None) -> int | None:
    if text is None or text == "":
        return None
    if not (text.isascii() and text.isdigit()):
        raise invalid(f"Invalid number: {text[:40]!r}")
    return int(text)


def _base_url(request: web.Request) -> str:
    return f"{request.scheme}://{request.host}"
