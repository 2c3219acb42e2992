"""Translatable messages, and the errors that carry them.

A message is an English template with parameters. The template is the key in the message catalogues
(``web/locale``): pages show it in the user's language, the log in English.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


def N_(template: str) -> str:
    """Mark a template for extraction into the message catalogues; returns it unchanged."""
    return template


@dataclass(frozen=True)
class Message:
    """A template with ``{name}`` fields and their values."""

    template: str
    params: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.template.format(**self.params)

    def translated(self, gettext: Callable[[str], str]) -> str:
        """The text in the language of ``gettext``; parameters that are messages are translated
        too."""
        params = {
            name: value.translated(gettext) if isinstance(value, Message) else value
            for name, value in self.params.items()
        }
        return gettext(self.template).format(**params)

    def as_json(self) -> dict[str, Any]:
        params = {
            name: value.as_json() if isinstance(value, Message) else value
            for name, value in self.params.items()
        }
        return {"template": self.template, "params": params}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Message:
        params = {
            name: cls.from_json(value)
            if isinstance(value, dict) and set(value) == {"template", "params"}
            else value
            for name, value in data["params"].items()
        }
        return cls(data["template"], params)


def describe_duration(seconds: int) -> Message:
    """A duration: in seconds, from two minutes on in minutes, rounded up."""
    if seconds == 1:
        return Message(N_("1 second"))
    if seconds < 120:
        return Message(N_("{count} seconds"), {"count": seconds})
    return Message(N_("{count} minutes"), {"count": -(-seconds // 60)})


class KbError(Exception):
    """An error that a person can act on. ``message``: what was wrong and what to do."""

    def __init__(self, template: str, **params: Any) -> None:
        self.message = Message(template, params)
        super().__init__(str(self.message))

    def __reduce__(self) -> tuple[Any, ...]:
        return (_rebuild, (type(self), self.message))


def _rebuild(cls: type[KbError], message: Message) -> KbError:
    return cls(message.template, **message.params)


class PermanentError(KbError):
    """Retrying does not help: the input or the configuration must change."""


class TransientError(KbError):
    """Retrying later may help: full disk, locked database, unreachable server."""


class ConfigurationError(PermanentError):
    """A setting or the state of the data folder prevents the program from working."""


class ServiceUnavailable(TransientError):
    """A server that the program needs does not answer at the moment. It is asked again until it
    does; what was to be done is not at fault."""


class ServiceRefuses(ConfigurationError):
    """A server that the program needs answers, but is not as it must be: key, version, contents.
    Works again by itself once that is mended."""


class NotFound(Exception):
    """What was asked for does not exist, or the caller may not see it.

    ``message`` says more where there is more to say, for example that an item was removed. Not a
    ``KbError``: code that catches one to show it beside a form must let this through.
    """

    def __init__(self, message: Message | None = None) -> None:
        super().__init__(str(message or ""))
        self.message = message
