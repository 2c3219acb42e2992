"""Vectors computed by a service: equal to local ones, and never others by mistake."""

import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from kb.embedding.embedder import Embedder
from kb.embedding.late import INT8_SCALE, embed_with_sentences
from kb.embedding.reference import shipped_reference
from kb.embedding.service.embedder import ServiceEmbedder
from kb.embedding.service.errors import RefusedText, WrongService
from kb.embedding.source import find_model
from kb.messages import ServiceUnavailable
from kb.settings import Settings
from tests.embedding_server.service import Service

Connect = Callable[..., ServiceEmbedder]
QUESTION = "Quanti passeggeri ha portato il servizio a chiamata?"
PASSAGES = [
    "Il servizio a chiamata.\nNel 2019 ha portato 4.200 passeggeri. La tariffa è di due euro. Si"
    " prenota per telefono entro le sei del pomeriggio.",
    "The village shop.\nIt opened in the old school. Eleven volunteers run it by turns. The first"
    " year ended with a small profit.",
    "Die Bibliothek.\nSie leiht auch Werkzeug aus.",
]
BODIES = [text.index("\n") + 1 for text in PASSAGES]


def test_both_protocols_give_the_vectors_of_the_local_model(
    embedder: Embedder, service: Service, connected: Connect
) -> None:
    texts = [*PASSAGES, "", "\ud800", "una frase lunghissima " * 400, "ß"]
    expected = embedder.embed_passages(texts)
    query = embedder.embed_query(QUESTION)
    for address in ("/v1", "/embed"):
        service.sent.clear()
        remote = connected(embedding_url=service.url + address, embedding_batch=3)
        found = remote.embed_passages(texts)
        assert found.dtype == np.float32
        assert (found * expected).sum(axis=1) == pytest.approx(1, abs=5e-4)
        assert np.linalg.norm(found, axis=1) == pytest.approx(1, abs=1e-5)
        assert max(map(len, service.sent)) == 3
        assert all(text for sent in service.sent for text in sent)
        assert remote.embed_query(QUESTION) @ query == pytest.approx(1, abs=1e-4)
    for address in ("", "/", "/v1/embeddings/"):
        remote = connected(embedding_url=service.url + address)
        assert remote.address == f"{service.url}/v1/embeddings"
        assert remote.embed_query(QUESTION) @ query == pytest.approx(1, abs=1e-4)
    tei = connected(embedding_url=service.url, embedding_protocol="tei")
    assert tei.embed_queries([QUESTION])[0] @ query == pytest.approx(1, abs=1e-4)
    assert tei.address.endswith("/embed")
    assert len(tei.embed_passages([])) == 0


def test_a_request_holds_no_more_tokens_than_configured(
    service: Service, connected: Connect
) -> None:
    remote = connected(embedding_batch_tokens=512)
    remote.embed_passages(["la scuola del paese " * 20] * 9)
    counts = [[remote.count_tokens(text) for text in sent] for sent in service.sent]
    assert len(counts) > 2
    assert all(max(one) * len(one) <= 512 for one in counts)


def test_sentences_have_vectors_like_those_of_late_chunking(
    embedder: Embedder, connected: Connect
) -> None:
    local = embed_with_sentences(embedder, PASSAGES, BODIES)
    remote = embed_with_sentences(connected(), PASSAGES, BODIES)
    assert remote.spans == local.spans
    assert (remote.passages * local.passages).sum(axis=1) == pytest.approx(1, abs=1e-3)
    for own, other in zip(local.sentences, remote.sentences, strict=True):
        assert own.dtype == other.dtype == np.int8
        assert own.shape == other.shape
        cosines = (own.astype(float) * other.astype(float)).sum(axis=1) / INT8_SCALE**2
        assert cosines.min() > 0.85
    asked = embedder.embed_query(QUESTION)
    assert int((remote.sentences[0][:-1] @ asked).argmax()) == 0, "the sentence with the figure"


def test_the_shipped_reference_is_that_of_the_bundled_model(
    embedder: Embedder, settings: Settings, reference: np.ndarray
) -> None:
    source = find_model(settings)
    shipped = shipped_reference(source.fingerprint, source.dimension)
    assert shipped is not None
    assert (shipped * reference).sum(axis=1) == pytest.approx(1, abs=1e-3)


