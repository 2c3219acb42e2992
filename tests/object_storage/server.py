"""An S3-compatible server (SeaweedFS) that lives as long as the tests of one process."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from kb.messages import TransientError

BUCKET = "originals"
KEYS = {
    "writer": ("writerkey", "writersecret", ["Read", "Write", "List", "Tagging"]),
    "reader": ("readerkey", "readersecret", ["Read", "List"]),
    "owner": ("ownerkey", "ownersecret", ["Admin", "Read", "Write", "List"]),
}
"""Name, key, secret and rights of those who may use the server."""
OPTIONS = (
    "-ip=127.0.0.1", "-ip.bind=127.0.0.1", f"-bucket={BUCKET}", "-s3.autoCreateBucket=false",
    "-s3.iam=false", "-s3.port.iceberg=0", "-s3.port.lance=0", "-webdav=false", "-admin.ui=false",
    "-master.telemetry=false",
)  # fmt: skip
PORTS = ("master", "master.grpc", "volume", "volume.grpc", "filer", "filer.grpc", "s3", "s3.grpc")
STARTS_S = 60


class ServerEnded(Exception):
    """SeaweedFS ended, or does not answer; with the end of its log."""


@dataclass
class StorageServer:
    """``environment``: the settings that name it."""

    folder: Path
    ports: dict[str, int]
    process: subprocess.Popen[bytes] | None = None

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.ports['s3']}"

    def settings(self, prefix: str, who: str = "writer") -> dict[str, str]:
        key, secret, _ = KEYS[who]
        return {
            "files_url": f"s3://{BUCKET}/{prefix}",
            "files_endpoint": self.endpoint,
            "files_access_key_id": key,
            "files_secret_access_key": secret,
        }

    def start(self) -> None:
        """Start it on its ports. Raises ServerEnded."""
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [find_program(), "mini", f"-dir={self.folder / 'data'}", *OPTIONS,
                 f"-s3.config={self.folder / 'keys.json'}", *map(self._option, PORTS)],
                stdout=log, stderr=subprocess.STDOUT, cwd=self.folder,
            )  # fmt: skip
        until = time.monotonic() + STARTS_S
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > until:
                self.stop()
                raise ServerEnded((self.folder / "log").read_text()[-800:])
            time.sleep(0.1)

    def wait_until_back(self, work: Callable[[], object]) -> None:
        """Repeat what is refused at first: the service answers before it knows its disks."""
        until = time.monotonic() + STARTS_S
        while True:
            try:
                work()
            except TransientError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.1)
            else:
                return

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def _option(self, name: str) -> str:
        part, _, kind = name.partition(".")
        return f"-{part}.port{'.' + kind if kind else ''}={self.ports[name]}"

    def _answers(self) -> bool:
        """Whether the service is there, and the bucket, which is made last."""
        bucket = f"http://127.0.0.1:{self.ports['filer']}/buckets/{BUCKET}/"
        try:
            with urllib.request.urlopen(bucket, timeout=5):
                return self._asked() == 403
        except OSError:
            return False

    def _asked(self) -> int:
        """The status of an answer to a question without a key."""
        try:
            with urllib.request.urlopen(f"{self.endpoint}/{BUCKET}", timeout=5) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as answer:
            return answer.code


def find_program() -> str:
    """Skips the test, with the reason, where the package is not installed."""
    found = shutil.which("weed", path=str(Path(sys.executable).parent)) or shutil.which("weed")
    if found is None:
        pytest.skip("SeaweedFS is not installed (make test)")
    return found


@contextmanager
def running_server() -> Iterator[StorageServer]:
    find_program()
    folder = Path(tempfile.mkdtemp(prefix="kb-s3-", dir="/tmp"))
    (folder / "data").mkdir()
    identities = [
        {
            "name": name,
            "credentials": [{"accessKey": key, "secretKey": secret}],
            "actions": rights,
        }
        for name, (key, secret, rights) in KEYS.items()
    ]
    (folder / "keys.json").write_text(json.dumps({"identities": identities}), "utf-8")
    server = StorageServer(folder, _choose_ports())
    try:
        try:
            server.start()
        except ServerEnded:  # another program may have taken a port meanwhile
            server.ports = _choose_ports()
            server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _choose_ports() -> dict[str, int]:
    """A free port for each of ``PORTS``."""
    held = {name: socket.socket() for name in PORTS}
    for one in held.values():
        one.bind(("127.0.0.1", 0))
    ports = {name: int(one.getsockname()[1]) for name, one in held.items()}
    for one in held.values():
        one.close()
    return ports
