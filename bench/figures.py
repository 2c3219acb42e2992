"""How often the sentence that holds a figure is offered first: ``python -m bench.figures FOLDER``.

FOLDER holds the documents that ``figures.tsv`` names. Each row of it is a figure as a card would
give it, with words of the sentence that holds it, chosen by hand before anything was ranked. Each
is looked for in its own document, and in all as if one card cited them. ``--keep`` names a
folder in which the base is kept for the next time, ``--misses`` prints what was not first.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import select

from bench.running import DOCUMENTS, folder_for
from ingest.submit import submit
from ingest.worker import Worker
from kb.practices.card_figures import CardFigure, figures_of
from kb.practices.figure_places import FigurePlace, FoundPlaces, find_places
from kb.runtime.services import Services, open_services
from kb.settings import Settings
from kb.storage.tables import Document

FIGURES = Path(__file__).parent / "figures.tsv"
Row = Mapping[str, str]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("folder", type=Path, nargs="?", default=DOCUMENTS)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--misses", action="store_true")
    asked = parser.parse_args()
    with FIGURES.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    here = [row for row in rows if (asked.folder / row["document"]).is_file()]
    print(f"{len(here)} of {len(rows)} figures have their document in {asked.folder}")
    with folder_for(asked.keep) as folder:
        settings = Settings(_env_file=None, data_dir=folder)  # type: ignore[call-arg]  # its own keyword
        with open_services(settings, own=True) as services:
            _add_documents(services, asked.folder, {row["document"] for row in here})
            _report(services, here, show_misses=asked.misses)


def _add_documents(services: Services, folder: Path, names: set[str]) -> None:
    for name in sorted(names):
        with (folder / name).open("rb") as stream:
            submit(services, stream, name)
    Worker(services).run_until_idle()


def _report(services: Services, rows: Sequence[Row], *, show_misses: bool) -> None:
    with services.database.session() as session:
        documents = {one.filename: one for one in session.scalars(select(Document))}
        for scope in ("its own document", "all documents"):
            ranks = []
            for row in rows:
                searched = documents if scope != "its own document" else _own(documents, row)
                found = find_places(services, session, searched, [_figure(row)])[0]
                rank = _rank(found, row)
                ranks.append(rank)
                if show_misses and rank != 1:
                    _print_miss(row, found, rank)
            _print_counts(scope, ranks)


def _own(documents: Mapping[str, Document], row: Row) -> dict[str, Document]:
    return {row["document"]: documents[row["document"]]}


def _figure(row: Row) -> CardFigure:
    result: dict[str, Any] = {
        "indicator": row["indicator"],
        "indicator_en": row["indicator_en"],
        "value": float(row["value"]),
        "unit": row["unit"],
        "year": int(row["year"]) if row["year"] else None,
    }
    return figures_of({"results": [result]})[0]


def _rank(found: FoundPlaces, row: Row) -> int:
    """The place in the list of the sentence with the words, from 1; 0 if it is not there."""
    wanted = _squeezed(row["words"])
    ranks = (n for n, place in enumerate(found.places, 1) if wanted in _squeezed(place.sentence))
    return next(ranks, 0)


def _squeezed(text: str) -> str:
    return "".join(text.split())


def _print_counts(scope: str, ranks: Sequence[int]) -> None:
    first, third = (sum(0 < rank <= most for rank in ranks) for most in (1, 3))
    offered = sum(map(bool, ranks))
    print(f"in {scope}: first {first}, among three {third}, offered {offered} of {len(ranks)}")


def _print_miss(row: Row, found: FoundPlaces, rank: int) -> None:
    print(f"  {rank or '-'}  {row['indicator']}: {row['value']} {row['unit']}  <{row['words']}>")
    for place in found.places[:2]:
        print(f"       {_summary(place)}")


def _summary(place: FigurePlace) -> str:
    words = " ".join(place.sentence.split())[:150]
    return f"{place.score:.2f} {place.likeness:.2f} p. {place.page} {words}"


if __name__ == "__main__":
    main()
