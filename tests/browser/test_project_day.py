"""A project's way: from a practice to measured values, back to a card; the network; the board."""

import re

import pytest
from playwright.sync_api import expect

from kb.access import Role
from tests.browser.conftest import LONG_S
from tests.browser.test_officer_day import is_fine

pytestmark = pytest.mark.browser

TITLE = "Servizi insieme nelle Crete"
LESSON = "Partire dal servizio di cui tutti si lamentano."
LIMITS = " ".join(["Il confronto riguarda tre anni e un solo ufficio, quello tecnico."] * 12)
SOLUTION = "Tre comuni tengono insieme l'ufficio tecnico e se ne dividono le spese."
HELP = "Avviamo unioni di comuni: statuto, personale, bilancio unico."


@pytest.mark.timeout(2 * LONG_S)
def test_a_practice_is_taken_up_measured_checked_and_becomes_a_card(signed_in, server, tmp_path):
    officer, researcher = signed_in(Role.OFFICER).page, signed_in(Role.RESEARCHER).page
    fill_in_a_worksheet(officer)
    begin_a_project(officer)
    let_two_partners_in(officer, signed_in(Role.MEMBER).page)
    measure_three_times(officer, tmp_path)
    server.wait_for_jobs()
    send_back_and_check(officer, researcher)
    conclude(officer)
    server.wait_for_jobs()
    send_to_review(researcher)
    approve(signed_in(Role.CURATOR).page)
    expect_it_on_the_practice(officer)
    expect_it_counted(officer)


def fill_in_a_worksheet(page):
    """From a question to the practice, and what it needs at home."""
    page.goto("/")
    page.fill("#question", "Conviene unire i comuni piccoli per spendere meno?")
    page.keyboard.press("Enter")
    page.get_by_role("link", name=re.compile("^Unioni di comuni in Emilia-Romagna")).first.click()
    page.get_by_role("link", name=re.compile("Compila una scheda")).first.click()
    page.get_by_role("link", name=re.compile("Scegli il tuo comune|Un altro comune")).click()
    page.fill("#own-place", "asciano")
    page.get_by_role("button", name=re.compile("^Asciano")).click()
    page.get_by_role("button", name="Comincia per Asciano").click()
    page.locator(".condition").first.get_by_label("presente").check()
    page.get_by_role("button", name="Salva").click()
    expect(page.get_by_role("status").first).to_contain_text("Salvato")


def begin_a_project(page):
    page.get_by_role("link", name="Fanne un progetto").click()
    page.get_by_label("Che cosa vuoi fare").fill(TITLE)
    page.get_by_label("Quale ente o impresa").fill("Comune di Asciano")
    page.get_by_label("Perché").fill("Gli uffici sono vuoti a turno. Le pratiche restano ferme.")
    page.get_by_role("button", name="Comincia il progetto").click()
    expect(page.locator("h1")).to_have_text(TITLE)


def let_two_partners_in(page, member):
    """A body that is only named, and a firm that accepts on the site."""
    page.get_by_role("link", name="Invita o modifica").click()
    for body, account in (("Comune di Trequanda", ""), ("Servizi Crete srl", "a-member")):
        page.get_by_label("Ente, impresa o persona").fill(body)
        page.get_by_label("Nome con cui accede").fill(account)
        page.get_by_role("button", name="Aggiungi", exact=True).click()
        expect(page.locator("main")).to_contain_text(body)
    page.get_by_role("link", name=TITLE).first.click()
    member.reload()
    expect(member.locator(".desk")).to_contain_text("hai un invito")
    member.get_by_role("link", name=TITLE).first.click()
    member.get_by_role("button", name="Accetta").click()
    expect(member.get_by_role("link", name="Aggiungi un indicatore")).to_be_visible()


