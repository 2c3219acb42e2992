"""Cards written on the site: drafts that nobody finds, review by a second person, what changed."""

from pathlib import Path

import pytest
from lxml import html
from sqlalchemy import select
from starlette.datastructures import FormData

from kb.corpus.card_files import load_corpus
from kb.corpus.loading import load
from kb.practices.practice import Practice, find_broken_rules
from kb.practices.validation import validate_record
from kb.storage.accounts import AuditEntry
from kb.storage.revisions import PracticeRevision
from kb.storage.tables import Item, PracticeRow
from tests.cards.conftest import CARDS
from tests.cards.forms import SENTENCE, begin, complete, draft_of, see, sent_by, step_of, write
from web.forms.card_filling import fill_form
from web.forms.card_reading import merge, read
from web.forms.card_steps import STEPS
from web.rendering.i18n import load_locales

CORPUS = Path(__file__).parents[2] / "corpus"
CONTARINA = "contarina-tariffa-puntuale"
TITLE = "Nove frazioni: una cucina per tutte le scuole"


def begun(browser, title=TITLE):
    """Address of a new draft with an empty source and an empty actor."""
    return begin(browser, title, "sources", "actors")


def words(page, xpath):
    return " ".join(" ".join(html.fromstring(page).xpath(f"{xpath}//text()")).split())


@pytest.fixture
def published(as_, work):
    """Publishes a card of its own and takes it out of the base afterwards."""
    ids = []

    def publish(title, **changes):
        anna = as_("anna")
        address = begun(anna, title)
        sent = complete(anna, address, "submit", **changes)
        assert sent.url.path.startswith("/review/"), words(sent.text, "//*[@role='alert']")
        bruno = as_("bruno")
        seen = bruno.get(sent.url.path).text
        version = html.fromstring(seen).xpath("//input[@name='version']/@value")[0]
        done = bruno.post(sent.url.path, data={"version": version, "decision": "approve"})
        assert done.url.path.startswith("/practices/")
        ids.append(done.url.path.removeprefix("/practices/"))
        return ids[-1]

    yield publish
    for practice_id in ids:
        as_("bruno").post(f"/practices/{practice_id}/withdraw", data={"note": "Test."})
    work()


@pytest.mark.parametrize("code", list(load_locales()))
def test_the_form_gives_back_every_card_of_the_corpus_as_it_is(code):
    for practice in load_corpus(CORPUS).practices:
        record = practice.model_dump(mode="json")
        values, reader = {"id": practice.id}, load_locales()[code]
        for step in STEPS:
            filled = fill_form(record, reader, sections=step.sections)
            values = merge(values, step, read(FormData(list(as_sent(filled))), reader, step))
        assert validate_record(Practice, values, find_broken_rules) == (practice, [])


def as_sent(sections):
    for section in sections:
        groups = [(f"{g.group.name}.count", str(len(g.entries))) for g in section.groups]
        entries = [entry for group in section.groups for entry in group.entries]
        fields = [*section.fields, *(field for entry in entries for field in entry.fields)]
        yield from groups
        for field in fields:
            many = isinstance(field.value, list)
            yield from ((field.path, value) for value in (field.value if many else [field.value]))


def test_a_draft_keeps_what_is_incomplete_and_nobody_finds_it(as_, services):
    anna = as_("anna")
    address = begun(anna, "Una bozza soltanto")
    write(anna, address, summary="Appena cominciata", place__population="soon")
    page = see(anna, address, "summary")
    assert "Appena cominciata" in page
    assert 'value="soon"' in page
    with services.database.session() as session:
        assert session.get(Item, "una-bozza-soltanto") is None
    for reader in (None, "olga"):
        browser = as_(reader)
        assert browser.get("/practices/una-bozza-soltanto").status_code == 404
        assert "Una bozza" not in browser.get("/practices").text
        assert "Una bozza" not in browser.get(address).text
        assert "Una bozza" not in browser.get("/drafts").text
    assert as_("bruno").get(address).status_code == 200
    assert as_("anna").post(f"{address}/delete").url.path == "/drafts"
    assert "Una bozza" not in as_("anna").get("/drafts").text


