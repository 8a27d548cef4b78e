"""Which channels a call may go to, with which address and credential. Nothing is sent here.

Named channels are taken at their word; else direct Google channels with a credential; else, with no
credential at all, the offline emulator. What is set only in part is an error, never a silent
draft.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from cavendish.catalog.loader import channels, find_channel
from cavendish.channels.way import is_here
from cavendish.client.channels import vertex
from cavendish.core.errors import InvalidRequest, SettingsError, UnknownChannel
from cavendish.core.model import ChannelFacts, channel_of
from cavendish.core.secret import Secret

OFFLINE_NOTICE = (
    "no credential found: this is an offline draft for simulated money; "
    "set GEMINI_API_KEY for real pictures"
)
REQUIREMENTS = ("real", "direct-google")


@dataclass(frozen=True, slots=True)
class Access:
    """A channel that may be used. `base_url` is None for the emulator in this process; `key_name`
    is the variable that held the key, `account` stands in its place where tokens are fetched.
    `will_do` are the channels whose pictures meet what was required, or None for any: a picture
    that was bought before may be another channel's."""

    facts: ChannelFacts
    base_url: str | None
    secret: Secret | None
    notices: tuple[str, ...] = ()
    key_name: str | None = None
    will_do: frozenset[str] | None = None
    account: vertex.Account | None = None


def ways(
    named: str | Sequence[str] | None,
    require: Sequence[str],
    env: Mapping[str, str],
    offline_url: str | None,
    known: Mapping[str, ChannelFacts] | None = None,
) -> tuple[Access, ...]:
    """The channels for a call, of those that are `known`, in the order in which they are asked.

    `named` is one name, or several with commas between them; a requirement may be a plain string.
    Raises: UnknownChannel, SettingsError, InvalidRequest.
    """
    known = channels() if known is None else known
    facts, notices = _pick(named, env, known)
    will_do = _required([require] if isinstance(require, str) else require, named, facts, known)
    said = names_of(named) if named is not None else ("",) * len(facts)
    found = [
        _opened(one, vertex.without_location(env) if "@" in name else env, offline_url, will_do)
        for one, name in zip(facts, said, strict=True)
    ]
    if len({one.facts.name for one in found}) < len(found):
        raise UnknownChannel("channel: one is named twice", next_step="name each channel once")
    first, *others = found
    return (replace(first, notices=(*notices, *first.notices)), *others)


def _required(
    require: Sequence[str],
    named: str | Sequence[str] | None,
    chosen: Sequence[ChannelFacts],
    known: Mapping[str, ChannelFacts],
) -> frozenset[str] | None:
    """The channels that meet what is required, or None for any. Raises: where one does not."""
    will_do = None
    for requirement in require:
        if requirement not in REQUIREMENTS:
            raise InvalidRequest("require", f"unknown: {requirement!r}", accepts=REQUIREMENTS)
        for facts in chosen:
            if requirement == "real" and facts.realm != "real":
                why = "no credential was found"
                raise UnknownChannel(
                    "require: real pictures were required and "
                    f"{why if named is None else f'channel {facts.name} only drafts'}",
                    next_step="set GEMINI_API_KEY (https://aistudio.google.com/apikey) "
                    "and do not name another channel",
                )
            if requirement == "direct-google" and not facts.direct_google:
                raise UnknownChannel(
                    f"require: channel {facts.name} is not a direct Google channel",
                    next_step="use --channel gemini",
                )
        if requirement == "direct-google":
            will_do = frozenset(name for name, one in known.items() if one.direct_google)
    return will_do


def _opened(
    facts: ChannelFacts,
    env: Mapping[str, str],
    offline_url: str | None,
    will_do: frozenset[str] | None,
) -> Access:
    """The channel with its address and credential. Raises: SettingsError where one is missing."""
    if facts.realm == "simulated":
        return Access(facts, _offline(offline_url), None)
    account = None
    notices: tuple[str, ...] = ()
    if facts.locations is not None:
        facts, account, notices = vertex.placed(facts, env)
    base_url = env.get(facts.base_url_env or "") or facts.base_url
    assert base_url is not None
    base_url = base_url.replace("{location}", facts.location)
    check_address(facts.base_url_env or "base_url", base_url)
    if account is not None:
        return Access(facts, base_url, None, notices, will_do=will_do, account=account)
    name, secret, more = _secret(facts, env, host=urlsplit(base_url).netloc)
    return Access(facts, base_url, secret, (*notices, *more), name, will_do)


