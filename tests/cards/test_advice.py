"""What the form says of a draft beside its fields, and what keeps it from review."""

from lxml import html

from tests.cards.forms import begin, complete, see, sent_by, write


def begun(browser, title: str) -> str:
    return begin(browser, title, "actors", "sources")


def told(page: str, field: str, kind: str) -> str:
    found = html.fromstring(page).xpath(f"//*[@id='{field}-{kind}']")
    return " ".join(found[0].text_content().split()) if found else ""


def test_warnings_stand_beside_their_fields_and_do_not_keep_from_review(as_):
    anna = as_("anna")
    address = begun(anna, "Con avvisi")
    complete(anna, address, sources__0__url="https://www.example.org/")
    assert "home page" in told(see(anna, address, "group-sources"), "sources-0-url", "warning")
    assert "no source has a year" in told(see(anna, address, "as_of"), "as_of", "warning")
    assert "things to look at" in anna.get(f"{address}/check").text
    sent = write(anna, address, "submit")
    assert sent.url.path.startswith("/review/")


def test_errors_stand_beside_their_fields_at_once_and_keep_from_review(as_):
    anna = as_("anna")
    address = begun(anna, "Con errori")
    complete(anna, address, sources__0__url="https://docslib.org/doc/1/x", status="concluded")
    assert "copies of others" in told(see(anna, address, "group-sources"), "sources-0-url", "error")
    page = see(anna, address, "end")
    assert "year in which it ended" in told(page, "end", "error")
    assert "1 thing to mend" in told(page, "state", "what")
    refused = write(anna, address, "submit")
    assert refused.status_code == 422
    assert "copies of others" in refused.text


def test_the_fields_to_act_on_are_kept(as_):
    anna = as_("anna")
    address = begun(anna, "Da riprendere")
    for action in ("add:contact", "add:reuse", "add:results"):
        write(anna, address, action)
    fields = {
        "duration": "18",
        "cost_not_reported": "true",
        "contact__0__office": "Ufficio scuola",
        "contact__0__url": "https://www.example.org/uffici/scuola",
        "reuse__0__kind": "tender",
        "reuse__0__title": "Capitolato",
        "reuse__0__url": "https://www.example.org/capitolato.pdf",
        "results__0__indicator": "Pasti",
        "results__0__indicator_en": "Meals",
        "results__0__value": "233",
        "results__0__measure": "meals",
        "results__0__unit": "pasti al giorno",
        "results__0__unit_en": "meals a day",
        "results__0__denominator": "240",
        "results__0__counted": "bambini",
        "results__0__no_baseline": "new",
        "sources__0__read_on": "2026-11-20",
        "sources__0__read_by": "Ufficio studi",
    }
    complete(anna, address, **fields)
    for name, text in fields.items():
        shown = sent_by(see(anna, address, name))
        assert shown[name.replace("__", ".")] == [text], name
    page = html.fromstring(see(anna, address, "group-results"))
    assert page.xpath("//details[@class='rare-fields']//input[@name='results.0.numerator']")
    assert not page.xpath("//details[@class='rare-fields']//input[@name='results.0.denominator']")
