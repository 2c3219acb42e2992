"""Mails (.eml, .msg, certified mail) all the way: read, found, their attachments documents too."""

from __future__ import annotations

from datetime import UTC, datetime
from email.message import EmailMessage
from email.mime.application import MIMEApplication
from email.mime.message import MIMEMessage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from pathlib import Path
from typing import Any

import pytest

from tests.front_door import found_ids, page_text, whole_text
from tests.ingest.compound_file import (
    attached_file,
    attached_message,
    compound_file,
    outlook_message,
    recipient,
)
from tests.ingest.signing import signed, signer

PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(60)
SHARED_NOTE = b"La nota comune parla del noleggio di cargo bike a Pievefosca per 300 famiglie."
DATICERT = """<?xml version="1.0" encoding="UTF-8"?><postacert tipo="posta-certificata"
errore="nessuno"><intestazione><mittente>protocollo@pec.valdombra.example</mittente>
<destinatari tipo="certificato">ufficio@pec.example</destinatari><oggetto>Convenzione</oggetto>
</intestazione><dati><gestore-emittente>Posta Esempio S.p.A.</gestore-emittente>
<data zona="+0100"><giorno>02/03/2021</giorno><ora>10:15:00</ora></data>
<identificativo>opec.123@pec.example</identificativo></dati></postacert>"""


def mail(subject: str, text: str, **headers: str) -> EmailMessage:
    message = EmailMessage()
    message["Subject"] = subject
    message["From"] = headers.pop("sender", "Lucia Bianchi <lucia@valdombra.example>")
    message["To"] = "ufficio@montalto.example"
    message["Date"] = "Tue, 02 Mar 2021 10:15:00 +0100"
    for name, value in headers.items():
        message[name] = value
    message.set_content(text)
    return message


def with_everything(pdf: bytes) -> bytes:
    """A table and a logo in the HTML, five attachments, a signature."""
    message = mail(
        "Re: Progetto dell'orto didattico di Montalto",
        "Solo testo: da non leggere due volte.",
    )
    message.add_alternative(
        "<html><head><title>x</title></head><body><p>Gentili colleghi, il progetto dell'orto"
        " didattico di Montalto parte in aprile.</p><table><tr><td>Piante</td><td>240</td></tr>"
        "<tr><td>Classi</td><td>12</td></tr></table><p style='display:none'>anteprima nascosta</p>"
        "<img src='cid:logo'></body></html>",
        subtype="html",
    )
    message.get_payload()[1].add_related(PICTURE, "image", "png", cid="<logo>", filename="logo.png")
    message.add_attachment(pdf, "application", "pdf", filename="perizia è pronta.pdf")
    message.add_attachment(SHARED_NOTE, "text", "plain", filename="nota.txt")
    message.add_attachment(PICTURE, "image", "png", filename="foto.png")
    message.add_attachment(
        mail(
            "Il parere della ASL", "La ASL approva la compostiera dell'orto.", sender="a@b.example"
        )
    )
    message.add_attachment(b"BEGIN:VCARD", "text", "vcard", filename="lucia.vcf")
    return message.as_bytes()


def certified(sender) -> bytes:
    """A provider's envelope, signed by it, around the message."""
    inner = mail("Convenzione per il teleriscaldamento", "Si trasmette la convenzione firmata.")
    inner.add_attachment(
        signed(b"La convenzione fornisce calore a 85 alloggi di Serravento.", sender),
        "application", "octet-stream", filename="convenzione.txt.p7m",
    )  # fmt: skip
    mixed = MIMEMultipart("mixed")
    mixed.attach(MIMEText("Il giorno 02/03/2021 il messaggio è stato inviato da ...", "plain"))
    data = MIMEApplication(DATICERT.encode(), "xml")
    data.add_header("Content-Disposition", "inline", filename="daticert.xml")
    mixed.attach(data)
    carried = MIMEMessage(inner)
    carried.add_header("Content-Disposition", "inline", filename="postacert.eml")
    mixed.attach(carried)
    envelope = MIMEMultipart("signed", protocol="application/pkcs7-signature")
    envelope["From"] = '"Per conto di: protocollo@pec.valdombra.example" <posta-certificata@x>'
    envelope["Subject"] = "POSTA CERTIFICATA: Convenzione per il teleriscaldamento"
    envelope["X-Trasporto"] = "posta-certificata"
    envelope["Date"] = "Tue, 02 Mar 2021 10:15:01 +0100"
    envelope.attach(mixed)
    signature = MIMEApplication(
        signed(mixed.as_bytes(), signer(common="Posta Esempio"), detached=True), "pkcs7-signature"
    )
    signature.add_header("Content-Disposition", "attachment", filename="smime.p7s")
    envelope.attach(signature)
    return envelope.as_bytes()


