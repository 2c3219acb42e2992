"""Faults that a test switches on."""

from __future__ import annotations

import re

from pydantic import BaseModel


class Fault(BaseModel, extra="forbid"):
    """What goes wrong, with requests whose "METHOD path" matches ``on``.

    ``times``: how many of them, None: all. ``skip``: requests that are let through before.
    ``held``: the request waits until the fault is switched off.
    ``applied``: whether the request is carried out before its answer is replaced or lost.
    """

    on: str = ""
    times: int | None = None
    skip: int = 0
    status: int | None = None
    retry_after: str | None = None
    body: str | None = None
    delay_s: float = 0.0
    held: bool = False
    drop: bool = False
    applied: bool = False


class Faults:
    """The faults in force."""

    def __init__(self) -> None:
        self.in_force: list[Fault] = []

    def take(self, method: str, path: str) -> Fault | None:
        """The fault that this request meets, counted."""
        for fault in self.in_force:
            if fault.times == 0 or not re.search(fault.on, f"{method} {path}"):
                continue
            if fault.skip:
                fault.skip -= 1
                continue
            if fault.times is not None:
                fault.times -= 1
            return fault
        return None

    def holds(self, fault: Fault) -> bool:
        return fault.held and any(one is fault for one in self.in_force)