def test_every_broken_rule_is_named_in_the_last_step_and_at_its_field(as_):
    anna = as_("anna")
    address = begun(anna, "Una scheda sbagliata")
    wrong = {"problem": "parola " * 200, "start": "soon", "themes": [], "actors__0__role": ""}
    nowhere = {"place__name": "", "place__country": ""}
    answer = complete(anna, address, "submit", **wrong, **nowhere)
    assert answer.status_code == 422
    told = html.fromstring(answer.text).xpath("//*[@id='problems']//a/@href")
    led = {link.rpartition("#")[2]: link for link in told}
    assert {"problem", "start", "themes", "actors-0-role", "place-country"} <= led.keys()
    for field, link in led.items():
        tree = html.fromstring(anna.get(link).text)
        control = tree.get_element_by_id(field)
        if field in ("problem", "start", "actors-0-role"):
            assert control.get("aria-invalid") == "true"
            assert control.get("data-focus") is not None
            assert f"{field}-error" in control.get("aria-describedby").split()
        assert tree.get_element_by_id(f"{field}-error") is not None
    page = see(anna, address, "problem")
    assert "200 words: at most 160" in words(page, "//*[@id='problem-error']")
    assert "parola parola" in page
    anna.post(f"{address}/delete")


def test_each_step_says_in_words_what_is_missing_and_nothing_of_it_in_red(as_):
    anna = as_("anna")
    address = begin(anna, "Passo per passo")
    page = anna.get(address)
    assert page.url.path == f"{address}/what"
    assert "field-error" not in page.text
    state = words(page.text, "//*[@id='state-what']")
    assert state.startswith("Missing: in one sentence, year it began, status and ")
    assert "add a result" not in state
    assert words(page.text, "//*[@id='state-english']").startswith("Optional until the review.")
    assert words(page.text, "//*[@id='state-limits']") == "Missing: limits, lessons"
    write(anna, address, limits=SENTENCE, lessons=SENTENCE)
    assert words(see(anna, address, "limits"), "//*[@id='state-limits']") == "Complete"
    back = anna.post(f"{address}/limits", data=sent_by(see(anna, address, "limits"), "back"))
    assert back.url.path == f"{address}/costs"
    there = anna.post(f"{address}/costs", data=sent_by(back.text, "go:sources"))
    assert there.url.path == f"{address}/sources"
    nowhere = anna.post(f"{address}/sources", data=sent_by(there.text, "go:nowhere"))
    assert nowhere.url.path == f"{address}/sources"
    assert anna.get(f"{address}/nowhere").status_code == 404
    anna.post(f"{address}/delete")


def test_a_step_saves_itself_and_tells_when_somebody_else_saved_it(as_):
    anna = as_("anna")
    address = begun(anna, "Salvata da sola")
    step = f"{address}/what"
    mine, other = anna.get(step).text, anna.get(step).text
    htmx = {"HX-Request": "true"}
    saved = anna.post(step, data=sent_by(mine, "auto", summary="Da sola"), headers=htmx)
    assert "Saved at " in saved.text
    assert "editor" not in saved.text
    assert "Missing: year it began" in words(f"<div>{saved.text}</div>", "//*[@id='state-what']")
    shown = html.fromstring(saved.text).xpath("//input[@id='shown']/@value")
    again = sent_by(mine, "auto", summary="Da sola, due volte", shown=shown)
    assert "Saved at " in anna.post(step, data=again, headers=htmx).text
    stale = sent_by(other, "auto", summary="Da un'altra finestra")
    late = as_("anna").post(step, data=stale, headers=htmx)
    assert "You saved this step in another window" in late.text
    bruno = as_("bruno").post(step, data=stale, headers=htmx)
    assert "Anna saved this draft while you were writing" in bruno.text
    assert "due volte" in see(as_("anna"), address, "summary")
    other_step = as_("bruno").post(f"{address}/story", data=sent_by(see(anna, address, "problem")))
    assert other_step.status_code == 200
    anna.post(f"{address}/delete")


def test_two_who_write_different_steps_at_once_both_save(as_):
    anna = as_("anna")
    address = begun(anna, "A quattro mani, in due passi")
    what = anna.get(f"{address}/what").text
    write(as_("bruno"), address, problem="Le parole di Bruno")
    answer = as_("anna").post(f"{address}/what", data=sent_by(what, summary="Le parole di Anna"))
    assert answer.status_code == 200
    assert "Le parole di Bruno" in see(anna, address, "problem")
    assert "Le parole di Anna" in see(anna, address, "summary")
    anna.post(f"{address}/delete")


