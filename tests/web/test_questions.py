"""Keeping questions and judging results, through forms, with and without htmx."""

import pytest

from kb.access import Role
from web.http.addresses import local_path

QUESTION = "Conviene unire i piccoli comuni?"


def test_a_question_is_kept_and_forgotten(sign_in):
    member = sign_in(Role.MEMBER)
    kept = member.post("/questions", data={"q": QUESTION, "country": ["IT", "DK"]})
    assert kept.status_code == 200
    assert QUESTION in kept.text
    assert "country=IT&amp;country=DK" in kept.text
    fragment = member.post("/questions", data={"q": QUESTION}, headers={"HX-Request": "true"})
    assert "<html" not in fragment.text
    assert 'role="status"' in fragment.text
    listed = member.get("/questions").text
    ids = {part.split("/")[0] for part in listed.split('action="/questions/')[1:]}
    assert len(ids) == 2
    officer = sign_in(Role.OFFICER)
    for one in ids:
        assert officer.post(f"/questions/{one}/delete").status_code == 404
    member = sign_in(Role.MEMBER)
    for one in ids:
        assert member.post(f"/questions/{one}/delete").status_code == 200
    assert QUESTION not in member.get("/questions").text


def test_an_empty_question_is_refused_in_words(sign_in):
    answer = sign_in(Role.MEMBER).post("/questions", data={"q": "  "})
    assert answer.status_code == 422
    assert "La domanda è vuota" in answer.text


def test_a_result_is_judged(sign_in):
    officer = sign_in(Role.OFFICER)
    practice = officer.get("/api/v1/practices").json()["practices"][0]["id"]
    said = {"q": QUESTION, "item": practice, "useful": "yes", "back": "/search?q=x"}
    pressed = officer.post("/judgements", data=said, headers={"HX-Request": "true"})
    assert 'value="unsaid" aria-pressed="true"' in pressed.text
    back = officer.post("/judgements", data=said | {"useful": "unsaid"}, follow_redirects=False)
    assert (back.status_code, back.headers["location"]) == (303, "/search?q=x")
    assert officer.post("/judgements", data=said | {"item": "nothing-here"}).status_code == 404
    assert officer.post("/judgements", data=said | {"useful": "perhaps"}).status_code == 422


def test_the_public_keeps_nothing(client):
    answer = client.get("/questions", follow_redirects=False)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/login?next=%2Fquestions"
    assert client.post("/judgements", data={}, follow_redirects=False).status_code == 303


@pytest.mark.parametrize(
    "address",
    ["https://elsewhere.example/", "//elsewhere.example", "///elsewhere.example", "//[",
     "/\\elsewhere.example", "javascript:1", "relative", "", "/a\nb"],
)  # fmt: skip
def test_nobody_is_led_elsewhere(address):
    assert local_path(address) == "/"


def test_a_settled_question_leaves_the_list(researcher, services):
    from search.unanswered import note_unanswered

    note_unanswered(services, "Cosa fare degli ulivi?", "it")
    assert "Cosa fare degli ulivi?" in researcher.get("/unanswered").text
    researcher.post("/unanswered/settle", data={"text": "Cosa fare degli ulivi?"})
    assert "Cosa fare degli ulivi?" not in researcher.get("/unanswered").text
    note_unanswered(services, "Cosa fare degli ulivi?", "it")
    assert "Cosa fare degli ulivi?" in researcher.get("/unanswered").text


def test_programs_keep_questions_and_judge_results(sign_in):
    officer = sign_in(Role.OFFICER)
    asked = {"q": QUESTION, "country": ["IT"], "year_from": 2019}
    made = officer.post("/api/v1/questions", json=asked)
    assert made.status_code == 201
    kept = made.json()
    assert kept["q"] == QUESTION
    assert "country=IT" in kept["url"]
    assert officer.post("/api/v1/questions", json=asked).json()["id"] == kept["id"]
    assert kept["id"] in [one["id"] for one in officer.get("/api/v1/questions").json()["questions"]]
    assert kept["answers"] == []
    practice = officer.get("/api/v1/practices").json()["practices"][0]["id"]
    said = {"q": QUESTION, "item": practice, "useful": False}
    assert officer.put("/api/v1/judgements", json=said).status_code == 204
    judged = officer.get("/api/v1/judgements", params={"q": QUESTION}).json()
    assert judged == {"judgements": {practice: False}}
    assert officer.put("/api/v1/judgements", json=said | {"useful": None}).status_code == 204
    assert officer.put("/api/v1/judgements", json=said | {"item": "none"}).status_code == 404
    assert officer.put("/api/v1/judgements", json=said | {"q": "  "}).status_code == 422
    assert officer.post("/api/v1/questions", json={"q": " "}).status_code == 422
    member = sign_in(Role.MEMBER)
    assert member.delete(f"/api/v1/questions/{kept['id']}").status_code == 404
    officer = sign_in(Role.OFFICER)
    assert officer.post(f"/api/v1/questions/{kept['id']}/read").status_code == 200
    assert officer.delete(f"/api/v1/questions/{kept['id']}").status_code == 204
    assert officer.delete(f"/api/v1/questions/{kept['id']}").status_code == 404
