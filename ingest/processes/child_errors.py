"""Errors of child processes, each with a message for people."""

from __future__ import annotations

from kb.messages import N_, PermanentError, TransientError


class ChildCrashed(PermanentError):
    """The process crashed: a fault in a reader's native code."""


class ChildTimedOut(PermanentError):
    """The process reported nothing for longer than ``ProcessLimits.silence_s``."""


class ChildTookTooLong(PermanentError):
    """The call exceeded its total time, although it kept reporting."""


class ChildOutOfMemory(PermanentError):
    """The process exceeded ``ProcessLimits.memory_mb``."""


class ChildFailed(PermanentError):
    """The function raised an exception without a message for people."""


class ChildStopped(TransientError):
    """``close`` was called while the function ran."""


class ChildKilled(TransientError):
    """The process was ended from outside: by the kernel's OOM killer, by a signal, or by a
    suspended machine."""


def crashed() -> ChildCrashed:
    return ChildCrashed(
        N_(
            "The file made its reader crash, so it is damaged. Save it again with another"
            " program, or print it to PDF, and upload that."
        )
    )


def failed(reason: str) -> ChildFailed:
    return ChildFailed(
        N_("The file could not be read ({reason}). Save it again and upload that."), reason=reason
    )


def killed() -> ChildKilled:
    return ChildKilled(
        N_(
            "The machine ended the process that worked on this document: it is tried again. If"
            " that goes on, the machine has too little memory."
        )
    )


def stood_still() -> ChildKilled:
    return ChildKilled(
        N_("The process that worked on this document was stopped: it is tried again.")
    )


def took_too_long(within_s: float) -> ChildTookTooLong:
    return ChildTookTooLong(
        N_(
            "Reading took longer than {minutes} minutes and was given up. Split the file into"
            " smaller ones, or have KB_EXTRACT_TOTAL_S raised."
        ),
        minutes=round(within_s / 60),
    )


def timed_out(silence_s: float) -> ChildTimedOut:
    return ChildTimedOut(
        N_(
            "Reading stood still for {seconds} seconds and was given up. The file is damaged or"
            " too intricate: save it again with another program, or print it to PDF, and upload"
            " that."
        ),
        seconds=round(silence_s),
    )


def out_of_memory(megabytes: int) -> ChildOutOfMemory:
    return ChildOutOfMemory(
        N_(
            "Reading the file would take more than {megabytes} MB of memory. Split it into"
            " smaller files and upload those."
        ),
        megabytes=megabytes,
    )


def stopped() -> ChildStopped:
    return ChildStopped(N_("The processing was stopped. It can be started again."))