def test_a_card_is_published_by_a_second_person_and_then_found(as_, published, work, services):
    practice_id = published(TITLE)
    assert practice_id == "nove-frazioni-una-cucina-per-tutte-le-scuole"
    work()
    found = as_(None).get("/api/v1/search", params={"q": "cucina comune per le scuole"}).json()
    assert found["results"][0]["id"] == practice_id
    assert "Nine villages" in as_(None).get("/practices").text
    with services.database.session() as session:
        entries = session.scalars(
            select(AuditEntry).where(AuditEntry.subject_id == practice_id).order_by(AuditEntry.id)
        ).all()
    assert [(entry.action, entry.account_name) for entry in entries] == [
        ("draft.create", "anna"), ("practice.submit", "anna"), ("practice.published", "bruno"),
    ]  # fmt: skip


def test_nobody_approves_what_they_wrote_and_a_returned_card_says_why(as_):
    anna = as_("anna")
    address = begun(anna, "Una scheda da rivedere")
    sent = complete(anna, address, "submit")
    review = sent.url.path
    version = html.fromstring(as_("bruno").get(review).text).xpath(
        "//input[@name='version']/@value"
    )[0]
    own = as_("anna").post(review, data={"version": version, "decision": "approve"})
    assert own.status_code == 422
    assert "somebody who did not write it" in own.text
    assert as_("olga").get(review).status_code == 403
    without = as_("bruno").post(review, data={"version": version, "decision": "return"})
    assert without.status_code == 422
    note = "Manca la fonte del prezzo."
    late = {"version": str(int(version) - 1), "decision": "return", "note": note}
    refused = as_("bruno").post(review, data=late)
    assert refused.status_code == 422
    assert words(refused.text, "//textarea[@id='note']") == note
    as_("bruno").post(review, data={"version": version, "decision": "return", "note": note})
    meanwhile = as_("bruno").post(
        review, data={"version": version, "decision": "return", "note": "Una seconda nota."}
    )
    assert meanwhile.status_code == 422
    assert "no longer under review" in words(meanwhile.text, "//*[@id='problem']")
    assert "Una seconda nota." in words(meanwhile.text, "//main")
    assert note in as_("anna").get(address).text
    assert "Una scheda da rivedere" not in as_("anna").get("/review").text
    as_("anna").post(f"{address}/delete")


COST = {
    "costs__0__kind": "investment",
    "costs__0__text": "Cucina comune",
    "costs__0__amount": "1422",
    "costs__0__currency": "EUR",
    "costs__0__evidence": "primary",
}
RESULT = {
    "results__0__indicator": "Pasti",
    "results__0__indicator_en": "Meals",
    "results__0__value_text": "20 o 25 secondo la fonte",
    "results__0__unit": "pasti (circa)",
    "results__0__unit_en": "meals",
    "results__0__nature": "measured",
    "results__0__evidence": "primary",
}


def test_who_reviews_reads_the_amount_and_a_unit_with_a_qualifier_is_refused(as_):
    anna = as_("anna")
    address = begun(anna, "Una cucina e il suo prezzo")
    complete(anna, address)
    write(anna, address, "add:costs")
    page = write(anna, address, "add:results").text
    source = html.fromstring(page).xpath("//select[@id='results-0-source']/option/@value")[-1]
    given = {**COST, **RESULT, "costs__0__source": source, "results__0__source": source}
    refused = complete(anna, address, "submit", **given)
    assert refused.status_code == 422
    error = words(see(anna, address, "results__0__unit"), "//*[@id='results-0-unit-error']")
    assert "pasti (circa)" in error
    sent = write(anna, address, "submit", results__0__unit="pasti")
    shown = words(as_("bruno").get(sent.url.path).text, "//main")
    assert "1,422 euros Cucina comune" in shown
    assert "20 or 25 meals, depending on the source" in shown
    as_("anna").post(f"{address}/recall")
    as_("anna").post(f"{address}/delete")


def test_two_who_write_at_once_lose_nothing(as_):
    anna = as_("anna")
    address = begun(anna, "Scritta a quattro mani")
    step = step_of(address, "summary")
    page = anna.get(step).text
    as_("bruno").post(step, data=sent_by(page, summary="Le parole di Bruno"))
    answer = as_("anna").post(step, data=sent_by(page, summary="Le parole di Anna"))
    assert answer.status_code == 409
    assert "Bruno saved this draft while you were writing" in answer.text
    assert "Le parole di Bruno" in words(answer.text, "//*[@id='overtaken']")
    assert words(answer.text, "//textarea[@id='summary']") == "Le parole di Anna"
    assert "Le parole di Bruno" in anna.get(step).text
    anna.post(step, data=sent_by(answer.text))
    assert "Le parole di Anna" in anna.get(step).text
    anna.post(f"{address}/delete")


