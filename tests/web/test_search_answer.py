"""What a search answers in the JSON interface is what its description says."""

from web.api.search_models import SearchAnswer

QUESTIONS = (
    "mense a filiera corta in Toscana&place=052032", "comuni montani sotto i 5.000 abitanti",
    "unioni e fusioni di comuni&lens=demographic&place=052032", "mesne scolastiche",
    "xyzzy plugh", "che cosa c’è vicino a Siena?",
)  # fmt: skip


def test_a_search_answers_as_its_models_say_and_nothing_else(searcher):
    seen = set()
    for question in QUESTIONS:
        answer = searcher.get(f"/api/v1/search?limit=30&q={question}")
        assert answer.status_code == 200, answer.text
        read = SearchAnswer.model_validate(answer.json())
        assert read.model_dump(mode="json", exclude_unset=True) == answer.json(), question
        seen |= {name for name, value in read if value}
        seen |= {name for one in read.results for name, value in one if value}
        seen |= {name for one in (read.place,) if one for name, value in one if value}
    assert {
        "place", "context", "measured_results", "passages", "facets", "traits", "places",
    } <= seen  # fmt: skip
