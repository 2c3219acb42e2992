"""A process that sends mails and is killed: after the second mail, or by the test.

``python -m tests.web.killed_sender FOLDER SMTP_URL PUBLIC_URL issues|news|upkeep``: the process.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

from kb.runtime import mail
from kb.runtime.services import Services, open_services
from kb.settings import Settings
from kb.storage.tables import now
from web.digest_delivery import keep_digests
from web.issue_delivery import send_deliveries
from web.saved_question_alerts import do_upkeep

ROOT = Path(__file__).resolve().parents[2]
WEEKLY = timedelta(days=8)
"""The weekly mail of who asked for it now is due within this."""


def send_until_killed(services: Services, smtp_url: str, what: str) -> None:
    """Send what is due in the base of ``services`` from another process, which is killed when two
    mails have been taken. ``what``: ``issues`` of the magazine or ``news`` of the week."""
    ended = subprocess.run(
        _write_command(services, smtp_url, what), env=_environment(services), cwd=ROOT,
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert ended.returncode == -signal.SIGKILL, ended.stderr


def start_upkeep(services: Services, smtp_url: str) -> subprocess.Popen[bytes]:
    """Start a process that does the upkeep of the base of ``services`` once."""
    command = _write_command(services, smtp_url, "upkeep")
    return subprocess.Popen(command, env=_environment(services), cwd=ROOT)


def _write_command(services: Services, smtp_url: str, what: str) -> list[str]:
    settings = services.settings
    return [
        sys.executable, "-m", "tests.web.killed_sender", str(settings.data_dir), smtp_url,
        settings.public_url, what,
    ]  # fmt: skip


def _environment(services: Services) -> dict[str, str]:
    return os.environ | {"KB_DATABASE_URL": services.settings.sql_url}


def _send(folder: str, smtp_url: str, public_url: str, what: str) -> None:
    deliver, count = mail.deliver, 0

    def deliver_two(connection, message):
        nonlocal count
        count += 1
        deliver(connection, message)
        if count == 2:
            os.kill(os.getpid(), signal.SIGKILL)

    mail.deliver = deliver_two
    settings = Settings(
        _env_file=None, data_dir=Path(folder), smtp_url=smtp_url, public_url=public_url,
        mail_per_minute=1000, worker=False,
    )  # fmt: skip
    with open_services(settings) as services:
        if what == "issues":
            send_deliveries(services)
        elif what == "upkeep":
            do_upkeep(services)
        else:
            keep_digests(services, at=now() + WEEKLY)


if __name__ == "__main__":
    _send(*sys.argv[1:])