def _turned(vectors: np.ndarray) -> np.ndarray:
    return np.roll(vectors, 1, axis=1)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (_turned, "gives others than the model multilingual-e5-small"),
        (lambda vectors: vectors[:, :256], "gives 256 numbers"),
        (lambda vectors: vectors * np.nan, "zero or no numbers"),
        (lambda vectors: vectors * 0, "zero or no numbers"),
        (lambda vectors: vectors[::-1], "another order"),
        (lambda vectors: vectors[:1], "1 vectors for 2 texts"),
    ],
)
@pytest.mark.parametrize("path", ["/v1", "/embed"])
def test_other_vectors_than_the_models_are_refused(
    service: Service, connected: Connect, path: str, change: Callable, sentence: str
) -> None:
    service.change = change
    remote = connected(embedding_url=service.url + path)
    for _ in range(2):  # a failed check is made again, never passed over
        with pytest.raises(WrongService, match=sentence):
            remote.embed_query(QUESTION)
    assert sentence in str(remote.obstacle())


def test_a_prompt_that_the_service_adds_is_named(service: Service, connected: Connect) -> None:
    service.prompt = "passage: "
    with pytest.raises(WrongService, match="puts a prompt before the texts"):
        connected().embed_passages(PASSAGES)


def test_vectors_that_are_not_normalised_are(service: Service, connected: Connect) -> None:
    service.change = lambda vectors: vectors * 7
    assert np.linalg.norm(connected().embed_query(QUESTION)) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize(
    ("status", "body", "sentence"),
    [
        (401, "", "refuses the key"),
        (403, "no", "refuses the key"),
        (404, '{"error": "model not found"}', "model not found"),
        (307, "", "check KB_EMBEDDING_URL"),
        (200, "<html>Welcome</html>", "are not the vectors"),
        (200, '{"data": [{"index": 0}, {"index": 0}]}', "are not the vectors"),
        (200, '{"error": "unknown model"}', "are not the vectors"),
        (200, "[[0.1], [0.1, 0.2]]", "are not the vectors"),
        (200, "null", "are not the vectors"),
        (200, " " * (1 << 20), "more than 327680 bytes"),
    ],
)
def test_other_answers_are_refused_in_words(
    service: Service, connected: Connect, status: int, body: str, sentence: str
) -> None:
    service.answers = [(status, {"location": "/elsewhere"}, body)]
    remote = connected()
    with pytest.raises(WrongService, match=sentence):
        remote.embed_query(QUESTION)
    assert remote.embed_query(QUESTION).shape == (384,), "it was only once"


def test_vectors_come_back_by_their_index(service: Service, connected: Connect) -> None:
    remote = connected()
    expected = remote.embed_passages(PASSAGES[:2])
    data = [{"index": n, "embedding": expected[n].tolist()} for n in (1, 0)]
    service.answers = [(200, {}, json.dumps({"data": data}))]
    assert remote.embed_passages(PASSAGES[:2]) == pytest.approx(expected, abs=1e-6)


def test_what_passes_is_tried_again(service: Service, connected: Connect) -> None:
    service.answers = [
        (429, {"Retry-After": "0"}, ""),
        (503, {"Retry-After": "Mon, 30 Nov 2020 00:00:00 GMT"}, ""),
        (424, {"Retry-After": "0"}, "backend"),
        (500, {}, "oops"),
    ]
    assert connected(embedding_question_s=10.0).embed_query(QUESTION).shape == (384,)


def test_a_batch_that_is_too_large_is_halved(
    embedder: Embedder, service: Service, connected: Connect
) -> None:
    remote = connected()
    remote.embed_query(QUESTION)
    service.most = 2
    texts = [f"{text} {number}" for number in range(3) for text in PASSAGES]
    found = remote.embed_passages(texts)
    assert (found * embedder.embed_passages(texts)).sum(axis=1) == pytest.approx(1, abs=5e-4)
    service.most = 0
    with pytest.raises(WrongService, match=r"does not take a text of \d+ tokens.*too large"):
        remote.embed_passages(texts[:2])


