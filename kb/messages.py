"""Sentences for people, apart from the language they are shown in, and errors that carry them.

A sentence is an English template and its parameters. The template is the key of the message
catalogues (``web/locale``), so a screen shows it in the reader's language and the log in English.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


def N_(template: str) -> str:
    """Mark a template for the message catalogues and return it unchanged."""
    return template


@dataclass(frozen=True)
class Message:
    """A template with ``{name}`` fields and the values that fill them."""

    template: str
    params: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.template.format(**self.params)

    def translated(self, gettext: Callable[[str], str]) -> str:
        """In the language of ``gettext``; parameters that are messages too."""
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


class KbError(Exception):
    """Something a person can act on. ``message`` says what was wrong and what to do."""

    def __init__(self, template: str, **params: Any) -> None:
        self.message = Message(template, params)
        super().__init__(str(self.message))

    def __reduce__(self) -> tuple[Any, ...]:
        return (_rebuild, (type(self), self.message))


def _rebuild(cls: type[KbError], message: Message) -> KbError:
    return cls(message.template, **message.params)


class PermanentError(KbError):
    """Trying again will not help: the input or the configuration must change."""


class TransientError(KbError):
    """Trying again later may help: a full disk, a locked database, a server that is away."""


class ConfigurationError(PermanentError):
    """A setting or the state of the data folder keeps the program from working."""


class NotFound(Exception):
    """What was asked for does not exist, or the caller may not see it.

    ``message`` says more where there is more to say, for example that an item was removed. Not a
    ``KbError``: code that catches one to show it beside a form must let this through.
    """

    def __init__(self, message: Message | None = None) -> None:
        super().__init__(str(message or ""))
        self.message = message
