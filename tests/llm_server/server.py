"""A server of chat completions on loopback that behaves, or misbehaves as the test asks."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from kb.text.sentences import sentences

Asked = dict[str, Any]
"""What a summary is asked of: question, write_in, passages …"""
Written = list[dict[str, Any]]
HUGE = 10 << 20
"""Bytes of an answer that is much too long."""


def compose(asked: Asked) -> Written:
    """The first long sentence of each passage, first of all those with figures that contradict each
    other."""
    rows = {number for pair in asked.get("contradicting", ()) for number in pair}
    ordered = sorted(asked["passages"], key=lambda one: one["number"] not in rows)
    return [
        {"statement": quote, "passage": one["number"], "quotation": quote}
        for one in ordered
        if (quote := first_sentence(one["text"]))
    ][:8]


def first_sentence(text: str) -> str:
    found = (text[start:end] for start, end in sentences(text))
    return next((one for one in found if 25 < len(one) < 300 and "\n" not in one), "")


class LlmServer:
    """``write`` makes the statements of an answer; ``fault`` is what goes wrong instead; ``wrap``
    puts the JSON into other words. ``requests`` are the bodies received, ``headers`` theirs."""

    def __init__(self) -> None:
        self.requests: list[Asked] = []
        self.headers: list[dict[str, str]] = []
        self.elsewhere = ""
        self.stopped = threading.Event()
        self.reset()
        owner = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                owner.handle(self)

            def log_message(self, format: str, *args: Any) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/v1"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,))
        self.thread.start()

    def reset(self) -> None:
        """Behave, and forget what was received."""
        self.write: Callable[[Asked], Written] = compose
        self.wrap: Callable[[str], Any] = str
        self.fault = ""
        self.requests.clear()
        self.headers.clear()

    def close(self) -> None:
        self.stopped.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    @property
    def asked(self) -> Asked:
        """What the last request asked a summary of."""
        asked: Asked = json.loads(self.requests[-1]["messages"][-1]["content"])
        return asked

    def handle(self, handler: BaseHTTPRequestHandler) -> None:
        body = json.loads(handler.rfile.read(int(handler.headers["content-length"])))
        self.requests.append(body)
        self.headers.append({name.lower(): value for name, value in handler.headers.items()})
        answers = {"slow": self._keep_waiting, "drip": self._drip, "hang up": self._hang_up}
        if self.fault in answers:
            answers[self.fault](handler)
        elif self.fault.isdigit():
            self._send(handler, b'{"error": "no"}', int(self.fault))
        elif self.fault == "no format" and len(body) > 3:
            self._send(handler, b'{"error": "unknown field response_format"}', 400)
        else:
            self._send(handler, self._body(body))

    def _body(self, body: Asked) -> bytes:
        match self.fault:
            case "huge":
                return b'{"choices": [' + b" " * HUGE
            case "no json":
                return b"<html>Welcome</html>"
            case "other json":
                return b'{"choices": [{"text": "old"}], "object": 1}'
        asked = json.loads(body["messages"][-1]["content"])
        content = self.wrap(json.dumps({"statements": self.write(asked)}))
        message = {"role": "assistant", "content": content}
        ended = {"cut": "length", "filtered": "content_filter"}.get(self.fault, "stop")
        if self.fault == "refuses":
            message |= {"content": None, "refusal": "I cannot help with that."}
        if self.fault == "empty":
            message["content"] = "  "
        return json.dumps({"choices": [{"message": message, "finish_reason": ended}]}).encode()

    def _send(self, handler: BaseHTTPRequestHandler, content: bytes, status: int = 200) -> None:
        handler.send_response(status)
        if 300 <= status < 400:
            handler.send_header("Location", f"{self.elsewhere}/chat/completions")
        if self.fault == "packed":
            handler.send_header("Content-Encoding", "gzip")
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        try:
            handler.wfile.write(content)
        except OSError:  # who asked has gone
            handler.close_connection = True

    def _keep_waiting(self, handler: BaseHTTPRequestHandler) -> None:
        self.stopped.wait(20)

    def _drip(self, handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        try:
            while not self.stopped.wait(0.05):
                handler.wfile.write(b" ")
        except OSError:
            return

    def _hang_up(self, handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        handler.wfile.write(b'{"choices": ')
        handler.close_connection = True


@contextmanager
def running() -> Iterator[LlmServer]:
    server = LlmServer()
    try:
        yield server
    finally:
        server.close()