def test_an_old_page_of_the_last_step_does_not_widen_who_may_read_the_card(as_):
    anna = as_("anna")
    address = begun(anna, "Per pochi lettori")
    check = f"{address}/check"
    page = anna.get(check).text
    as_("bruno").post(check, data=sent_by(page, visibility="researchers"))
    answer = as_("anna").post(check, data=sent_by(page, "back"))
    assert answer.status_code == 409
    assert "Bruno saved this draft while you were writing" in answer.text
    chosen = "//input[@name='visibility' and @checked]/@value"
    assert html.fromstring(answer.text).xpath(chosen) == ["researchers"]
    assert anna.post(check, data=sent_by(answer.text, visibility="public")).status_code == 200
    auto = sent_by(anna.get(check).text, "auto", visibility="members")
    saved = anna.post(check, data=auto, headers={"HX-Request": "true"})
    shown = html.fromstring(saved.text).xpath("//input[@id='shown']/@value")
    again = anna.post(check, data={**auto, "action": ["save"], "shown": shown})
    assert html.fromstring(again.text).xpath(chosen) == ["members"]
    anna.post(f"{address}/delete")


@pytest.mark.parametrize("practice_id", CARDS)
def test_who_reads_through_the_steps_changes_nothing_and_wrote_nothing(as_, services, practice_id):
    anna = as_("anna")
    address = draft_of(anna.post(f"/practices/{practice_id}/edit").url.path)
    bruno = as_("bruno")
    page = bruno.get(f"{address}/what")
    before = page.text
    for _ in STEPS[1:]:
        page = bruno.post(page.url.path, data=sent_by(page.text, "next"))
        assert page.status_code == 200
    assert page.url.path == f"{address}/check"
    with services.database.session() as session:
        revision = session.get(PracticeRevision, address.rpartition("/")[2])
        assert [one["name"] for one in revision.contributors] == ["Anna"]
    assert "-derived" not in before
    anna = as_("anna")
    anna.post(f"{address}/delete")


def test_an_entry_beyond_the_most_is_refused_in_words(as_):
    anna = as_("anna")
    address = begun(anna, "Troppe voci")
    many = {"costs.count": ["60"]}
    step = step_of(address, "group-costs")
    anna.post(step, data={**sent_by(anna.get(step).text), **many})
    refused = write(anna, address, "add:costs")
    assert refused.status_code == 422
    assert "at most 60" in words(refused.text, "//*[@id='refused']")
    anna.post(f"{address}/delete")


@pytest.mark.parametrize(
    ("typed", "kept"), [("12.345", "12345"), ("350.5", "350.5"), ("12.34", "12.34")]
)
def test_a_whole_number_does_not_swallow_a_decimal_mark(as_, typed, kept):
    anna = as_("anna")
    address = begun(anna, "Un numero intero")
    write(anna, address, place__population=typed)
    shown = html.fromstring(see(anna, address, "place__population"))
    assert shown.get_element_by_id("place-population").value == kept
    anna.post(f"{address}/delete")


def test_words_for_a_draft_that_is_gone_come_back(as_):
    anna = as_("anna")
    address = begun(anna, "Eliminata nel frattempo")
    step = step_of(address, "summary")
    page = anna.get(step).text
    as_("bruno").post(f"{address}/delete")
    answer = as_("anna").post(step, data=sent_by(page, summary="Parole da non perdere"))
    assert answer.status_code == 422
    assert "it was deleted" in words(answer.text, "//*[@id='refused']")
    assert words(answer.text, "//textarea[@id='summary']") == "Parole da non perdere"