def measure_three_times(page, folder):
    """A complete indicator, the stage, and a value with its file for each of three years."""
    page.get_by_role("link", name="Aggiungi un indicatore").click()
    page.get_by_label("Che cosa si misura").fill("Giorni per una pratica edilizia")
    page.get_by_label("Unità", exact=True).fill("giorni")
    page.get_by_label("È meglio").select_option("lower")
    page.select_option("#answers", index=1)
    page.fill("#baseline", "60")
    page.fill("#baseline_on", "2022-12-31")
    page.fill("#target", "30")
    page.fill("#target_on", "2025-12-31")
    page.fill("#owner", "Ufficio tecnico")
    page.fill("#every_months", "12")
    is_fine(page)
    page.get_by_role("button", name="Salva").click()
    page.select_option("#stage", "run")
    page.get_by_role("button", name="Cambia fase").click()
    expect(page.locator("[aria-current=step]")).to_have_text("In corso")
    for year, value in ((2023, "52"), (2024, "41"), (2025, "33")):
        file = folder / f"registro-{year}.txt"
        file.write_text(f"Registro delle pratiche edilizie {year}: {value} giorni in media.")
        page.get_by_role("link", name="Aggiungi una misura").click()
        page.fill("#value", value)
        page.fill("#period_start", f"{year}-01-01")
        page.fill("#period_end", f"{year}-12-31")
        page.set_input_files("#file", file)
        page.get_by_role("button", name="Salva la misura").click()
        expect(page.locator(".project-indicator")).to_contain_text(f"31/12/{year}")


def send_back_and_check(officer, researcher):
    """The researcher finds what waits on the desk, sends one value back, and checks all three."""
    researcher.reload()
    researcher.locator(".desk").get_by_role("link", name=TITLE).first.click()
    decide(researcher, "31/12/2023")
    decide(researcher, "31/12/2024")
    decide(researcher, "31/12/2025", "Nel registro mancano due mesi.")
    officer.goto("/")
    expect(officer.locator(".desk")).to_contain_text("un valore è stato rimandato indietro")
    officer.locator(".desk").get_by_role("link", name=TITLE).first.click()
    row = officer.get_by_role("row").filter(has_text="31/12/2025").first
    row.get_by_role("link", name="Correggi").click()
    expect(officer.locator("main")).to_contain_text("Nel registro mancano due mesi.")
    officer.fill("#value", "35")
    officer.get_by_role("button", name="Salva la misura").click()
    expect(officer.locator(".project-indicator")).to_contain_text("35 giorni")
    researcher.reload()
    decide(researcher, "35 giorni")
    expect(researcher.locator(".project-indicator")).to_contain_text("83 % della strada")


def decide(page, row, note=""):
    """Open the row with these words and decide."""
    row = page.get_by_role("row").filter(has_text=row).filter(has_text="non ancora verificata")
    row.locator("summary").click()
    if note:
        row.get_by_role("textbox").fill(note)
    row.get_by_role("button", name="Rimanda indietro" if note else re.compile("verificata")).click()
    expect(row).to_have_count(0)


def conclude(page):
    """The lead says what was learned, ends the project, shows it and makes a card of it."""
    page.reload()
    page.locator("#lessons a").click()
    page.locator("#lessons").fill(LESSON)
    page.get_by_role("button", name="Salva").click()
    page.get_by_role("button", name="Mostralo a tutti").click()
    page.select_option("#stage", "measured")
    page.get_by_role("button", name="Cambia fase").click()
    expect(page.locator("[aria-current=step]")).to_have_text("Misurato")
    page.get_by_role("button", name="Fanne una scheda").click()
    expect(page.locator("#card-panel")).to_contain_text("Una bozza della scheda è in preparazione")
    is_fine(page)


def send_to_review(page):
    """A researcher completes the draft."""
    page.reload()
    page.get_by_role("link", name="Apri la bozza").click()
    expect(page.locator("h1")).to_contain_text(TITLE)
    complete_the_draft(page)


def approve(page):
    """Somebody else reads the card and the quoted page of the sheet, and publishes it."""
    page.goto("/review")
    page.get_by_role("link", name=TITLE).first.click()
    expect(page.locator("main")).to_contain_text(LESSON)
    page.get_by_text("Che cosa dice la fonte").first.click()
    page.locator('.quote-fold[open] a[href*="/documents/"]').click()
    expect(page.locator("mark#passage").first).to_contain_text("Giorni per una pratica edilizia")
    page.go_back()
    page.get_by_role("button", name="Approva e pubblica").click()
    expect(page).to_have_url(re.compile("/practices/"))
    expect(page.locator("h1")).to_have_text(TITLE)


