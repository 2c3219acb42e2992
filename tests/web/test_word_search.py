"""While the embedding service is away, questions are searched for by their words: pages, interface,
tools and kept questions say so, nothing is concluded, and meaning is searched again at once."""

import time
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import delete, select

from kb.access import PUBLIC, Right, Role
from kb.accounts import accounts, tokens
from kb.embedding.service.embedder import connect
from kb.filters import choose
from kb.messages import TransientError
from kb.runtime.services import Services
from kb.storage.accounts import Account
from kb.storage.questions import SavedQuestion
from kb.storage.tables import UnansweredQuestion, now
from search import saved_questions
from search.results import AnswerVerdict, Question
from search.service import search
from search.summary.service import prepare_summary
from search.unanswered import wait_until_noted
from tests.embedding_server.service import Service
from web.saved_question_alerts import do_upkeep

SAID = "Per ora si cercano solo le parole della domanda, non il suo significato"
ALTENA, TRIESTE = "altena-governare-il-calo", "trieste-microaree"
QUESTION = "Come si governa una città che perde abitanti?"
ELSEWHERE = "Chi ha vinto il campionato mondiale di scacchi del 1972?"
UNKNOWN = "Qworzhleft"
NO_DATE = "Mon, 01 Jan 99999999999999999999 00:00:00 GMT"
OFFERED = "Riassumi questi brani"


@pytest.fixture
def service(indexed: Services, monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    """The service that computes the vectors of the base, which is away."""
    opened = Service(indexed.embedder.embed_texts)
    opened.stop()
    given = {
        "embedding_url": opened.url,
        "embedding_question_s": 30.0,
        "llm_url": "http://127.0.0.1:9/v1",
        "llm_model": "model",
    }
    monkeypatch.setattr(indexed, "settings", indexed.settings.model_copy(update=given))
    remote = connect(indexed.settings, indexed.reference.find)
    monkeypatch.setattr(indexed, "_embedder", remote)
    monkeypatch.setattr(indexed, "failure", None)
    yield opened
    opened.stop()
    remote.close()


@pytest.fixture(autouse=True)
def nothing_noted(indexed: Services) -> None:
    with indexed.database.transaction() as session:
        session.execute(delete(UnansweredQuestion))


def ask(indexed: Services, text: str, **fields):
    return search(Question(text, **fields), indexed, PUBLIC)


def noted(indexed: Services) -> list[str]:
    wait_until_noted(indexed)
    with indexed.database.session() as session:
        return list(session.scalars(select(UnansweredQuestion.text)))


def wait_for(indexed: Services, service: Service) -> None:
    """Start the service, and return when it is used."""
    service.start()
    while indexed.embedder.obstacle() is not None:
        time.sleep(0.1)


def test_words_are_found_and_nothing_is_concluded(indexed: Services, service: Service) -> None:
    page = ask(indexed, QUESTION)
    assert (page.by_meaning, page.verdict) == (False, AnswerVerdict.NEAR)
    assert page.results[0].id == ALTENA
    assert page.results[0].passages[0].text
    assert page.relevant == page.total
    assert (page.collections, page.profiles) == ((), ())
    for text in (ELSEWHERE, UNKNOWN):
        page = ask(indexed, text)
        assert page.verdict is AnswerVerdict.NEAR, "what is not found may be there"
    assert (page.total, page.results) == (0, ())
    assert noted(indexed) == []


def test_places_filters_phrases_and_pages_work_by_words(
    indexed: Services, service: Service
) -> None:
    trieste = ask(indexed, "Buone pratiche a Trieste")
    assert trieste.verdict is AnswerVerdict.ANSWERED, "a place is all that is asked for"
    assert trieste.results[0].id == TRIESTE
    assert trieste.place is not None
    assert trieste.place.relevant == trieste.place.practices
    near = ask(indexed, "Che cosa c'è vicino a Trieste?")
    assert (near.results[0].id, near.results[0].distance_km) == (TRIESTE, 0.0)
    health = ask(indexed, "comune", filters=choose(theme=["health-care"]))
    assert health.total
    assert {"health-care"} <= {value.value for value in health.facets["theme"] if value.selected}
    assert all("health-care" in one.themes for one in health.results)
    phrase = ask(indexed, "“microaree” di Trieste")
    assert phrase.results[0].id == TRIESTE
    first, second = (ask(indexed, "comuni abitanti", page=n, page_size=3) for n in (1, 2))
    assert first.total > 3
    assert not {one.id for one in first.results} & {one.id for one in second.results}


def test_a_page_says_that_only_words_are_searched_for(
    indexed: Services, service: Service, searcher: TestClient, searcher_as
) -> None:
    visitor = searcher_as(Role.MEMBER)
    answer = visitor.get("/search", params={"q": QUESTION})
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.text.count(SAID) == 2, "on the page, and for who hears it"
    assert "testi con parole della domanda" in answer.text
    assert OFFERED not in answer.text
    refused = visitor.post("/search/summary", data={"q": QUESTION}, headers={"HX-Request": "true"})
    assert refused.status_code == 503
    assert "finché non torna" in refused.text
    empty = visitor.get("/search", params={"q": UNKNOWN}, headers={"HX-Request": "true"}).text
    assert "Nessun testo con parole della domanda" in empty
    assert "Nessuna risposta" not in empty
    assert visitor.get("/").status_code == 200
    within = visitor.get("/collections/mense-e-filiera-corta", params={"q": "mensa"}).text
    assert SAID in within
    in_english = visitor.get("/search", params={"q": QUESTION}, headers={"Accept-Language": "en"})
    assert "only the words of the question are searched for" in in_english.text
    with pytest.raises(TransientError, match="no summaries until that works again"):
        prepare_summary(ask(indexed, QUESTION), indexed, "it")
    wait_for(indexed, service)
    assert OFFERED in visitor.get("/search", params={"q": QUESTION}).text


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("/v1", (429, {"Retry-After": NO_DATE}, "")),
        ("/embed", (200, {}, "null")),
        ("/embed", (200, {}, "5")),
        ("/embed", (200, {}, "true")),
    ],
)
def test_a_service_that_answers_oddly_counts_as_away(
    indexed: Services,
    service: Service,
    searcher: TestClient,
    monkeypatch: pytest.MonkeyPatch,
    path: str,
    answer: tuple[int, dict[str, str], str],
) -> None:
    given = {"embedding_url": service.url + path, "embedding_question_s": 0.5}
    remote = connect(indexed.settings.model_copy(update=given), indexed.reference.find)
    monkeypatch.setattr(indexed, "_embedder", remote)
    service.answers = [answer] * 100
    service.start()
    page = searcher.get("/search", params={"q": QUESTION})
    remote.close()
    assert page.status_code == 200
    assert SAID in page.text
    assert 0 < len(service.answers) < 100, "it was asked"


