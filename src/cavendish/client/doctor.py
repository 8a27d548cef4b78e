"""The doctor: looks at everything a client takes from its surroundings. It sends nothing, spends
nothing and makes nothing, and what keeps a client from starting does not keep the doctor."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from cavendish.catalog.loader import channels
from cavendish.client import settings
from cavendish.client.alerts import setting
from cavendish.client.channels import access
from cavendish.client.channels import own as own_channels
from cavendish.client.system import SystemClock, day
from cavendish.core.errors import CavendishError
from cavendish.core.model import ChannelFacts
from cavendish.core.ports import Clock
from cavendish.insight import doctor_credentials as credentials
from cavendish.insight import doctor_leaks as leaks
from cavendish.insight import doctor_machine as machine
from cavendish.insight.doctor import Check, Diagnosis, hidden, known_keys, scrubbed
from cavendish.store.address import PostgresAddress


def examine(
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
    *,
    home: Path | None = None,
    journal: Path | PostgresAddress | None = None,
    clock: Clock | None = None,
) -> Diagnosis:
    """Looks at the environment, the configuration, the machine and the working `folder`.

    `home` and `journal` are a client's own; by default they are what the environment says.
    Raises nothing: what is wrong is a check.
    """
    env = dict(os.environ if environment is None else environment)
    clock = clock or SystemClock()
    folder, gone = _working_folder(folder)
    home = home or settings.home_of(env)
    if journal is None:
        try:
            journal = settings.journal_of(env, home)
        except CavendishError:  # said among the settings
            journal = home / "journal.db"
    today = day(clock)
    known_channels, own = _own_channels(env)
    known = known_keys(env, credentials.key_names(known_channels))
    if isinstance(journal, PostgresAddress):
        known += journal.passwords
    user = settings.user_home(env)
    ways = credentials.ways_in(env, user)
    now_ns = clock.now_ns()
    checks = [
        *_choice(env, folder, known_channels),
        *credentials.keys(env, known_channels),
        *credentials.vertex(env, user),
        *credentials.proxies(env),
        *_addresses(env, known_channels),
        *gone,
        *_settings(env, folder),
        *own,
        *_old_prices(known_channels, today),
        *_alerts(env, folder),
        *machine.home(home),
        *_places(env, home, journal),
        *(
            machine.database(journal, now_ns, clock)
            if isinstance(journal, PostgresAddress)
            else machine.journal(journal, now_ns)
        ),
        *machine.libraries(),
        machine.sqlite(),
        machine.clock(now_ns, None if isinstance(journal, PostgresAddress) else journal),
        *leaks.in_commands(known),
        *leaks.in_files(folder, known, clock.monotonic_s),
    ]
    return Diagnosis(tuple(scrubbed(check, known) for check in checks), ways)


def unseen(text: str) -> str:
    """A text without any key of this environment, or anything that looks like a key."""
    known, _ = _own_channels(os.environ)
    return hidden(text, known_keys(os.environ, credentials.key_names(known)))


def _working_folder(folder: Path | None) -> tuple[Path, list[Check]]:
    try:
        return folder or Path.cwd(), []
    except OSError:
        step = "cd to a folder that is there"
        gone = Check("settings", "folder", "problem", "the working folder is gone", step)
        return Path("/"), [gone]


def _own_channels(env: Mapping[str, str]) -> tuple[Mapping[str, ChannelFacts], list[Check]]:
    """All channels, those of a user's files among them, and what is to be said of each file."""
    known, checks = dict(channels()), []
    for path in own_channels.channel_files(settings.channel_folder(env)):
        try:
            found = own_channels.read(path)
        except CavendishError as error:
            checks.append(Check("settings", "channel", "problem", error.message, error.next_step))
            continue
        known[found.name] = found
        ready = any(env.get(name) for name in found.key_env)
        step = "" if ready else f"export {found.key_env[0]}=..."
        said = f"{path} is read: --channel {found.name}, a third party"
        checks.append(Check("settings", "channel", "ok" if ready else "note", said, step))
    return known, checks


