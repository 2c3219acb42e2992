"""What the form says of a draft beside its fields, and what keeps it from review."""

from lxml import html

from tests.cards.forms import complete, sent_by


def begun(browser, title: str) -> str:
    address = browser.post("/practices/new", data={"title": title}, follow_redirects=False).headers[
        "location"
    ]
    for action in ("add:actors", "add:sources"):
        browser.post(address, data=sent_by(browser.get(address).text, action))
    return address


def told(page: str, field: str, kind: str) -> str:
    found = html.fromstring(page).xpath(f"//*[@id='{field}-{kind}']")
    return " ".join(found[0].text_content().split()) if found else ""


def test_warnings_stand_beside_their_fields_and_do_not_keep_from_review(as_):
    anna = as_("anna")
    address = begun(anna, "Con avvisi")
    page = anna.get(address).text
    anna.post(address, data=complete(page, sources__0__url="https://www.example.org/"))
    page = anna.get(address).text
    assert "home page" in told(page, "sources-0-url", "warning")
    assert "no source has a year" in told(page, "as_of", "warning")
    assert "things to look at" in page
    sent = anna.post(address, data=sent_by(page, "submit"), follow_redirects=False)
    assert sent.headers["location"].startswith("/review/")


def test_errors_stand_beside_their_fields_at_once_and_keep_from_review(as_):
    anna = as_("anna")
    address = begun(anna, "Con errori")
    page = anna.get(address).text
    copy = complete(page, sources__0__url="https://docslib.org/doc/1/x", status="concluded")
    anna.post(address, data=copy)
    page = anna.get(address).text
    assert "copies of others" in told(page, "sources-0-url", "error")
    assert "year in which it ended" in told(page, "end", "error")
    assert "to be mended before it is sent to review" in page
    refused = anna.post(address, data=sent_by(page, "submit"))
    assert refused.status_code == 422
    assert "copies of others" in refused.text


def test_the_fields_to_act_on_are_kept(as_):
    anna = as_("anna")
    address = begun(anna, "Da riprendere")
    for action in ("add:contact", "add:reuse", "add:results"):
        anna.post(address, data=sent_by(anna.get(address).text, action))
    sent = complete(
        anna.get(address).text,
        duration="18",
        cost_not_reported="true",
        contact__0__office="Ufficio scuola",
        contact__0__url="https://www.example.org/uffici/scuola",
        reuse__0__kind="tender",
        reuse__0__title="Capitolato",
        reuse__0__url="https://www.example.org/capitolato.pdf",
        results__0__indicator="Pasti",
        results__0__indicator_en="Meals",
        results__0__value="233",
        results__0__measure="meals",
        results__0__unit="pasti al giorno",
        results__0__unit_en="meals a day",
        results__0__denominator="240",
        results__0__counted="bambini",
        results__0__no_baseline="new",
        sources__0__read_on="2026-11-20",
        sources__0__read_by="Ufficio studi",
    )
    anna.post(address, data=sent)
    shown = sent_by(anna.get(address).text)
    for name in ("duration", "contact.0.office", "reuse.0.kind", "results.0.measure"):
        assert shown[name] == sent[name], name
    assert shown["cost_not_reported"] == ["true"]
    assert shown["results.0.denominator"] == ["240"]
    assert shown["sources.0.read_by"] == ["Ufficio studi"]
    page = html.fromstring(anna.get(address).text)
    assert page.xpath("//details[@class='rare-fields']//input[@name='results.0.numerator']")
    assert not page.xpath("//details[@class='rare-fields']//input[@name='results.0.denominator']")