@pytest.mark.parametrize("status", [400, 413, 422])
def test_one_text_that_is_refused_is_told_from_a_service_that_refuses_all(
    service: Service, connected: Connect, status: int
) -> None:
    remote = connected()
    service.refused = {"Eleven volunteers": status}
    with pytest.raises(RefusedText, match=r"does not take a text of \d+ tokens.*text too long"):
        remote.embed_passages(PASSAGES)
    assert len(remote.embed_passages(PASSAGES[2:])) == 1
    service.refused = {"": status}
    with pytest.raises(WrongService, match="does not take a text"):
        remote.embed_passages(PASSAGES)


def test_a_service_that_asks_for_a_long_wait_is_left_alone(
    service: Service, connected: Connect
) -> None:
    service.answers = [(429, {"Retry-After": "60"}, "")]
    remote = connected()
    begun = time.monotonic()
    for _ in range(3):
        with pytest.raises(ServiceUnavailable, match="too much to do"):
            remote.embed_query(QUESTION)
    assert len(service.sent) == 1
    assert time.monotonic() - begun < 30


def test_a_question_waits_a_short_time_only(service: Service, connected: Connect) -> None:
    remote = connected(embedding_question_s=0.5)
    service.hold.clear()
    begun = time.monotonic()
    with pytest.raises(ServiceUnavailable, match="does not answer"):
        remote.embed_query(QUESTION)
    with pytest.raises(ServiceUnavailable, match="does not answer"):
        remote.embed_query("un'altra domanda")
    assert time.monotonic() - begun < 5
    assert "does not answer" in str(remote.obstacle())


def test_a_question_waits_a_short_time_for_an_answer_that_drips(
    service: Service, connected: Connect
) -> None:
    remote = connected(embedding_question_s=3.0)
    remote.embed_query(QUESTION)
    service.drips = True
    begun = time.monotonic()
    with pytest.raises(ServiceUnavailable, match="does not answer"):
        remote.embed_query("un'altra domanda")
    assert time.monotonic() - begun < 9


def test_a_question_waits_a_short_time_for_the_check_of_a_worker(
    service: Service, connected: Connect
) -> None:
    remote = connected(embedding_question_s=3.0)
    service.hold.clear()
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(remote.embed_passages, PASSAGES)
        assert service.arrived.acquire(timeout=100)
        begun = time.monotonic()
        with pytest.raises(ServiceUnavailable, match="too much to do"):
            remote.embed_query(QUESTION)
        assert time.monotonic() - begun < 9
        service.hold.set()
        assert len(waiting.result(100)) == 3
    assert remote.embed_query(QUESTION).shape == (384,), "nothing was held against the service"


def test_a_question_does_not_wait_for_passages(service: Service, connected: Connect) -> None:
    remote = connected(embedding_requests=1, embedding_batch=1)
    remote.embed_query(QUESTION)
    service.held = "passage: "
    service.hold.clear()
    while service.arrived.acquire(blocking=False):
        pass
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(remote.embed_passages, PASSAGES)
        assert service.arrived.acquire(timeout=100)
        assert remote.embed_query("un'altra domanda").shape == (384,)
        service.hold.set()
        assert len(waiting.result(100)) == 3


def test_nothing_goes_to_a_proxy(
    service: Service, connected: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    assert connected().embed_query(QUESTION).shape == (384,)


def test_it_recovers_and_is_compared_again(service: Service, connected: Connect) -> None:
    remote = connected()
    before = remote.embed_query(QUESTION)
    service.stop()
    with pytest.raises(ServiceUnavailable, match="does not answer"):
        remote.embed_passages(PASSAGES)
    assert (remote.embed_query(QUESTION) == before).all(), "remembered"
    service.change = _turned
    service.start()
    assert "gives others" in _obstacle_after(remote, "does not answer")
    service.change = lambda vectors: vectors
    assert _obstacle_after(remote, "gives others") == "None"
    assert len(remote.embed_passages(PASSAGES)) == 3


def _obstacle_after(remote: ServiceEmbedder, passing: str) -> str:
    """What keeps from embedding once it is no longer what ``passing`` says."""
    until = time.monotonic() + 60
    while passing in (found := str(remote.obstacle())):
        assert time.monotonic() < until, found
        time.sleep(0.1)
    return found
