"""Examples of requests and answers, by operation, for the OpenAPI description; further ones stand
at their models."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_DOCUMENT: dict[str, Any] = {
    "id": "5f0c9d6e-6c1e-4f43-9a55-0a4f6a3f2a11",
    "title": "Relazione sul mulino di Valdombra",
    "authors": ["Anna Verdi"],
    "publisher": "Comune di Valdombra",
    "year": 2024,
    "language": "it",
    "country": "IT",
    "themes": ["green-economy"],
    "filename": "mulino.pdf",
    "status": "ready",
}
_QUESTION: dict[str, Any] = {
    "id": "0c8f3b52-8d3c-4f6f-8d0e-1f6f0a9b7c22",
    "q": "Chi macina il grano in paese?",
    "url": "https://kb.example.org/search?q=Chi+macina+il+grano+in+paese%3F",
    "saved_at": "2026-11-30T08:00:00Z",
    "answers": [],
}
REQUESTS: Mapping[str, Any] = {
    "change_document": {"title": "Relazione sul mulino, 2024", "year": 2024, "themes": []},
    "confirm_guesses": {"fields": ["title", "year"]},
    "save_question": {"q": "Chi macina il grano in paese?", "theme": ["green-economy"]},
    "judge_result": {
        "q": "Chi macina il grano in paese?", "item": _DOCUMENT["id"], "useful": True,
    },
}  # fmt: skip
RESPONSES: Mapping[str, Any] = {
    "add_document": {"id": _DOCUMENT["id"], "status": "queued", "existing": False},
    "get_document": {
        "id": _DOCUMENT["id"],
        "status": "processing",
        "reason": None,
        "stage": "embed",
        "progress": 0.4,
    },
    "list_documents": {"total": 1, "documents": [_DOCUMENT], "next": None},
    "list_pages": {
        "page_count": 1,
        "pages": [
            {
                "number": 1,
                "label": "",
                "url": f"https://kb.example.org/documents/{_DOCUMENT['id']}/pages/1",
                "text": "Il mulino macina di nuovo dal 2012.",
            }
        ],
        "next": None,
    },
    "list_questions": {"questions": [_QUESTION], "next": None},
    "get_question": _QUESTION,
    "save_question": _QUESTION,
    "list_judgements": {"judgements": {_DOCUMENT["id"]: True}},
}