def complete_the_draft(page):
    """What the project does not say: solution, limits, English texts; then it goes to review."""
    draft = re.sub(r"/[a-z]+(\?.*)?$", "", page.url)
    for step, texts in (
        ("story", {"solution": SOLUTION}),
        ("limits", {"limits": LIMITS}),
        ("english", {"title_en": "Services together", "summary_en": "Offices share their staff.",
                     "results-0-indicator_en": "Days for a building permit"}),
    ):  # fmt: skip
        page.goto(f"{draft}/{step}")
        for field, text in texts.items():
            page.locator(f"#{field}").fill(text)
        page.get_by_role("button", name="Salva la bozza").click()
        expect(page.locator("main")).to_contain_text("Salvata")
    page.goto(f"{draft}/check")
    page.get_by_role("button", name="Invia in revisione").click()
    expect(page).to_have_url(re.compile("/review/"))


def expect_it_on_the_practice(page):
    page.reload()
    expect(page.locator("#card-panel")).to_contain_text("Questo progetto è diventato una scheda")
    page.get_by_role("link", name=re.compile("^Unioni di comuni in Emilia-Romagna")).first.click()
    local = page.locator(".local-use")
    expect(local).to_contain_text("Misurata anche qui, in 1 luogo")
    expect(local.get_by_role("link", name=TITLE)).to_be_visible()


def expect_it_counted(page):
    open_what_is_counted(page)
    two = page.get_by_role("region", name="Progetti con almeno due valori verificati")
    expect(two.get_by_role("listitem").filter(has_text=TITLE)).to_contain_text("3 valori")
    is_fine(page)


def open_what_is_counted(page):
    page.locator(".own-menu summary").click()
    page.get_by_role("link", name="Comitato scientifico").click()
    page.get_by_role("link", name=re.compile("Che cosa si conta")).click()


def test_a_firm_finds_a_body_through_the_network_and_the_board_sees_it(signed_in, server):
    officer, member = signed_in(Role.OFFICER).page, signed_in(Role.MEMBER).page
    give_an_address(officer, "uffici@crete.example")
    give_an_address(member, "posta@impresa.example")
    officer.get_by_role("navigation", name="Principale").get_by_role("link", name="Rete").click()
    officer.get_by_role("link", name="Il tuo profilo").click()
    officer.get_by_label("Nome").first.fill("Uffici delle Crete")
    officer.locator("#offers").fill(HELP)
    officer.check("#show-name")
    officer.check("#show-offers")
    officer.get_by_role("button", name="Salva", exact=True).click()
    expect(officer.get_by_role("status")).to_contain_text("Salvato")
    member.get_by_role("navigation", name="Principale").get_by_role("link", name="Rete").click()
    member.fill("#need", "chi aiuta ad avviare una unione di comuni?")
    member.get_by_role("button", name="Trova chi può aiutare").click()
    member.get_by_role("link", name="Uffici delle Crete").first.click()
    member.get_by_role("link", name="Invia una domanda").click()
    member.locator("#question").fill("Come avete diviso il personale?")
    member.get_by_role("button", name="Invia").click()
    expect(member.get_by_role("status")).to_contain_text("in viaggio")
    mail = wait_for_mail(server, "uffici@crete.example", "/network/answer/")
    assert "posta@impresa.example" not in mail
    officer.goto(re.search(r"http://\S+/network/answer/\S+", mail)[0])
    officer.get_by_role("textbox").first.fill("Venite lunedì.")
    officer.get_by_role("button", name="Accetta").click()
    wait_for_mail(server, "posta@impresa.example", "Venite lunedì.")
    open_what_is_counted(member)
    requests = member.get_by_role("row").filter(has_text="Richieste nella rete")
    expect(requests).to_contain_text("con risposta: 1")


def give_an_address(page, address):
    page.goto("/account")
    page.fill("#email", address)
    page.get_by_role("button", name="Salva").first.click()
    expect(page.get_by_role("status").first).to_be_visible()


def wait_for_mail(server, address, words):
    """The text of the mail to this address with these words, once it arrived."""
    return server.mails.wait_for(
        lambda mail: address in mail["To"] and words in mail.get_content(), LONG_S
    ).get_content()