def test_a_card_that_is_being_changed_stays_public_until_the_new_version_is(as_, services, folder):
    anna = as_("anna")
    address = draft_of(anna.post(f"/practices/{CONTARINA}/edit").url.path)
    assert draft_of(anna.post(f"/practices/{CONTARINA}/edit").url.path) == address
    sent = write(anna, address, "submit", title="Un titolo cambiato qui")
    assert "Un titolo cambiato qui" not in as_(None).get(f"/practices/{CONTARINA}?text=it").text
    bruno = as_("bruno")
    shown = bruno.get(sent.url.path).text
    assert "Un titolo cambiato qui" in words(shown, "//table[contains(@class, 'changes')]//ins")
    version = html.fromstring(shown).xpath("//input[@name='version']/@value")[0]
    bruno.post(sent.url.path, data={"version": version, "decision": "approve"})
    assert "Un titolo cambiato qui" in as_(None).get(f"/practices/{CONTARINA}?text=it").text
    told = words(as_("anna").get(f"/practices/{CONTARINA}/history").text, "//ol[@reversed]")
    assert "Written by Anna" in told
    assert "Approved by Bruno" in told
    assert "From the starter corpus" in told
    assert "1 change" in told
    listed = as_("anna").get(f"/api/v1/practices/{CONTARINA}/revisions").json()["revisions"]
    assert [(one["state"], one["public"]) for one in listed] == [
        ("published", True), ("published", False),
    ]  # fmt: skip
    assert (listed[0]["written_by"], listed[0]["decided_by"]) == (["Anna"], "Bruno")
    assert (listed[1]["written_by"], listed[1]["changes"]) == ([], [])
    assert "Un titolo cambiato qui" in listed[0]["changes"][0]
    assert as_("anna").get("/api/v1/practices/none/revisions").status_code == 404
    assert as_(None).get(f"/api/v1/practices/{CONTARINA}/revisions").status_code == 401

    loaded = load(services, folder)
    assert loaded.kept == (CONTARINA,)
    assert "Un titolo cambiato qui" in as_(None).get(f"/practices/{CONTARINA}?text=it").text


def test_a_card_that_is_published_anew_is_found_meanwhile(as_, published, work):
    title = "Il forno comune riacceso dalle famiglie"
    practice_id = published(title)
    work()
    anna = as_("anna")
    address = draft_of(anna.post(f"/practices/{practice_id}/edit").url.path)
    sent = write(anna, address, "submit", title=f"{title} ogni sabato")
    bruno = as_("bruno")
    shown = bruno.get(sent.url.path).text
    version = html.fromstring(shown).xpath("//input[@name='version']/@value")[0]
    bruno.post(sent.url.path, data={"version": version, "decision": "approve"})
    found = as_(None).get("/api/v1/search", params={"q": title}).json()["results"]
    assert practice_id in [result["id"] for result in found]


def test_the_corpus_names_cards_whose_file_is_gone_and_removes_them_when_asked(
    services, folder, tmp_path, as_
):
    gone = "danimarca-fusioni-2007"
    (tmp_path / "practices").mkdir()
    for path in (folder / "practices").glob("*.md"):
        if path.stem != gone:
            (tmp_path / "practices" / path.name).write_bytes(path.read_bytes())
    assert load(services, tmp_path).gone == (gone,)
    assert as_(None).get(f"/practices/{gone}").status_code == 200
    assert load(services, tmp_path, prune=True).removed
    assert as_(None).get(f"/practices/{gone}").status_code == 404
    assert gone in load(services, folder).changed
    assert as_(None).get(f"/practices/{gone}").status_code == 200


def test_a_withdrawn_card_is_found_by_nobody_and_can_be_begun_again(as_, published, work, folder):
    practice_id = published("Una pratica ritirata")
    work()
    bruno = as_("bruno")
    refused = bruno.post(f"/practices/{practice_id}/withdraw", data={"note": " "})
    assert refused.status_code == 422
    bruno.post(f"/practices/{practice_id}/withdraw", data={"note": "La fonte era falsa."})
    assert as_(None).get(f"/practices/{practice_id}").status_code == 404
    history = as_("anna").get(f"/practices/{practice_id}/history")
    assert "La fonte era falsa." in history.text
    work()
    address = draft_of(as_("anna").post(f"/practices/{practice_id}/edit").url.path)
    assert "Una pratica ritirata" in as_("anna").get(step_of(address, "title")).text
    as_("anna").post(f"{address}/delete")


