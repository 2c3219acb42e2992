"""Examples of requests and answers, by operation, for the OpenAPI description; further ones stand
at their models."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from web.api.read_examples import READ

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
_FOUND: dict[str, Any] = {
    "kind": "document",
    "id": _DOCUMENT["id"],
    "title": _DOCUMENT["title"],
    "title_language": "it",
    "title_en": "",
    "score": 0.031,
    "relevance": 0.92,
    "place": None,
    "distance_km": None,
    "country": "IT",
    "year": 2024,
    "themes": ["green-economy"],
    "similarity": None,
    "context": None,
    "measured_results": [],
    "passages": [
        {
            "passage_id": "1c8a2f4e-0f2b-5f0a-8a58-2f9f4a7d1e10",
            "document_id": _DOCUMENT["id"],
            "document_title": _DOCUMENT["title"],
            "page_first": 1,
            "page_last": 1,
            "page_answer": 1,
            "field": None,
            "heading": "Il mulino",
            "language": "it",
            "text": "Il mulino macina di nuovo dal 2012. Lo gestisce una cooperativa.",
            "answers": ["Lo gestisce una cooperativa."],
            "score": 0.031,
        }
    ],
    "also_in": [],
}
RESPONSES: Mapping[str, Any] = {
    **READ,
    "search": {
        "query": "Chi macina il grano in paese?",
        "language": "it",
        "verdict": "answered",
        "answered": True,
        "by_meaning": True,
        "took_ms": 21.4,
        "total": 1,
        "relevant": 1,
        "less_near": 0,
        "page": 1,
        "collections": [],
        "profiles": [],
        "did_you_mean": None,
        "unknown_words": [],
        "place": None,
        "results": [_FOUND],
        "facets": {"kind": [{"value": "document", "count": 1, "selected": False}]},
    },
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