def _old_prices(known: Mapping[str, ChannelFacts], today: date) -> Iterator[Check]:
    for channel in known.values():
        for said in own_channels.aged(channel, today) if channel.per_call else ():
            yield Check("settings", "channel", "note", said)


def _choice(
    env: Mapping[str, str], folder: Path, known: Mapping[str, ChannelFacts]
) -> Iterator[Check]:
    """Which channel a call would take now, by the same rule as a call."""
    named = None
    for path in settings.configuration_files(env, folder):
        said = settings.entries(path)
        if isinstance(said, dict) and isinstance(said.get("channel"), str):
            named = said["channel"]
    try:
        found, *others = access.ways(named, (), env, env.get("CAVENDISH_OFFLINE_URL"), known)
    except CavendishError as error:
        yield Check("now", "a call", "problem", error.message, error.next_step)
        return
    facts = found.facts
    real = facts.realm == "real"
    then = f", then to {', '.join(one.facts.name for one in others)}" if others else ""
    money = "real pictures for real money" if real else "drafts for simulated money"
    yield Check(
        "now", "a call", "ok", f"goes to {facts.name} ({facts.title}){then}: {money}",
        "" if real else "set GEMINI_API_KEY for real pictures",
    )  # fmt: skip


def _addresses(env: Mapping[str, str], known: Mapping[str, ChannelFacts]) -> Iterator[Check]:
    for channel in known.values():
        name = channel.base_url_env
        if name and env.get(name):
            try:
                access.check_address(name, env[name])
            except CavendishError as error:
                said = error.message.removeprefix(f"{name}: ")
                yield Check("credentials", name, "problem", said, error.next_step)
            else:
                yield Check("credentials", name, "note", "another address; its money is real")


def _settings(env: Mapping[str, str], folder: Path) -> Iterator[Check]:
    """Variables and configuration files, every fault of them."""
    faults: list[CavendishError] = [*settings.unknown_names(env), *_journal_faults(env)]
    for error in faults:
        yield Check("settings", "variable", "problem", error.message, error.next_step)
    ours = ", ".join(name for name in settings.KNOWN if name in env)
    if not faults:
        yield Check("settings", "variables", "ok", f"set: {ours or 'no CAVENDISH_* at all'}")
    for path in settings.configuration_files(env, folder):
        said = settings.entries(path)
        if said is None:
            continue
        faults = [said] if isinstance(said, CavendishError) else [*settings.faults(path, said)]
        for error in faults:
            yield Check("settings", "file", "problem", error.message, error.next_step)
        if not faults:
            yield Check("settings", "file", "ok", f"{path} is read")


def _alerts(env: Mapping[str, str], folder: Path) -> Iterator[Check]:
    """Whether alerts can be told by the ways that are set; nothing is posted and nothing is run."""
    said: dict[str, Any] = {}
    for path in settings.configuration_files(env, folder):
        entries = settings.entries(path)
        if isinstance(entries, dict):
            sound = {n: v for n, v in entries.items() if n in setting.NAMES}
            said |= {n: v for n, v in sound.items() if setting.fault(path, n, v) is None}
    for name, trouble, step in setting.Alerting.of(said).troubles(env):
        yield Check("settings", name, "problem", trouble, step)
    ways = setting.Alerting.of(said).ways
    if ways:
        step = "cavendish budget alerts --test tells a test"
        yield Check("settings", "alerts", "note", f"are told by log, {', '.join(ways)}", step)


def _places(env: Mapping[str, str], home: Path, journal: Path | PostgresAddress) -> Iterator[Check]:
    """The folders beside the home: the journal's and the pictures', where they are others."""
    if isinstance(journal, Path) and journal.parent != home:
        yield from machine.home(journal.parent)
    try:
        blobs = settings.blobs_of(env, home, journal)
    except CavendishError:  # said among the settings
        return
    if blobs != home:
        yield from machine.home(blobs)


def _journal_faults(env: Mapping[str, str]) -> list[CavendishError]:
    home = settings.home_of(env)
    try:
        settings.blobs_of(env, home, settings.journal_of(env, home))
    except CavendishError as error:
        return [error]
    return []
