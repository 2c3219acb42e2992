"""The form of a card as a browser sends it: every field that is on the page, changed where told."""

from collections import defaultdict

from lxml import html

SENTENCE = "Nove frazioni hanno chiuso le loro cucine e ne hanno aperta una comune, con due cuochi."
STORY = " ".join([SENTENCE] * 2)


def sent_by(page: str, action: str = "save", **changes: str | list[str]) -> dict[str, list[str]]:
    """``place__name`` stands for the field ``place.name``."""
    form = html.fromstring(page).get_element_by_id("editor").find(".//form[@novalidate]")
    fields: dict[str, list[str]] = defaultdict(list)
    for name, value in form.form_values():
        fields[name].append((value or "").removeprefix("\n"))
    for name, value in changes.items():
        fields[name.replace("__", ".")] = [value] if isinstance(value, str) else value
    return {**fields, "action": [action]}


def complete(page: str, action: str = "save", **changes: str | list[str]) -> dict[str, list[str]]:
    """A whole card; its one source and one actor are to be there already."""
    whole: dict[str, str | list[str]] = {
        "title_en": "Nine villages: one kitchen for all schools",
        "summary": "Nove frazioni hanno chiuso le cucine delle scuole e ne hanno aperta una.",
        "summary_en": "Nine villages closed their school kitchens and opened one.",
        "start": "2018",
        "status": "running",
        "outcome": "mixed",
        "themes": ["public-administration"],
        "sectors": ["smart-cities"],
        "strand": "institutions",
        "place__name": "Valle di Esempio",
        "place__country": "IT",
        **dict.fromkeys(
            ("problem", "solution", "resources", "conditions", "limits", "lessons"), STORY
        ),
        "results_note": "Le fonti non riportano misure.",
        "actors__0__name": "Comuni della valle",
        "actors__0__role": "promotori",
        "sources__0__title": "Kitchens",
        "sources__0__publisher": "Example Press",
        "sources__0__language": "en",
        "sources__0__accessed": "read",
    }
    return sent_by(page, action, **{**whole, **changes})
