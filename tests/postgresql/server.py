"""A PostgreSQL server that lives as long as the tests of one process.

It runs as an ordinary user on a free port of this machine, with a password of its own, and keeps
nothing: what would survive a failure of power is switched off.
"""

from __future__ import annotations

import atexit
import functools
import os
import pwd
import secrets
import shutil
import subprocess
import tempfile
from contextlib import ExitStack
from pathlib import Path

from tests.ports import reserve_port

DEBIAN = Path("/usr/lib/postgresql")
USER = "postgres"
"""The server refuses to run as root: then it is this user, whom Debian's package makes."""
OPTIONS = (
    "listen_addresses=127.0.0.1", "fsync=off", "full_page_writes=off", "synchronous_commit=off",
    "shared_buffers=64MB", "max_connections=200",
)  # fmt: skip
RUN = """
pg_ctl -D "$1/data" -l "$1/log" -o "$2" -w -t 300 -s start && echo ready && cat > /dev/null
pg_ctl -D "$1/data" -m immediate -s stop
rm -rf "$1"
"""
"""Runs until its input is closed, which also happens when the tests are killed."""


class NoServer(Exception):
    """Why there is no PostgreSQL to test on."""


def find_programs() -> Path | None:
    """The folder with ``initdb`` and ``pg_ctl``, of the newest version that is installed."""
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    versions = sorted(DEBIAN.glob("*/bin/initdb"), key=lambda one: int(one.parts[-3]))
    return versions[-1].parent if versions else None


@functools.cache
def start_server() -> str:
    """The address of a running server, as SQLAlchemy writes it. Started once per process.

    Raises:
        NoServer: there is none, or it does not start here.
    """
    programs = find_programs()
    if programs is None:
        raise NoServer("PostgreSQL is not installed (python -m tests.postgresql.install)")
    folder = Path(tempfile.mkdtemp(prefix="kb-postgresql-", dir="/tmp"))
    password, port = secrets.token_urlsafe(16), _keep_port()
    try:
        _make_cluster(programs, folder, password)
        _run(programs, folder, port)
    except NoServer:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return f"postgresql+psycopg://kb:{password}@127.0.0.1:{port}/postgres"


def _make_cluster(programs: Path, folder: Path, password: str) -> None:
    """Raises NoServer."""
    written = folder / "password"
    written.write_text(password, "utf-8")
    if user := _user():
        known = pwd.getpwnam(user)
        for path in (folder, written):
            os.chown(path, known.pw_uid, known.pw_gid)
    made = subprocess.run(
        ["initdb", "-D", folder / "data", "-U", "kb", "--auth=password", f"--pwfile={written}",
         "-E", "UTF8", "--no-sync", "--no-instructions"],
        user=user, env=_environment(programs, folder), cwd=folder, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    if made.returncode:
        raise NoServer(f"PostgreSQL does not start here: {made.stderr.strip()[-500:]}")


def _run(programs: Path, folder: Path, port: int) -> None:
    """Start the server, and stop it with this process. Raises NoServer."""
    options = " ".join(f"-c {one}" for one in (*OPTIONS, f"port={port}"))
    running = subprocess.Popen(
        ["/bin/sh", "-c", RUN, "postgresql", folder, f"{options} -k {folder}"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, user=_user(), cwd=folder, text=True,
        env=_environment(programs, folder), start_new_session=True,
    )  # fmt: skip
    assert running.stdout is not None
    if running.stdout.readline() != "ready\n":
        raise NoServer("PostgreSQL does not start here: see its messages above")
    atexit.register(running.communicate)


def _user() -> str | None:
    return USER if os.geteuid() == 0 else None


def _environment(programs: Path, folder: Path) -> dict[str, str]:
    return {"PATH": f"{programs}:{os.defpath}", "LC_ALL": "C.UTF-8", "HOME": str(folder)}


def _keep_port() -> int:
    """A port that is reserved until this process ends."""
    until_exit = ExitStack()
    atexit.register(until_exit.close)
    return until_exit.enter_context(reserve_port())
