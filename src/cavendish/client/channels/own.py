"""The channels a user brings along: one TOML file each, named after its channel."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Final

from cavendish.catalog.channel_file import channel_entries, own_channel
from cavendish.catalog.loader import channels
from cavendish.client.channels.access import check_address
from cavendish.core.errors import SettingsError
from cavendish.core.model import ChannelFacts

AGED_DAYS: Final = 180
"""Prices of third parties move; older ones are worth a look."""


def own_channels(folder: Path) -> Mapping[str, ChannelFacts]:
    """The channels whose files lie in `folder`, by name. Raises: SettingsError."""
    return {path.stem: read(path) for path in channel_files(folder)}


def channel_files(folder: Path) -> list[Path]:
    """The files in `folder` that each describe a channel; none where there is no folder.

    Hidden ones are an editor's.
    """
    try:
        return sorted(path for path in folder.glob("*.toml") if not path.name.startswith("."))
    except OSError:
        return []


def read(path: Path) -> ChannelFacts:
    """One channel. Raises: SettingsError naming the file and the field."""
    where = str(path)
    ours = channels()
    if path.stem in ours:
        raise SettingsError(
            f"{where}: the name {path.stem!r} is taken by {ours[path.stem].title}",
            next_step="give the file another name",
        )
    found = own_channel(path.stem, channel_entries(path), where)
    for channel in ours.values():
        for name in found.key_env:
            if name in channel.key_env and not channel.third_party:
                raise SettingsError(
                    f"{where}: auth.key_env: {name} is the key of {channel.title}, "
                    "which must not go to somebody else",
                    next_step="give it a variable of its own",
                )
    check_address(f"{where}: base_url", found.base_url or "")
    return found


def aged(channel: ChannelFacts, today: date) -> tuple[str, ...]:
    """What to say of prices nobody has looked at for long."""
    if channel.checked is None or (today - channel.checked).days <= AGED_DAYS:
        return ()
    where = f" and set checked in {channel.file}" if channel.file else ""
    said = f"the prices of {channel.name} were last looked at on {channel.checked}"
    return (f"{said}: see whether they still hold{where}",)
