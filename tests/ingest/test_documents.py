"""Real and hostile documents, in the child process that reads them in production."""

import time
import unicodedata
from pathlib import Path

import pytest

from ingest.extracted_item import Content
from ingest.processes.child_process import ProcessLimits
from ingest.processes.extract_child import ReadRequest, read_in
from ingest.processes.isolation import Child
from ingest.text.split import contextual_header
from kb.domain import Verdict
from kb.embedding.embedder import find_model, load_tokenizer
from kb.messages import KbError
from kb.settings import Settings

DOCUMENTS = Path(__file__).parents[2].parent / "shared" / "docs"
FILES = sorted(path for path in DOCUMENTS.glob("*/*/*") if path.is_file())
SILENCE_S = 20
SETTINGS = Settings(ocr=False, extract_timeout_s=SILENCE_S)
WITHOUT_TEXT_LAYER = "034_geothermie-champigny.pdf"

pytestmark = pytest.mark.skipif(not FILES, reason=f"no documents in {DOCUMENTS}")


@pytest.fixture(scope="module")
def child():
    child = Child(
        "ingest.processes.extract_child:read",
        ProcessLimits(memory_mb=1536, silence_s=SILENCE_S, nice=0),
        Content,
    )
    yield child
    child.close()


@pytest.fixture(scope="module")
def count():
    tokenizer = load_tokenizer(SETTINGS)
    prompt = find_model(SETTINGS).passage_prompt
    return lambda text: tokenizer.count(prompt + text)


def read(child, path):
    request = ReadRequest(path, path.name, "key", SETTINGS)
    return read_in(child, request, lambda progress: None)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_gives_text_with_addresses_or_a_sentence(child, count, path):
    begun = time.monotonic()
    try:
        content = read(child, path)
    except KbError as error:
        content, sentence = None, str(error)
    assert time.monotonic() - begun < 3 * SILENCE_S
    if content:
        check(content, count)
    else:
        assert path.parts[-3] == "hostile" or path.name == WITHOUT_TEXT_LAYER
        assert len(sentence) > 20
        assert sentence.endswith(".")


def check(content, count):
    text_of = {page.number: page.text for page in content.pages}
    assert content.title.strip()
    assert content.passages
    assert len({passage.id for passage in content.passages}) == len(content.passages)
    for page in content.pages:
        assert bool(page.text) <= (page.verdict in {Verdict.TEXT, Verdict.OCR})
        assert not [c for c in page.text if c != "\n" and unicodedata.category(c) in {"Cc", "Cs"}]
        page.raw.encode()
    for passage in content.passages:
        assert passage.text == "\n".join(
            text_of[span.page][span.start : span.end] for span in passage.spans
        )
        tokens = count(contextual_header(content.title, passage.heading_path) + passage.text)
        assert tokens <= SETTINGS.passage_tokens
    for heading in content.outline:
        assert 0 <= heading.offset <= len(text_of[heading.page])


def test_the_same_text_as_docx_and_pdf_reads_alike(child):
    words = [
        set(" ".join(page.text for page in read(child, path).pages).lower().split())
        for path in FILES
        if path.name.startswith(("166_Focus", "167_Focus"))
    ]
    assert len(words[0] & words[1]) > 0.9 * min(map(len, words))