def test_entries_are_added_and_taken_out_and_a_municipality_brings_its_facts(as_):
    anna = as_("anna")
    address = begun(anna, "Gruppi")
    for _ in range(2):
        answer = write(anna, address, "add:results")
    assert 'id="results-1" open' in answer.text
    write(anna, address, "remove:results:0", results__1__indicator="Il secondo")
    tree = html.fromstring(see(anna, address, "group-results"))
    assert tree.get_element_by_id("results-0-indicator").value == "Il secondo"
    assert len(tree.xpath("//details[starts-with(@id, 'results-')]")) == 1
    step = f"{address}/what"
    found = anna.post(step, data=sent_by(anna.get(step).text, "save", find="monteroni d'a"))
    code = html.fromstring(found.text).xpath("//button[starts-with(@value, 'place:')]/@value")[0]
    page = anna.post(step, data=sent_by(found.text, code)).text
    tree = html.fromstring(page)
    assert tree.get_element_by_id("place-name").value == "Monteroni d'Arbia"
    assert tree.get_element_by_id("place-population").value != ""
    assert tree.get_element_by_id("place-country").value == "IT"
    told = words(page, "//*[@id='place-population-derived']")
    assert told == "Taken from ISTAT, censimento 2011: check it."
    page = write(anna, address, place__population="9000").text
    assert "place-population-derived" not in page
    assert "place-region-derived" in page
    anna.post(f"{address}/delete")


def test_numbers_are_read_as_the_reader_writes_them(as_):
    anna = as_("anna")
    address = begun(anna, "Numeri")
    step = f"{address}/results"
    for code, typed in (("it", "1.234,5"), ("en", "1,234.5")):
        write(anna, address, "add:results")
        page = anna.get(f"{step}?lang={code}").text
        anna.post(f"{step}?lang={code}", data=sent_by(page, results__0__value=typed))
        shown = html.fromstring(anna.get(f"{step}?lang=en").text)
        assert shown.get_element_by_id("results-0-value").value == "1234.5"
    anna.post(f"{address}/delete")


def test_the_list_is_filtered_by_outcome_status_and_evidence(as_):
    browser = as_(None)
    null = browser.get("/practices?outcome=null").text
    assert "danimarca-fusioni-2007" in null
    assert CONTARINA not in null
    api = browser.get("/api/v1/practices", params={"evidence": "primary"}).json()
    assert api["total"] == 3
    assert browser.get("/api/v1/practices?evidence=unverified").json()["total"] == 0
    assert browser.get("/api/v1/practices?status=stopped").json()["total"] == 0


def test_cards_that_were_checked_long_ago_are_listed(as_, services, published):
    practice_id = published("Controllata nel 2019", sources__0__read_on="2019-05-01")
    anna = as_("anna")
    assert practice_id in anna.get("/drafts/to-check").text
    assert CONTARINA not in anna.get("/drafts/to-check").text
    assert "look at them again" in anna.get(f"/practices/{practice_id}").text
    assert "look at them again" not in as_(None).get(f"/practices/{practice_id}").text
    with services.database.transaction() as session:
        card = session.get_one(PracticeRow, CONTARINA)
        noted, card.verified_on = card.verified_on, None
    listed = as_("anna").get("/drafts/to-check").text
    assert listed.index(f"/practices/{CONTARINA}") < listed.index(f"/practices/{practice_id}")
    with services.database.transaction() as session:
        session.get_one(PracticeRow, CONTARINA).verified_on = noted


ODD = ("--5", "-", "9" * 30, "9" * 5000, "nan", "-inf", "1e999", "\x00", "\u0661", "½", "secret")


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize(
    ("step", "name"),
    [
        ("what", "shown"),
        ("check", "visibility"),
        ("what", "start"),
        ("costs", "costs__0__amount"),
        ("sources", "sources__count"),
        ("what", "title"),
        ("what", "place__name"),
        ("what", "find"),
        ("sources", "find"),
    ],
)
def test_nothing_typed_into_a_field_breaks_the_draft(as_, step, name, odd):
    anna = as_("anna")
    address = begun(anna)
    write(anna, address, "add:costs")
    sent = sent_by(anna.get(f"{address}/{step}").text, **{name: odd})
    expected = (409,) if name == "shown" else (200, 422)
    assert anna.post(f"{address}/{step}", data=sent).status_code in expected
    assert anna.get(f"{address}/{step}").status_code == 200
    anna.post(f"{address}/delete")


@pytest.mark.parametrize(
    "action",
    [
        "remove:sources:" + "9" * 5000, "remove:nothing:0", "add:nothing", "place:999999", "go:",
        "document:", "document:no-such", "result:no-such:key", "cost:", "result", "back", "\x00",
    ],
)  # fmt: skip
def test_no_button_that_is_not_there_breaks_the_draft(as_, action):
    anna = as_("anna")
    address = begun(anna)
    sent = sent_by(anna.get(f"{address}/sources").text, action)
    assert anna.post(f"{address}/sources", data=sent).status_code in (200, 422)
    anna.post(f"{address}/delete")
