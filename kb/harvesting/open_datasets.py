"""Datasets offered as files, and the catalogue of them, as plain values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class DataFile:
    """A distribution: the address of a file, its format in the table of file types, media type."""

    path: str
    format: str
    media_type: str


@dataclass(frozen=True)
class OpenDataset:
    """``titles`` and ``descriptions`` by language; ``themes``: codes of the table of data themes.

    ``landing_page``: path of the page where people see the same.
    """

    id: str
    titles: Mapping[str, str]
    descriptions: Mapping[str, str]
    themes: Sequence[str]
    keywords: Sequence[str]
    files: Sequence[DataFile]
    landing_page: str


@dataclass(frozen=True)
class OpenDataCatalogue:
    """``site``: address without a trailing slash; ``licence``: an address, empty if none is named.

    ``mail``: of who answers for the data; empty if unknown.
    """

    site: str
    host: str
    mail: str
    licence: str
    issued: date
    modified: date
    datasets: Sequence[OpenDataset]
