"""Where a journal on Postgres is: an address that never tells its password."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import parse_qsl, unquote, urlsplit

from cavendish.core.errors import SettingsError
from cavendish.core.secret import Secret

SCHEMES = ("postgresql", "postgres")
SHORTEST_PASSWORD = 4  # a shorter one is no secret, and would be found in every other word
_BOUND_TO = "the journal's database"


class PostgresAddress:
    """A libpq address: `postgresql://user:password@host:5432/database?sslmode=verify-full`.

    Everything after the question mark is libpq's, its TLS settings among them; what is not said
    comes from where libpq looks (PGPASSWORD, ~/.pgpass, PGSSLROOTCERT). `str` and `repr` show
    user, host and database. Source: https://www.postgresql.org/docs/18/libpq-connect.html, checked
    2026-11-25.
    """

    def __init__(self, url: str) -> None:
        """Raises: SettingsError when it cannot be told apart; it does not repeat what was said."""
        try:
            parts = urlsplit(url.strip())
            user, password = parts.username, parts.password
        except ValueError:
            raise _refused() from None
        after = (parts.path, parts.query, parts.fragment)
        # A bare @, / or # in a password would make its end look like a host or a database.
        if parts.scheme not in SCHEMES or parts.fragment or any("@" in part for part in after):
            raise _refused()
        host = parts.netloc.rpartition("@")[2]
        options = dict(parse_qsl(parts.query, keep_blank_values=True))
        self.hosts = tuple(_bare(one) for one in options.get("host", host).split(","))
        shown = f"{unquote(user)}@{unquote(host)}" if user else unquote(host)
        self._shown = f"postgresql://{shown}{parts.path}"
        said = {password, options.get("password"), options.get("sslpassword")}
        written = {one for one in said if one}
        self._secrets = tuple(written | {unquote(one) for one in written})
        self._url = Secret(url.strip(), host=_BOUND_TO)

    def reveal(self) -> str:
        """The whole address, for the driver."""
        return self._url.reveal(_BOUND_TO)

    def blot(self, text: str) -> str:
        """`text` without the password, whoever repeats it."""
        for secret in self.passwords:
            text = text.replace(secret, "…")
        return text

    def is_on(self, machine: Callable[[str], bool]) -> bool:
        """Whether every host of it is one of which `machine` is true, or a socket's folder."""
        return all(not one or one.startswith("/") or machine(one) for one in self.hosts)

    @property
    def passwords(self) -> tuple[str, ...]:
        """What must never be shown."""
        return tuple(one for one in self._secrets if len(one) >= SHORTEST_PASSWORD)

    def __str__(self) -> str:
        return self._shown

    __repr__ = __str__


def _bare(host: str) -> str:
    """A host without its port and brackets; a folder or nothing is a socket of this machine."""
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return unquote(host.partition(":")[0])


def _refused() -> SettingsError:
    return SettingsError(
        "CAVENDISH_JOURNAL: this is no address of a Postgres database",
        next_step="write postgresql://user:password@host:5432/database; in a password @ is %40, "
        "/ is %2F, # is %23, % is %25",
    )
