"""Whether the index on a server is away, so that no job is begun or blamed for it."""

from __future__ import annotations

import threading
import time

import structlog

from kb.messages import ConfigurationError, KbError, ServiceUnavailable
from kb.runtime.services import Services
from kb.vectors.base import IndexFails
from kb.vectors.patience import HASTY, waiting_up_to

ASK_S = 2.0
"""Seconds between two looks whether the index answers again."""

log = structlog.get_logger()


class Outage:
    """Thread-safe. An embedded index is never away."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._access = threading.Lock()
        self._away = False
        self._asked = 0.0

    def is_found(self) -> bool:
        """Whether the index is away: it gives no answer, or a wrong one. It is asked now, unless
        it was found away within the last ``ASK_S`` seconds."""
        if self._services.settings.embedded:
            return False
        with self._access:
            return (self._away and not self._is_due()) or self._ask()

    def explains(self, error: KbError) -> bool:
        """Whether a server that is away is to blame: the one named by the error, or the index. An
        index that fails at one request and answers others is not away."""
        if self.is_found():
            return True
        return isinstance(error, ServiceUnavailable) and not isinstance(error, IndexFails)

    def lasts(self) -> bool:
        """Whether the index was away when it was last asked; asks again every ``ASK_S``."""
        with self._access:
            if self._away and self._is_due():
                self._ask()
            return self._away

    def _is_due(self) -> bool:
        return time.monotonic() > self._asked + ASK_S

    def _ask(self) -> bool:
        was_away = self._away
        try:
            # asked for nobody, so not kept from asking by what people were told
            with waiting_up_to(HASTY.seconds):
                self._services.index.check()
        except (ServiceUnavailable, ConfigurationError) as error:
            self._away = True
            if not was_away:
                log.warning("the index is away: jobs wait", reason=str(error))
        else:
            self._away = False
            if was_away:
                log.info("the index answers again: jobs go on")
        self._asked = time.monotonic()
        return self._away