def outlook() -> bytes:
    inner = outlook_message(header=24, p0037="Il sopralluogo", p1000="Sopralluogo alla ciclovia.")
    message = outlook_message(
        p0037="Preventivo della ciclovia di Borgonuovo",
        p1000="Buongiorno,\r\n\r\nil preventivo della ciclovia di Borgonuovo è di 88.000 euro.",
        p0C1A="Lucia Bianchi",
        p5D01="lucia@valdombra.example",
        p0039=datetime(2021, 3, 2, 9, tzinfo=UTC),
        attached=[
            attached_file("nota.txt", SHARED_NOTE),
            attached_file("computo.csv", b"Voce,Euro\nAsfalto,51000\nSegnaletica ciclabile,9000\n"),
            attached_file("logo.png", PICTURE, p370E="image/png", p3714=4),
            attached_message("Il sopralluogo", inner),
        ],
    )
    message.storages["__recip_version1.0_#00000000"] = recipient("Mario", "mario@x.example")
    return compound_file(message)


def in_each_other(levels: int) -> bytes:
    message = mail("In fondo", "Il messaggio più interno di tutti.")
    for number in range(levels):
        outer = mail(f"Strato {number}", f"Lo strato numero {number} della matrioska.")
        outer.add_attachment(message)
        message = outer
    return message.as_bytes()


@pytest.fixture(scope="module")
def results(front_door, tmp_path_factory, one_page_pdf):
    scan = b"La perizia calcola il pozzo dell'orto di Montalto in 7.400 euro."
    files = {
        "orto.eml": with_everything(one_page_pdf(scan.decode())),
        "pec.eml": certified(signer(common="Anna Verdi")),
        "ciclovia.msg": outlook(),
        "matrioska.eml": in_each_other(7),
        "latino.eml": (
            b"From: Ufficio tecnico <u@x.example>\r\nTo: y@x.example\r\n"
            b"Subject: Citt\xe0 e sanit\xe0\r\nDate: boh\r\n"
            b"Content-Type: text/plain; charset=non-esiste\r\n\r\n"
            b"La citt\xe0 di Roccabianca raccoglie l'olio esausto.\r\n"
        ),
        "cassetta.eml": (
            b"From a@x.example Tue Mar  2 10:15:00 2021\nFrom: a@x.example\nTo: b\nSubject: uno\n\n"
            b"Primo.\n\nFrom b@x.example Tue Mar  2 10:15:00 2021\nFrom: b@x.example\nSubject: due"
            b"\n\nSecondo.\n"
        ),
        "tagliato.msg": outlook()[:2000],
    }
    folder = tmp_path_factory.mktemp("mail")
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return front_door.ingest([folder / name for name in files])


