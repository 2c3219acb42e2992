"""The command line as scripts use it: names, options, JSON and exit status are a contract."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from tests.kb_command import KB, ROOT, run_kb
from tests.llm_server.server import running

CARDS = ("danimarca-fusioni-2007", "unioni-comuni-emilia-romagna")


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    """A data folder with two practices and a report."""
    folder = tmp_path_factory.mktemp("cli")
    practices = folder / "corpus" / "practices"
    practices.mkdir(parents=True)
    for name in CARDS:
        (practices / f"{name}.md").write_bytes(
            (ROOT / "corpus" / "practices" / f"{name}.md").read_bytes()
        )
    reports = folder / "reports"
    reports.mkdir()
    (reports / "bus.md").write_text(
        "# Dial-a-ride in the hills\n\nThe service carried 4,200 passengers in 2019.", "utf-8"
    )
    (reports / "broken.pdf").write_bytes(b"%PDF-1.7\n")
    data = folder / "data"
    loaded = run_kb(data, "corpus", "load", folder / "corpus")
    assert loaded.returncode == 0, loaded.stderr
    read = run_kb(data, "ingest", reports / "bus.md", "--wait")
    assert read.returncode == 0, read.stderr
    return data, folder


def test_help_is_quick_and_imports_nothing_heavy():
    code = (
        "import sys, contextlib\n"
        "from kb.cli import main\n"
        "sys.argv = ['kb', '--help']\n"
        "with contextlib.suppress(SystemExit): main()\n"
        "heavy = {'torch', 'transformers', 'sentence_transformers', 'openvino', 'sqlalchemy',"
        " 'fastapi', 'pypdf', 'pypdfium2', 'qdrant_edge', 'numpy', 'pydantic'}\n"
        "sys.exit(', '.join(heavy & set(sys.modules)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    for command in ("ingest", "search", "serve", "worker", "eval", "corpus"):
        assert command in done.stdout.decode()


def test_ingest_answers_a_line_per_file_and_fails_with_status_1(base):
    data, folder = base
    done = run_kb(data, "ingest", folder / "reports", folder / "missing.pdf", "--wait", "--json")
    assert done.returncode == 1
    lines = {Path(line["path"]).name: line for line in map(json.loads, done.stdout.splitlines())}
    assert done.stderr.splitlines()[-1] == "3 files: 1 ready, 2 failed."
    assert lines["bus.md"]["status"] == "ready"
    assert lines["bus.md"]["id"]
    assert lines["bus.md"]["reason"] is None
    assert lines["broken.pdf"]["status"] == "failed"
    assert "damaged" in lines["broken.pdf"]["reason"]
    assert lines["missing.pdf"]["status"] == "failed"
    assert lines["missing.pdf"]["id"] is None


def test_a_file_name_that_is_no_text_is_taken_all_the_same(tmp_path):
    path = os.fsencode(tmp_path) + b"/caff\xe9.md"
    with open(path, "wb") as file:
        file.write(b"# Sagra")
    done = run_kb(tmp_path / "data", "ingest", os.fsdecode(path), "--json")
    assert done.returncode == 0, done.stderr
    line = json.loads(done.stdout)
    assert (line["path"], line["status"]) == (f"{tmp_path}/caff?.md", "queued")


def test_what_is_no_file_fails_with_a_sentence_and_the_rest_is_taken(tmp_path):
    folder = tmp_path / "reports"
    (folder / "empty").mkdir(parents=True)
    (folder / "sagra.md").write_text("# Sagra")
    os.mkfifo(tmp_path / "pipe")
    done = run_kb(tmp_path / "data", "ingest", tmp_path / "pipe", "/dev/zero", folder, "--json")
    assert done.returncode == 1, done.stderr
    pipe, zeros, report = map(json.loads, done.stdout.splitlines())
    assert pipe["status"] == zeros["status"] == "failed"
    assert pipe["reason"] == zeros["reason"] == "This is not a file: check the path."
    assert report["status"] == "queued"
    nothing = run_kb(tmp_path / "data", "ingest", folder / "empty")
    assert "no file" in nothing.stderr


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("serve", "--port", "99999"), "65535"),
        (("serve", "--host", "è" * 80), "choose another --port or --host"),
        (("search", "mulino", "--theme", "nope"), "eco-building"),
        (("backup", "/no/such/folder/kb.tgz"), "There is no folder /no/such/folder"),
        (("judgements", "/proc/nope"), "/proc/nope cannot be read or written"),
    ],
)
def test_wrong_words_are_told_with_status_2(base, arguments, told):
    done = run_kb(base[0], *arguments, COLUMNS="1000")
    assert done.returncode == 2, done.stderr
    assert told in done.stderr
    assert "Traceback" not in done.stderr


def test_a_question_that_is_no_text_is_asked_all_the_same(base):
    done = run_kb(base[0], "search", os.fsdecode(b"bus \xff"), "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["query"] == "bus ?"


def test_search_answers_json_by_the_contract(base):
    data, _ = base
    done = run_kb(
        data,
        "search",
        "Conviene la fusione tra comuni?",
        "--limit",
        2,
        "--place",
        "052032",
        "--json",
    )
    assert done.returncode == 0, done.stderr
    page = json.loads(done.stdout)
    assert page["query"] == "Conviene la fusione tra comuni?"
    assert page["language"] == "it"
    assert page["took_ms"] > 0
    assert len(page["results"]) == 2
    assert {result["id"] for result in page["results"]} == set(CARDS)
    for result in page["results"]:
        assert result["kind"] == "practice"
        assert result["measured_results"]
        known = result["context"]["known"]
        assert result["similarity"] is None if known < 4 else 0 < result["similarity"] <= 1
        for passage in result["passages"]:
            assert set(passage) >= {
                "document_id", "document_title", "page_first", "page_last",
                "heading", "language", "text", "score",
            }  # fmt: skip


def test_corpus_load_changes_nothing_the_second_time(base):
    data, folder = base
    done = run_kb(data, "corpus", "load", folder / "corpus")
    assert done.returncode == 0
    assert "0 new or changed" in done.stdout


def test_a_bad_card_is_refused_with_file_line_and_reason(base, tmp_path):
    data, folder = base
    cards = tmp_path / "corpus" / "practices"
    cards.mkdir(parents=True)
    card = (folder / "corpus" / "practices" / f"{CARDS[0]}.md").read_text("utf-8")
    (cards / "bad.md").write_text(card.replace("country: DK", "country: Denmark", 1), "utf-8")
    done = run_kb(data, "corpus", "load", tmp_path / "corpus")
    assert done.returncode == 1
    assert "practices/bad.md:" in done.stderr
    assert "country" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "environment", "says"),
    [
        (("search", "  "), {}, "empty"),
        (("search", "x" * 10_000), {}, "shorten"),
        (("search", "x", "--place", "000000"), {}, "ISTAT"),
        (("search", "comuni"), {"KB_EMBEDDING_MODEL": "nobody/nothing"}, "not on this machine"),
        (("ingest",), {}, "Missing argument"),
        (("search", "x"), {"KB_MAX_PAGES": "many"}, "KB_MAX_PAGES"),
        (("eval", "/nowhere"), {}, "BEIR"),
    ],
)
def test_wrong_usage_is_a_sentence_and_status_2(base, arguments, environment, says):
    done = run_kb(base[0], *arguments, **environment)
    assert done.returncode == 2, done.stderr
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_a_data_folder_that_cannot_be_made_is_a_sentence(tmp_path):
    (tmp_path / "file").write_text("in the way")
    done = run_kb(tmp_path / "file" / "data", "corpus", "load")
    assert done.returncode == 2
    assert "KB_DATA_DIR" in done.stderr


def quickest_answer_s(url):
    """On a connection that stays. Where answers leave in two parts and the second waits until the
    first is acknowledged (Nagle's algorithm), none is quicker than Linux's 40 ms for that."""
    seconds = []
    with httpx.Client(base_url=url) as client:
        for _ in range(60):
            began = time.perf_counter()
            client.get("/health/live").raise_for_status()
            seconds.append(time.perf_counter() - began)
    return min(seconds[30:])  # the first are acknowledged at once


def test_serve_says_when_it_is_ready_and_keeps_others_out(base):
    data, folder = base
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = run_kb(data, "serve", "--port", taken.getsockname()[1])
        assert done.returncode == 2
        assert "--port" in done.stderr
    environment = {**os.environ, "KB_DATA_DIR": str(data)}
    with subprocess.Popen(
        [*KB, "serve", "--port", "0"],
        env=environment, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    ) as server:  # fmt: skip
        try:
            url = server.stdout.readline().removeprefix("ready ").strip()
            assert httpx.get(f"{url}/health").status_code == 200
            assert quickest_answer_s(url) < 0.03

            second = run_kb(data, "serve", "--port", "0")
            assert second.returncode == 2
            assert "KB_DATA_DIR" in second.stderr

            asked = run_kb(data, "search", "passeggeri a chiamata", "--limit", 1, "--json")
            assert asked.returncode == 0, asked.stderr
            assert json.loads(asked.stdout)["results"][0]["title"] == "Dial-a-ride in the hills"

            (folder / "late.md").write_text("# Late\n\nThis arrived while the server ran.", "utf-8")
            late = run_kb(data, "ingest", folder / "late.md", "--wait", "--json")
            assert json.loads(late.stdout)["status"] == "ready"
        finally:
            server.terminate()
            server.wait(100)


def test_eval_measures_the_whole_pipeline(tmp_path):
    topics = {"bus": "autobus", "waste": "rifiuti", "school": "scuola", "wood": "bosco"}
    texts = {
        "bus": "The bus on demand carries elderly people to the clinic.",
        "waste": "Household waste fell by half after the pay-as-you-throw tariff.",
        "school": "The village school reopened with eleven pupils.",
        "wood": "Owners of small forests sell their timber together.",
    }
    (tmp_path / "corpus.jsonl").write_text(
        "\n".join(json.dumps({"_id": id, "title": "", "text": text}) for id, text in texts.items())
    )
    (tmp_path / "queries.jsonl").write_text(
        "\n".join(
            json.dumps({"_id": f"q-{id}", "text": word, "kind": "short" if id == "bus" else ""})
            for id, word in topics.items()
        )
    )
    (tmp_path / "qrels.tsv").write_text(
        "query-id\tcorpus-id\tscore\n" + "\n".join(f"q-{id}\t{id}\t1" for id in topics)
    )
    run = tmp_path / "out.run"
    with running() as server:
        server.write = lambda asked: [
            {
                "statement": "Il testo parla di un servizio utile agli abitanti.",
                "passage": number,
                "quotation": asked["passages"][0]["text"],
            }
            for number in (1, 99)
        ]
        named = {"KB_LLM_URL": server.url, "KB_LLM_MODEL": "test"}
        done = run_kb(
            tmp_path / "data", "eval", tmp_path, "--json", "--run", run, "--summaries", "2", **named
        )
        sent = len(server.requests)
    assert done.returncode == 0, done.stderr
    scores = json.loads(done.stdout)
    assert scores["queries"] == 4
    measures = {"queries", "ndcg@10", "recall@10", "recall@100", "mrr@10"}
    assert set(scores) == measures | {"centred", "pairs", "kinds", "verdicts", "summaries"}
    told = scores["summaries"]
    assert 1 <= sent <= 2
    assert told["questions"] == sent
    assert (told["model"], told["unsent"], told["failed"], told["refused"]) == ("test", 0, 0, 0)
    assert told["written"] == 2 * sent
    assert told["kept"] == told["dropped"].get("no_passage", 0) == sent
    assert told["surviving"] == 0.5
    assert set(scores["centred"]) == measures - {"queries"}
    assert scores["centred"]["mrr@10"] > 0.7
    assert [pair["centred"] for pair in scores["pairs"]] == [scores["centred"]]
    assert [(kind["kind"], kind["queries"]) for kind in scores["kinds"]] == [("short", 1)]
    assert {pair["document"] for pair in scores["pairs"]} == {"en"}
    assert sum(pair["queries"] for pair in scores["pairs"]) == 4
    assert scores["recall@10"] == 1.0
    assert scores["mrr@10"] > 0.7
    first = run.read_text().splitlines()[0].split()
    assert len(first) == 6
    assert first[1] == "Q0"
    assert not (tmp_path / "data").exists()


def test_a_file_that_is_here_already_is_named(base):
    data, folder = base
    again = run_kb(data, "ingest", folder / "reports" / "bus.md", "--json")
    assert again.returncode == 0, again.stderr
    assert "here already, as “Dial-a-ride in the hills”" in again.stderr
    assert set(json.loads(again.stdout)) == {"path", "id", "status", "reason"}
