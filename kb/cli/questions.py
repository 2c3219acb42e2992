"""``kb search``: ask from the terminal."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kb.cli.data_folder import ask, require_base
from kb.cli.text import printable

if TYPE_CHECKING:
    from kb.settings import Settings
    from search.similarity.viewpoint import Lens


def register(app: typer.Typer) -> None:
    app.command()(search)


def search(  # noqa: PLR0913, PLR0917 - the options of a command are its arguments
    question: Annotated[str, typer.Argument(help="The question, in any language.")],
    limit: Annotated[int, typer.Option(min=1, max=100, help="Most results.")] = 10,
    lang: Annotated[str | None, typer.Option(help="Only passages in this language.")] = None,
    place: Annotated[str | None, typer.Option(help="ISTAT code of one's municipality.")] = None,
    lens: Annotated[
        str | None, typer.Option(help="general, demographic, territorial or economic.")
    ] = None,
    theme: Annotated[str | None, typer.Option(help="Only this theme.")] = None,
    anywhere: Annotated[
        bool, typer.Option("--anywhere", help="Take a place in the question for a word.")
    ] = False,
    of_any_kind: Annotated[
        bool,
        typer.Option("--any-kind", help="Take territory, residents and costs in it for words."),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="JSON on standard output.")] = False,
) -> None:
    """Find practices and documents that answer a question."""
    from kb.runtime.ownership import find_owner
    from kb.settings import Settings

    settings = Settings.read()
    asked = {
        "q": printable(question),
        "limit": limit,
        "lang": lang,
        "place": place,
        "lens": _lens(lens),
        "theme": _theme(theme),
        "where": "any" if anywhere else None,
        "traits": "any" if of_any_kind else None,
    }
    given = {name: value for name, value in asked.items() if value is not None}
    owner = find_owner(settings.data_dir) if settings.embedded else None
    if owner:
        page = ask(owner, "GET", "/api/v1/search", given).json()
    else:
        page = _ask_here(settings, given)
    if as_json:
        typer.echo(json.dumps(page, ensure_ascii=False, indent=2))
    else:
        _show(page)


def _lens(name: str | None) -> Lens | None:
    from search.similarity.viewpoint import Lens

    if name is None:
        return None
    if name not in list(Lens):
        raise typer.BadParameter(f"choose one of {', '.join(Lens)}", param_hint="--lens")
    return Lens(name)


def _theme(slug: str | None) -> str | None:
    from kb.vocabulary.vocabularies import load

    if slug is not None and slug not in load("themes"):
        raise typer.BadParameter(f"choose one of {', '.join(load('themes'))}", param_hint="--theme")
    return slug


def _ask_here(settings: Settings, given: dict[str, Any]) -> Any:
    from kb.access import OPERATOR
    from kb.filters import choose
    from kb.runtime.services import open_services
    from search.result_json import as_json
    from search.results import Question
    from search.service import search as find
    from search.similarity.viewpoint import Viewpoint

    require_base(settings)
    question = Question(
        text=given["q"],
        page_size=given["limit"],
        filters=choose(
            language=[given["lang"]] if "lang" in given else [],
            theme=[given["theme"]] if "theme" in given else [],
        ),
        viewpoint=Viewpoint(place=given.get("place"), lens=given.get("lens", Viewpoint().lens)),
    )
    question = replace(question, anywhere="where" in given, of_any_kind="traits" in given)
    with open_services(settings, own=settings.embedded) as services:
        return as_json(find(question, services, OPERATOR))


_SAID = {
    "answered": "Answered:",
    "near": "On the subject, but no text answers in full:",
    "nothing": "Nothing in the knowledge base answers this; the nearest:",
}
_WORDS_ONLY = (
    "For the moment only the words of the question are searched for, not its meaning; results may"
    " be missing:"
)


def _show_place(place: dict[str, Any]) -> None:
    names = " and ".join(one["name"] for one in place["places"])
    where = f"{'near' if place['near'] else 'in'} {names}"
    said = f"{place['relevant']} of {place['practices']} practices {where}"
    nearest = ", ".join(f"{one['place']} ({one['distance_km']} km)" for one in place["nearest"])
    typer.echo(f"{said}; the nearest: {nearest}" if nearest else said, err=True)


def _show(page: dict[str, Any]) -> None:
    if page["did_you_mean"]:
        typer.echo(f"Did you mean: {page['did_you_mean']}", err=True)
    if page["place"]:
        _show_place(page["place"])
    typer.echo(_SAID[page["verdict"]] if page["by_meaning"] else _WORDS_ONLY, err=True)
    for number, result in enumerate(page["results"], start=1):
        typer.echo(f"{number:3}. {result['title']}  [{result['kind']}, {result['score']:.3f}]")
        for passage in result["passages"][:1]:
            first, last = passage["page_first"], passage["page_last"]
            pages = "" if first is None else f"p. {first}" + (f"–{last}" if last != first else "")
            typer.echo(f"     {' · '.join(filter(None, (pages, passage['heading'])))}")
            typer.echo(f"     {' '.join(passage['text'].split())[:300]}")