def moved(way: Access, location: str, env: Mapping[str, str]) -> Access:
    """The same channel at another location, whatever the environment says of locations.

    Raises: UnknownChannel, SettingsError.
    """
    facts = find_channel(f"{channel_of(way.facts.name)}@{location}")
    found = _opened(facts, vertex.without_location(env), None, way.will_do)
    return replace(found, notices=way.notices)


def names_of(said: str | Sequence[str]) -> tuple[str, ...]:
    """The names in "A,B", or in a list of them."""
    return tuple(name.strip() for name in (said.split(",") if isinstance(said, str) else said))


def _pick(
    named: str | Sequence[str] | None, env: Mapping[str, str], known: Mapping[str, ChannelFacts]
) -> tuple[tuple[ChannelFacts, ...], tuple[str, ...]]:
    if named is not None:
        return _named(names_of(named), known), ()
    if env.get(vertex.ASKED, "").lower() in {"1", "true"}:
        return (find_channel("vertex"),), ()
    gemini = find_channel("gemini", known)
    if any(name in env for name in gemini.key_env):
        second = (find_channel("vertex"),) if vertex.is_ready(env) else ()
        return (gemini, *second), ()
    if any(name in env for name in vertex.NAMES):
        return (find_channel("vertex"),), ()
    _third_parties(env, known)
    return (find_channel("offline"),), (OFFLINE_NOTICE,)


def _named(names: Sequence[str], known: Mapping[str, ChannelFacts]) -> tuple[ChannelFacts, ...]:
    """The channels of a list. Raises: UnknownChannel where drafts and pictures would mix."""
    found = tuple(find_channel(name, known) for name in names)
    if len({facts.realm for facts in found}) > 1:
        raise UnknownChannel(
            "channel: offline only drafts, and drafts never stand in for pictures",
            next_step="leave offline out of the list, or name it alone",
        )
    if not found:
        raise UnknownChannel("channel: the list is empty", next_step="name a channel")
    return found


def _third_parties(env: Mapping[str, str], known: Mapping[str, ChannelFacts]) -> None:
    """Raises SettingsError if a third party could be asked: only who names it gets there."""
    instead = "set GEMINI_API_KEY, or name --channel offline for drafts"
    for channel in known.values():
        for name in channel.key_env:
            if channel.third_party and name in env:
                raise SettingsError(
                    f"only a third party's key was found ({name}); third parties are opt-in",
                    next_step=f"name --channel {channel.name} to use {channel.title}, {instead}",
                )


def _secret(
    facts: ChannelFacts, env: Mapping[str, str], *, host: str
) -> tuple[str, Secret, tuple[str, ...]]:
    found = [name for name in facts.key_env if name in env]
    if not found:
        raise SettingsError(
            f"channel {facts.name}: no key; {' and '.join(reversed(facts.key_env))} "
            f"{'is' if len(facts.key_env) == 1 else 'are'} not set",
            next_step=f"set {facts.key_env[-1]} to your key at {facts.title}"
            if facts.third_party
            else "create one at https://aistudio.google.com/apikey and set GEMINI_API_KEY",
        )
    name = found[0]
    value = env[name]
    if not value or not value.isascii() or not value.isprintable() or " " in value:
        problem = "is set and empty" if not value else "holds blanks or characters no key has"
        raise SettingsError(f"{name} {problem}", next_step=f"set {name} to the key, or unset it")
    notices: tuple[str, ...] = ()
    if len(found) > 1 and env[found[1]] != value:
        notices = (f"{found[0]} and {found[1]} differ; {found[0]} is used",)
    return name, Secret(value, host=host), notices


def _offline(url: str | None) -> str | None:
    if url is not None and _address(url) is None:
        raise SettingsError(
            "CAVENDISH_OFFLINE_URL: is not an address such as http://127.0.0.1:8788",
            next_step="start one with cavendish emulator, or unset it",
        )
    return url


def check_address(name: str, url: str) -> None:
    """A key goes over TLS, or stays on this machine."""
    host = _address(url)
    if host is None:
        raise SettingsError(
            f"{name}: is not an address such as https://example.org (no user, no query)",
            next_step="mend or unset it",
        )
    if url.lower().startswith("http:") and not is_here(host):
        raise SettingsError(
            f"{name}: plain http would send the key unencrypted to {host}",
            next_step="use https (plain http is for this machine only)",
        )


def _address(url: str) -> str | None:
    """The host of a plain http(s) address, or None. Errors never show it: it may hold a secret."""
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - a port that is none raises
    except ValueError:
        return None
    plain = url.isprintable() and not set(url) & set(" @?#")
    return parts.hostname if plain and parts.scheme in {"http", "https"} else None
