"""The picture of a practice: set by those who write cards, seen by those who see the practice."""

import io
import re

import pytest
from PIL import Image
from sqlalchemy import select

from kb.access import Role
from kb.domain import Visibility
from kb.maintenance.rows import compare_rows
from kb.practices import pictures
from kb.storage.pictures import PracticePicture
from kb.storage.tables import Item

PRACTICE = "bologna-beni-comuni"
FORM = f"/practices/{PRACTICE}/picture"
SAID = {"alt": "Una piazza con alberi", "author": "Comune di Prova", "licence": "CC BY 4.0"}


def jpeg(colour="green", size=(800, 500)):
    stream = io.BytesIO()
    Image.new("RGB", size, colour).save(stream, "JPEG")
    return ("image", ("foto.jpg", stream.getvalue(), "image/jpeg"))


def encoded():
    """A picture as it is stored."""
    return pictures.encode(io.BytesIO(jpeg()[1][1]))


def shown(page):
    return re.search(r'name="shown" value="(\w*)"', page)[1]


@pytest.fixture
def researcher(researcher, services):
    yield researcher
    with services.database.transaction() as session:
        session.query(PracticePicture).delete()
        session.get(Item, PRACTICE).visibility = Visibility.PUBLIC


def upload(browser, *files, **said):
    form = {"shown": shown(browser.get(FORM).text)} | SAID | said
    return browser.post(FORM, data=form, files=list(files), follow_redirects=False)


def test_a_picture_is_set_shown_changed_and_removed_with_its_history(researcher, services):
    assert "practice-picture" not in researcher.get(f"/practices/{PRACTICE}").text
    assert upload(researcher, jpeg()).status_code == 303
    page = researcher.get(f"/practices/{PRACTICE}").text
    assert 'alt="Una piazza con alberi"' in page
    assert "Immagine: Comune di Prova, CC BY 4.0" in page
    assert 'alt="Una piazza con alberi"' in researcher.get("/practices?q=Bologna").text
    for size, longest in (("large", 800), ("small", 480)):
        sent = researcher.get(f"{FORM}/{size}")
        assert sent.headers["content-type"] == "image/webp"
        assert max(Image.open(io.BytesIO(sent.content)).size) == longest
    first = shown(researcher.get(FORM).text)
    assert upload(researcher, alt="La stessa piazza").status_code == 303
    assert 'alt="La stessa piazza"' in researcher.get(f"/practices/{PRACTICE}").text
    assert upload(researcher, jpeg("blue")).status_code == 303
    assert shown(researcher.get(FORM).text) != first
    late = researcher.post(FORM, data={"shown": first} | SAID, files=[jpeg("red")])
    assert late.status_code == 422
    assert "ha cambiato questa immagine" in late.text
    with services.database.session() as session:
        before = list(compare_rows(session))
        row = session.scalars(select(PracticePicture)).one()
        row.large = b"x"
        session.flush()
        (found,) = [one for one in compare_rows(session) if one not in before]
        assert found.where == PRACTICE
        session.rollback()
    present = shown(researcher.get(FORM).text)
    assert researcher.post(f"{FORM}/remove", data={"shown": first}).status_code == 422
    researcher.post(f"{FORM}/remove", data={"shown": present})
    assert researcher.get(f"{FORM}/small").status_code == 404
    history = researcher.get(f"/practices/{PRACTICE}/history").text
    for said in ("ha impostato l'immagine", "ha rimosso l'immagine", "Comune di Prova"):
        assert said in history.replace("&#39;", "'")


@pytest.mark.parametrize(
    ("files", "said", "reason"),
    [
        ([], {}, "Nessuna immagine scelta"),
        ([jpeg(), jpeg("red")], {}, "una sola immagine"),
        ([], {"alt": "  "}, "che cosa mostra l'immagine"),
        ([], {"licence": ""}, "con quale licenza"),
        ([], {"author": "x" * 201}, "Troppo lungo"),
        ([("image", ("a.jpg", b"solo parole" * 99, "image/jpeg"))], {}, "JPEG, PNG o WebP"),
        ([jpeg(size=(90, 90))], {}, "troppo piccola"),
    ],
)
def test_a_wrong_picture_is_refused_in_words_and_what_was_typed_stays(
    researcher, files, said, reason
):
    refused = upload(researcher, *files, **said)
    assert refused.status_code == 422
    assert reason in refused.text.replace("&#39;", "'")
    if "author" not in said:
        assert 'value="Comune di Prova"' in refused.text
    assert researcher.get(f"{FORM}/small").status_code == 404


def test_only_those_who_see_a_practice_see_its_picture(researcher, services, client, sign_in):
    upload(researcher, jpeg())
    with services.database.transaction() as session:
        session.get(Item, PRACTICE).visibility = Visibility.RESEARCHERS
    assert researcher.get(f"{FORM}/large").status_code == 200
    for reader in (sign_in(Role.OFFICER), sign_in(Role.MEMBER)):
        assert reader.get(f"{FORM}/large").status_code == 404
        assert reader.post(FORM, data=SAID, files=[jpeg()]).status_code == 403
    client.cookies.clear()
    assert client.get(f"{FORM}/small").status_code == 404