def test_programs_are_told_by_a_field(
    indexed: Services, service: Service, searcher: TestClient
) -> None:
    answer = searcher.get("/api/v1/search", params={"q": QUESTION})
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    found = answer.json()
    assert (found["by_meaning"], found["verdict"], found["answered"]) == (False, "near", False)
    assert found["results"][0]["id"] == ALTENA
    with indexed.database.transaction() as session:
        account = session.scalars(select(Account).where(Account.name == "a-member")).one()
        access = accounts.access_of(account)
        token = tokens.create(session, access, account, "summaries", [Right.SUMMARIES])
    refused = searcher.post(
        "/api/v1/summaries", json={"q": QUESTION}, headers={"Authorization": f"Bearer {token}"}
    )
    assert refused.status_code == 503
    indexed.warm()
    health = searcher.get("/health")
    assert health.status_code == 200
    assert "Il servizio che calcola i vettori" in health.json()["detail"]
    assert "solo le parole" in health.json()["detail"]
    assert searcher.get("/health/ready").status_code == 200


def test_meaning_is_searched_again_at_once_and_what_nothing_answers_is_noted_then(
    indexed: Services, service: Service, searcher: TestClient
) -> None:
    asked = {"q": UNKNOWN}
    assert searcher.get("/api/v1/search", params=asked).json()["by_meaning"] is False
    assert noted(indexed) == []
    wait_for(indexed, service)
    found = searcher.get("/api/v1/search", params=asked)
    assert found.json()["by_meaning"] is True
    assert found.json()["verdict"] == "nothing"
    assert found.headers.get("Cache-Control") != "no-store"
    assert noted(indexed) == [UNKNOWN], "asked before, and not counted then"
    assert SAID not in searcher.get("/search", params={"q": QUESTION}).text
    indexed.warm()
    assert searcher.get("/health").json() == {"status": "ready", "detail": ""}


@pytest.mark.parametrize("refuses", [False, True])
def test_kept_questions_wait_and_other_work_goes_on(
    indexed: Services, service: Service, refuses: bool
) -> None:
    if refuses:
        service.refused = {"": 401}
        service.start()
    long_ago = now() - timedelta(days=3650)
    with indexed.database.transaction() as session:
        account = session.scalars(select(Account).where(Account.name == "a-member")).one()
        kept = saved_questions.save_question(session, account.id, Question(QUESTION))
        kept.created_at = kept.checked_at = long_ago
        id = kept.id
    assert do_upkeep(indexed), "mails and the network are looked after"
    assert _checked(indexed, id) == (long_ago, [])
    if refuses:
        service.refused = {}
        service.stop()
    wait_for(indexed, service)
    assert do_upkeep(indexed)
    checked_at, answers = _checked(indexed, id)
    assert checked_at > long_ago
    assert ALTENA in answers
    with indexed.database.transaction() as session:
        session.delete(session.get_one(SavedQuestion, id))


def _checked(indexed: Services, id: str) -> tuple[datetime, list[str]]:
    """When the kept question was last asked, and what was found."""
    with indexed.database.session() as session:
        kept = session.get_one(SavedQuestion, id)
        return kept.checked_at, [notice.item_id for notice in kept.notices]
