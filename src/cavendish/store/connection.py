"""One connection to Postgres: what it is told so that neither end waits for ever for a dead one."""

from __future__ import annotations

from typing import Any

from cavendish.core.errors import SettingsError
from cavendish.store.address import PostgresAddress

_CONNECTION = {
    "application_name": "cavendish",
    "connect_timeout": "10",
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "30000",
}
# A frozen host must not keep everybody from writing, and a dead one not hold its locks for hours.
# https://www.postgresql.org/docs/18/runtime-config-client.html, checked 2026-11-25.
_SESSION = """
SET default_transaction_isolation = 'read committed';
SET idle_in_transaction_session_timeout = '20s';
SET lock_timeout = '60s';
SET statement_timeout = '60s';
SET tcp_keepalives_idle = 10;
SET tcp_keepalives_interval = 5;
SET tcp_keepalives_count = 3;
SELECT set_config('synchronous_commit', 'on', false)
    WHERE current_setting('synchronous_commit') = 'off';
"""


def connect(address: PostgresAddress) -> Any:
    """An open connection of psycopg's. What the address says of it wins over what we would say."""
    psycopg = driver()
    url = address.reveal()
    said = psycopg.conninfo.conninfo_to_dict(url)
    ours = {name: value for name, value in _CONNECTION.items() if name not in said}
    connection = psycopg.connect(url, autocommit=True, **ours)
    connection.execute(_SESSION)
    connection.autocommit = False
    return connection


def driver() -> Any:
    """psycopg, imported where it is needed only.

    Raises: SettingsError with the command that installs it.
    """
    try:
        import psycopg
        import psycopg.conninfo
    except ImportError:
        raise SettingsError(
            "CAVENDISH_JOURNAL: a journal on Postgres needs psycopg, which is not installed",
            next_step="pip install 'cavendish[postgres]'",
        ) from None
    return psycopg
