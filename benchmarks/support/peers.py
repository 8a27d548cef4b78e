"""What people use otherwise: Google's SDK, and an HTTP client with the JSON module.

They keep no journal, take no digest, look at no picture and do not fsync.
"""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

from support.payload import MODEL, body_of

KEY = "dummy"


class GenAi:
    """Google's SDK, asynchronous, on aiohttp; the bytes of the part go into a file."""

    def __init__(self, base_url: str, home: Path) -> None:
        from google import genai
        from google.genai import types

        self._file = home / "picture"
        options = types.HttpOptions(base_url=base_url)
        self._client = genai.Client(api_key=KEY, http_options=options)
        self._types = types

    async def draw(self, prompt: str, size: str) -> Path:
        """One call."""
        answer = await self._client.aio.models.generate_content(
            model=MODEL, contents=prompt, config=self._config(size)
        )
        return self._kept(answer)

    def _config(self, size: str) -> Any:
        return self._types.GenerateContentConfig(
            response_modalities=["IMAGE"],
            image_config=self._types.ImageConfig(aspect_ratio="1:1", image_size=size),
        )

    def _kept(self, answer: Any) -> Path:
        for part in answer.candidates[0].content.parts:
            if part.inline_data:
                self._file.write_bytes(part.inline_data.data)
        return self._file

    def clear(self) -> None:
        """Removes the file."""
        self._file.unlink(missing_ok=True)

    async def close(self) -> None:
        """Closes the SDK's session."""
        await self._client.aio.aclose()


class GenAiBlocking(GenAi):
    """The same SDK, blocking."""

    async def draw(self, prompt: str, size: str) -> Path:
        """One call; nothing else runs meanwhile."""
        answer = self._client.models.generate_content(
            model=MODEL, contents=prompt, config=self._config(size)
        )
        return self._kept(answer)

    async def close(self) -> None:
        """Closes the SDK's client."""
        self._client.close()


class Httpx:
    """A script of ten lines: POST, parse the JSON, decode, write."""

    def __init__(self, base_url: str, home: Path) -> None:
        import httpx

        self._file = home / "picture"
        self._client = httpx.Client(base_url=base_url, headers={"x-goog-api-key": KEY}, timeout=60)

    async def draw(self, prompt: str, size: str) -> Path:
        """One call; nothing else runs meanwhile."""
        answer = self._client.post(
            f"/v1beta/models/{MODEL}:generateContent",
            content=body_of(prompt, size),
            headers={"Content-Type": "application/json"},
        )
        for part in answer.json()["candidates"][0]["content"]["parts"]:
            if "inlineData" in part:
                self._file.write_bytes(base64.b64decode(part["inlineData"]["data"]))
        return self._file

    def clear(self) -> None:
        """Removes the file."""
        self._file.unlink(missing_ok=True)

    async def close(self) -> None:
        """Closes the client."""
        self._client.close()
