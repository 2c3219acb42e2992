"""The settings of the language model that writes cited summaries."""

from __future__ import annotations

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings

from kb.domain import Visibility
from kb.setting_rules import names_host

VISIBILITY = "|".join(Visibility)


class LlmSettings(BaseSettings):
    """Part of ``kb.settings.Settings``."""

    llm_url: str | None = Field(
        default=None, pattern=r"^https?://\S+$", examples=["http://127.0.0.1:11434/v1"]
    )
    """Base address of an OpenAI-compatible server that writes cited summaries; default: none are
    offered."""
    llm_model: str | None = Field(default=None, min_length=1, max_length=200)
    """The model's name on that server."""
    llm_api_key: SecretStr | None = None
    llm_timeout_s: int = Field(default=30, ge=1, le=300)
    """Longest time for a summary, in seconds."""
    llm_visibility: str = Field(
        default="public",
        pattern=rf"^({VISIBILITY})(\s*,\s*({VISIBILITY}))*$",
        examples=["public,members"],
    )
    """Visibilities, separated by commas, of the texts that may be sent to the model."""

    @field_validator("llm_url")
    @classmethod
    def _is_server(cls, value: str | None) -> str | None:
        if value is not None and not names_host(value, "http", "https"):
            raise ValueError("no address")
        return value

    @property
    def offers_summaries(self) -> bool:
        """Whether a model is named that writes cited summaries."""
        return bool(self.llm_url and self.llm_model)

    @property
    def llm_visibilities(self) -> frozenset[Visibility]:
        return frozenset(Visibility(one.strip()) for one in self.llm_visibility.split(","))
