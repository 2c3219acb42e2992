"""The steps of a card as a browser sends them: every field that is on the page, changed where
told."""

from collections import defaultdict

from fastapi.testclient import TestClient
from httpx import Response
from lxml import html

from web.forms.card_steps import CHECK, STEPS, find_step

SENTENCE = "Nove frazioni hanno chiuso le loro cucine e ne hanno aperta una comune, con due cuochi."
STORY = " ".join([SENTENCE] * 2)
WHOLE: dict[str, str | list[str]] = {
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
    **dict.fromkeys(("problem", "solution", "resources", "conditions", "limits", "lessons"), STORY),
    "results_note": "Le fonti non riportano misure.",
    "actors__0__name": "Comuni della valle",
    "actors__0__role": "promotori",
    "sources__0__title": "Kitchens",
    "sources__0__publisher": "Example Press",
    "sources__0__language": "en",
    "sources__0__accessed": "read",
}
"""A whole card, whose one source and one actor are to be there already."""


def sent_by(page: str, action: str = "save", **changes: str | list[str]) -> dict[str, list[str]]:
    """What the form of a step sends. ``place__name`` stands for the field ``place.name``."""
    form = html.fromstring(page).get_element_by_id("editor").find(".//form[@novalidate]")
    fields: dict[str, list[str]] = defaultdict(list)
    for name, value in form.form_values():
        fields[name].append((value or "").removeprefix("\n"))
    for name, value in changes.items():
        fields[name.replace("__", ".")] = [value] if isinstance(value, str) else value
    return {**fields, "action": [action]}


def begin(browser: TestClient, title: str, *groups: str) -> str:
    """Address of a new draft with an empty entry in each of the groups."""
    address = draft_of(browser.post("/practices/new", data={"title": title}).url.path)
    for group in groups:
        write(browser, address, f"add:{group}")
    return address


def draft_of(path: str) -> str:
    """The address of a draft without its step."""
    return "/".join(path.split("/")[:3])


def step_of(address: str, field: str) -> str:
    """Address of the step that has a field, ``results__0__unit`` or ``group-results``."""
    step = find_step(field.replace("__", "-"))
    return f"{address}/{step.id if step else CHECK}"


def see(browser: TestClient, address: str, field: str, at: str = "") -> str:
    """The step that has the field; ``at``: with what is missing told beside its fields."""
    return browser.get(step_of(address, field), params={"at": at} if at else {}).text


def write(
    browser: TestClient, address: str, action: str = "save", **changes: str | list[str]
) -> Response:
    """Fill in fields, each in its step, and press a button of the step that has it."""
    steps = dict.fromkeys(step_of(address, name) for name in changes)
    ordered = [f"{address}/{step.id}" for step in STEPS if f"{address}/{step.id}" in steps]
    last = _step_of_action(address, action) or (ordered or [f"{address}/what"])[-1]
    for step in ordered:
        told = {name: text for name, text in changes.items() if step_of(address, name) == step}
        if step != last:
            answer = browser.post(step, data=sent_by(browser.get(step).text, **told))
            assert answer.status_code == 200, step
    own = {name: text for name, text in changes.items() if step_of(address, name) == last}
    return browser.post(last, data=sent_by(browser.get(last).text, action, **own))


def complete(
    browser: TestClient, address: str, action: str = "save", **changes: str | list[str]
) -> Response:
    """Write a whole card; its one source and one actor are to be there already."""
    return write(browser, address, action, **{**WHOLE, **changes})


def _step_of_action(address: str, action: str) -> str:
    verb, _, rest = action.partition(":")
    if verb == "submit":
        return f"{address}/{CHECK}"
    if verb in ("add", "remove"):
        return step_of(address, f"group-{rest.partition(':')[0]}")
    steps = {"find": "what", "place": "what", "document": "sources", "result": "results"}
    return f"{address}/{steps[verb]}" if verb in steps else ""
