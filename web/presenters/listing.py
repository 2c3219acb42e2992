"""Filters, chips and page numbers as values for templates."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from urllib.parse import urlencode

Parameters = list[tuple[str, str]]


@dataclass(frozen=True)
class FilterOption:
    """A value of a filter, its label, its number of items, and whether it is selected."""

    value: str
    label: str
    count: int
    selected: bool


@dataclass(frozen=True)
class FilterGroup:
    """A filter: name of its URL parameter, heading and values."""

    name: str
    heading: str
    options: tuple[FilterOption, ...]

    @property
    def active(self) -> bool:
        return any(option.selected for option in self.options)


@dataclass(frozen=True)
class FilterChip:
    """An active filter, with the address of the page without it."""

    label: str
    url: str


@dataclass(frozen=True)
class PageNumbers:
    """Current and last page, from 1, and the address of each page."""

    current: int
    last: int
    url: Callable[[int], str]

    @property
    def previous(self) -> int | None:
        return self.current - 1 if self.current > 1 else None

    @property
    def next(self) -> int | None:
        return self.current + 1 if self.current < self.last else None

    @property
    def near(self) -> list[int | None]:
        """Page numbers to link: first, last and the neighbours of the current one; None is a
        gap."""
        wanted = {1, self.last, *range(self.current - 1, self.current + 2)}
        numbers = sorted(n for n in wanted if 1 <= n <= self.last)
        out: list[int | None] = []
        for number in numbers:
            if out and out[-1] is not None and number > out[-1] + 1:
                out.append(None)
            out.append(number)
        return out


def number_pages(
    path: str, parameters: Parameters, current: int, total: int, size: int
) -> PageNumbers:
    """Page numbers of a list of ``total`` rows, ``size`` per page."""
    kept = [(name, value) for name, value in parameters if name != "page" and value]
    last = max(1, -(-total // size))

    def url(number: int) -> str:
        return build_address(path, [*kept, ("page", str(number))] if number > 1 else kept)

    return PageNumbers(current, last, url)


def without_parameter(parameters: Parameters, name: str, value: str) -> Parameters:
    """The parameters without one of them, and without the page number."""
    return [(n, v) for n, v in parameters if (n, v) != (name, value) and n != "page" and v]


def build_address(path: str, parameters: Iterable[tuple[str, str]]) -> str:
    query = urlencode(list(parameters))
    return f"{path}?{query}" if query else path


def list_chips(
    path: str, parameters: Parameters, groups: Iterable[FilterGroup]
) -> tuple[FilterChip, ...]:
    """A chip per selected value of each filter."""
    return tuple(
        FilterChip(
            option.label,
            build_address(path, without_parameter(parameters, group.name, option.value)),
        )
        for group in groups
        for option in group.options
        if option.selected
    )
