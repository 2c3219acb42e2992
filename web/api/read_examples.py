"""Examples of answers of the operations that only read, by operation, for the OpenAPI
description."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_SITE = "https://kb.example.org"
_VERSION: dict[str, Any] = {
    "number": 2,
    "state": "present",
    "reason": None,
    "title": "Relazione sul mulino di Valdombra",
    "filename": "mulino-2.pdf",
    "media_type": "application/pdf",
    "size": 48213,
    "page_count": 12,
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "added_at": None,
    "replaced_at": None,
}
_REVISION: dict[str, Any] = {
    "id": "2b1f6c0a-4f0e-4a5e-9d53-3f6f1c2f7b10",
    "number": 3,
    "state": "published",
    "public": True,
    "visibility": "public",
    "written_by": ["Anna Verdi"],
    "decided_by": "Bruno Neri",
    "note": "",
    "saved_at": "2026-11-28T09:30:00Z",
    "decided_at": "2026-11-29T10:00:00Z",
    "changes": ["Anno di inizio passa da 2011 a 2012."],
}
_PLACE: dict[str, Any] = {
    "code": "052032",
    "name": "Siena",
    "province": "SI",
    "region": "Toscana",
    "nuts3": "ITI19",
    "population": 52839,
    "latitude": 43.31822,
    "longitude": 11.33064,
}
_ISSUE: dict[str, Any] = {
    "number": 4,
    "dated": "2026-11-01",
    "title": "Il grano di casa",
    "title_en": "Home-grown wheat",
    "language": "it",
    "url": f"{_SITE}/magazine/4",
    "published_at": "2026-11-02T08:00:00Z",
}
_ARTICLE: dict[str, Any] = {
    "id": "valdombra-mulino",
    "kind": "practice",
    "fate": "same",
    "title": "Il mulino di Valdombra",
    "title_en": "The mill of Valdombra",
    "language": "it",
    "lead": "Valdombra, Italia · 2012–",
    "summary": "Una cooperativa macina di nuovo il grano del paese.",
    "facts": [{"label": "Grano macinato", "value": "120 quintali (2024)"}],
    "note": "Perché si può rifare altrove.",
    "url": f"{_SITE}/practices/valdombra-mulino",
}
_EVENT: dict[str, Any] = {
    "id": "laboratorio-sui-mulini",
    "title": "Laboratorio sui mulini",
    "title_en": "",
    "language": "it",
    "event_type": "workshop",
    "held_on": "2027-03-12",
    "held_until": None,
    "begins_at": "15:30:00",
    "held_in": "Siena",
    "organiser": "Terre Comuni",
    "visibility": "public",
    "url": f"{_SITE}/collections/laboratorio-sui-mulini",
}
_PATH: dict[str, Any] = {
    "id": "compostare-in-paese",
    "title": "Compostare in paese",
    "title_en": "",
    "language": "it",
    "audience": "Tecnici dei comuni",
    "hours": 3,
    "argument": "Perché i rifiuti organici pesano per primi.",
    "outcomes": ["Scrivere un regolamento"],
    "visibility": "public",
    "state": "published",
    "url": f"{_SITE}/paths/compostare-in-paese",
}
_UNIT: dict[str, Any] = {
    "id": "7d0c1b8e-0d7b-4a57-8a0c-6d3f2b9f4e01",
    "number": 1,
    "title": "I numeri",
    "text": "",
    "readings": [{"id": "besancon-compostaggio-diffuso", "note": "Dice quanti sono."}],
    "questions": [
        {
            "id": "a3c1d5f2-9b7e-4c1a-8f30-2e6d4b5a7c18",
            "text": "Chi cura i composter?",
            "kind": "one",
            "options": ["Il comune", "Chi abita vicino"],
        }
    ],
    "with_event": False,
    "event": None,
    "done": False,
}
_ENTRY: dict[str, Any] = {
    "id": 812,
    "at": "2026-11-30T08:15:00Z",
    "account": "anna",
    "action": "document.edit",
    "subject": "5f0c9d6e-6c1e-4f43-9a55-0a4f6a3f2a11",
    "sentence": "Anna Verdi ha modificato editore e titolo di «Relazione sul mulino di Valdombra»",
}
READ: Mapping[str, Any] = {
    "list_versions": {"versions": [_VERSION], "next": None},
    "list_revisions": {"revisions": [_REVISION], "next": None},
    "list_places": {"total": 1, "places": [_PLACE], "next": None},
    "get_place": {
        **_PLACE,
        "facts": [
            {
                "variable": "population",
                "value": "52839",
                "source": "ISTAT, Censimento della popolazione 9 ottobre 2011",
                "year": 2011,
            }
        ],
    },
    "list_vocabularies": {"vocabularies": ["themes", "outcomes", "evidence"]},
    "get_vocabulary": {
        "name": "evidence",
        "terms": [
            {
                "slug": "primary",
                "labels": {"it": "Fonte primaria", "en": "Primary source"},
                "synonyms": {},
            }
        ],
    },
    "list_issues": {"issues": [_ISSUE], "next": None},
    "get_issue": {
        **_ISSUE,
        "editorial": "Che cosa **resta** quando un comune prova.",
        "sections": [{"title": "", "text": "", "articles": [_ARTICLE]}],
    },
    "list_events": {"total": 1, "events": [_EVENT], "next": None},
    "list_paths": {"total": 1, "paths": [_PATH], "next": None},
    "get_path": {**_PATH, "units": [_UNIT]},
    "list_audit_entries": {"total": 1, "entries": [_ENTRY], "next": None},
}