def shared_note(results: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """The file that came with two messages; it has the name of the one that was read first."""
    return next(one for name, one in results.items() if name.endswith("/nota.txt"))


def test_a_mail_is_read_with_its_header_and_its_table(front_door, results):
    assert results["orto.eml"]["status"] == "ready", results
    text = page_text(front_door.client, results["orto.eml"]["id"])
    assert "Oggetto: Re: Progetto dell'orto didattico di Montalto" in text
    assert "Da: Lucia Bianchi <lucia@valdombra.example>" in text
    assert "Data: 02/03/2021 10:15" in text
    assert "Allegati: perizia è pronta.pdf; nota.txt; foto.png; Il parere della ASL.eml" in text
    assert "Piante" in text
    assert "240" in text
    assert "nascosta" not in text
    assert "Solo testo" not in text


def test_what_came_with_a_mail_is_a_document_of_its_own(front_door, results):
    for name, words in (
        ("orto.eml/perizia è pronta.pdf", "pozzo dell'orto"),
        ("orto.eml/Il parere della ASL.eml", "compostiera dell'orto"),
        ("pec.eml/convenzione.txt.p7m", "calore a 85 alloggi"),
        ("ciclovia.msg/computo.csv", "Segnaletica ciclabile"),
        ("ciclovia.msg/Il sopralluogo.eml", "Sopralluogo alla ciclovia"),
    ):
        result = results[name]
        assert result["status"] == "ready", result
        assert words in whole_text(front_door.client, result["id"])
    assert "cargo bike a Pievefosca" in whole_text(front_door.client, shared_note(results)["id"])
    found = found_ids(front_door.client, "Quanto costa il pozzo dell'orto di Montalto?")
    assert results["orto.eml/perizia è pronta.pdf"]["id"] in found


def test_parent_and_attachment_lead_to_each_other(front_door, results):
    mail_id, pdf_id = results["orto.eml"]["id"], results["orto.eml/perizia è pronta.pdf"]["id"]
    page = front_door.client.get(f"/documents/{mail_id}").text
    assert f'href="/documents/{pdf_id}"' in page
    assert "foto.png" in page  # named, with the reason why it is no document
    assert "Il file è un'immagine" in page or "immagine" in page
    assert "logo.png" not in page
    assert "lucia.vcf" not in page
    assert f'href="/documents/{mail_id}"' in front_door.client.get(f"/documents/{pdf_id}").text
    state = front_door.client.get(f"/api/v1/documents/{mail_id}").json()
    assert pdf_id in [one["id"] for one in state["attachments"]]
    assert front_door.client.get(f"/api/v1/documents/{pdf_id}").json()["attached_to"] == [mail_id]


def test_the_same_file_with_two_messages_is_one_document(front_door, results):
    note = shared_note(results)["id"]
    state = front_door.client.get(f"/api/v1/documents/{note}").json()
    assert sorted(state["attached_to"]) == sorted(
        results[name]["id"] for name in ("orto.eml", "ciclovia.msg")
    )


def test_certified_mail_is_the_message_that_it_delivers(front_door, results):
    result = results["pec.eml"]
    text = page_text(front_door.client, result["id"])
    assert "Oggetto: Convenzione per il teleriscaldamento" in text
    assert "Si trasmette la convenzione firmata." in text
    assert "gestore Posta Esempio S.p.A.; giorno 02/03/2021; ora 10:15:00" in text
    state = front_door.client.get(f"/api/v1/documents/{result['id']}").json()
    assert state["metadata"]["title"] == "Convenzione per il teleriscaldamento"
    assert [one["name"] for one in state["attachments"]] == ["convenzione.txt.p7m"]
    page = front_door.client.get(f"/documents/{result['id']}").text
    assert "Posta Esempio" in page
    assert "firma non verificata" in page


def test_a_message_of_outlook_is_read(front_door, results):
    text = page_text(front_door.client, results["ciclovia.msg"]["id"])
    assert "il preventivo della ciclovia di Borgonuovo è di 88.000 euro" in text
    assert "A: Mario <mario@x.example>" in text
    state = front_door.client.get(f"/api/v1/documents/{results['ciclovia.msg']['id']}").json()
    assert state["metadata"]["year"] == 2021
    assert "logo.png" not in str(state["attachments"])


def test_messages_within_messages_end_somewhere(results):
    inside = [name for name in results if name.startswith("matrioska.eml")]
    assert len(inside) == 6
    assert all(results[name]["status"] == "ready" for name in inside)


def test_odd_encodings_are_read(front_door, results):
    text = page_text(front_door.client, results["latino.eml"]["id"])
    assert "Città e sanità" in text
    assert "La città di Roccabianca" in text


@pytest.mark.parametrize(
    ("name", "words"), [("cassetta.eml", "several messages"), ("tagliato.msg", "cut off")]
)
def test_what_is_no_single_message_is_refused_in_words(results, name, words):
    assert results[name]["status"] == "failed"
    assert words in results[name]["reason"]


def test_who_may_see_a_mail_may_see_what_came_with_it(front_door, results):
    """Until somebody says otherwise of the attachment itself."""
    client = front_door.client
    mail_id, pdf_id = results["pec.eml"]["id"], results["pec.eml/convenzione.txt.p7m"]["id"]

    def visibility(document_id):
        state = client.get(f"/api/v1/documents/{document_id}").json()
        return (state["metadata"] or {}).get("visibility", "hidden")

    assert visibility(pdf_id) == "public"
    changed = client.patch(f"/api/v1/documents/{mail_id}", json={"visibility": "researchers"})
    assert changed.status_code in (200, 404)  # who asks is no researcher
    assert visibility(mail_id) == visibility(pdf_id) == "hidden"
    assert pdf_id not in found_ids(client, "calore a 85 alloggi di Serravento")


def test_deleting_the_mail_keeps_what_came_with_it(front_door, results):
    client = front_door.client
    mail_id = results["ciclovia.msg"]["id"]
    csv_id = results["ciclovia.msg/computo.csv"]["id"]
    asked = client.get(f"/documents/{mail_id}/delete").text
    assert "Gli allegati restano" in asked
    assert f"/documents/{csv_id}" in asked
    assert client.delete(f"/api/v1/documents/{mail_id}").status_code == 204
    assert client.get(f"/documents/{csv_id}").status_code == 200


def test_the_upload_page_and_the_api_take_mails(front_door):
    assert ".eml" in front_door.client.get("/upload").text
    for address, subject in (("/upload", "Uno"), ("/api/v1/documents", "Due")):
        data = mail(subject, f"Il messaggio {subject} per la prova del caricamento.").as_bytes()
        answer = front_door.client.post(address, files={"file": ("messaggio.eml", data)})
        assert answer.status_code in (202, 303), answer.text


def test_an_attachment_that_was_deleted_stays_so_when_its_mail_is_read_again(front_door, results):
    client = front_door.client
    mail_id, note_id = results["orto.eml"]["id"], shared_note(results)["id"]
    assert client.delete(f"/api/v1/documents/{note_id}").status_code == 204
    assert client.post(f"/api/v1/documents/{mail_id}/retry").status_code == 202
    again = front_door.ingest([Path(results["orto.eml"]["path"])])  # waits for the same document
    assert again["orto.eml"]["id"] == mail_id
    state = client.get(f"/api/v1/documents/{mail_id}").json()
    note = next(one for one in state["attachments"] if one["name"] == "nota.txt")
    assert note["id"] is None
    assert note["reason"] == "È stato eliminato."
