"""Tells people what newly answers their saved questions: looks when something became searchable."""

from __future__ import annotations

import threading

import structlog

from kb.messages import KbError
from kb.services import Services
from search.saved import find_answers

log = structlog.get_logger()

LOOK_S = 60.0
"""How long a new answer waits at most where another process does the indexing."""


class Watcher:
    """One thread beside the pages."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._stopping = False
        self._thread = threading.Thread(target=self._loop, name="watcher")

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping = True
        self._services.item_ready.set()
        self._thread.join()

    def _loop(self) -> None:
        while not self._stopping:
            self._services.item_ready.wait(LOOK_S)
            self._services.item_ready.clear()
            if not self._stopping and self._services.ready.is_set():
                self._look()

    def _look(self) -> None:
        try:
            for answered in find_answers(self._services):
                log.info("saved question answered", saved=answered.saved_id)
        except KbError as error:
            log.warning("saved questions not asked", reason=str(error))
        except Exception:
            log.exception("saved questions not asked")
