"""A mail server for tests: it speaks SMTP on loopback and keeps what it is given."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import BinaryIO


@dataclass
class Sink:
    """Its address is ``url``; ``answers`` replaces its replies, by verb."""

    answers: dict[bytes, bytes] = field(default_factory=dict)
    received: list[EmailMessage] = field(default_factory=list)
    commands: list[bytes] = field(default_factory=list)
    arrived: threading.Condition = field(default_factory=threading.Condition)
    """Notified when a mail was added to ``received``."""

    def __post_init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"smtp://127.0.0.1:{self.listener.getsockname()[1]}"
        self.thread = threading.Thread(target=self._serve)
        self.thread.start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            with connection, connection.makefile("rwb") as stream:
                self._talk(stream)

    def _talk(self, stream: BinaryIO) -> None:
        def say(line: bytes) -> None:
            stream.write(line + b"\r\n")
            stream.flush()

        say(b"220 sink")
        for line in stream:
            verb = line.split()[0].upper()
            self.commands.append(line.strip())
            if verb == b"DATA" and verb not in self.answers:
                say(b"354 go on")
                lines = iter(stream.readline, b".\r\n")
                body = b"".join(line.removeprefix(b".") for line in lines)
                with self.arrived:
                    self.received.append(message_from_bytes(body, policy=policy.default))
                    self.arrived.notify_all()
            say(self.answers.get(verb, b"221 bye" if verb == b"QUIT" else b"250 fine"))
            if verb == b"QUIT":
                return

    def wait_for(self, matches: Callable[[EmailMessage], bool], seconds: float) -> EmailMessage:
        """The first mail that matches, once it has arrived.

        Raises:
            TimeoutError: none arrived within ``seconds``.
        """
        found: list[EmailMessage] = []

        def find() -> list[EmailMessage]:
            found[:] = filter(matches, self.received)
            return found

        with self.arrived:
            if not self.arrived.wait_for(find, seconds):
                raise TimeoutError(f"no such mail among {len(self.received)}")
        return found[0]

    def close(self) -> None:
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join()
