"""Examples of requests and answers, by operation, for the OpenAPI description."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

REQUESTS: Mapping[str, Any] = {}
RESPONSES: Mapping[str, Any] = {}
