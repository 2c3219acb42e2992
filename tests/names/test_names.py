"""Names of authors: people have a family and a given name, bodies are one literal."""

from __future__ import annotations

import pytest

from kb.text.names import names_in
from kb.text.names.words import is_program_account


def parts(text: str) -> list[str]:
    return [name.literal or f"{name.family}|{name.given}" for name in names_in(text)]


@pytest.mark.parametrize(
    "body",
    [
        "Ministero dell’Ambiente e della Sicurezza Energetica",
        "Ministry of Agriculture and Forestry",
        "Ministère de la Transition écologique et de la Cohésion des territoires",
        "Bundesministerium für Umwelt und Naturschutz",
        "Ministerio de Agricultura, Pesca y Alimentación",
        "Department of Energy and Climate Change",
        "Food and Agriculture Organization of the United Nations",
        "World Health Organization, Regional Office for Europe",
        "Comune di Valdombra, Settore Ambiente",
        "Agenzia nazionale per le nuove tecnologie, l’energia e lo sviluppo economico sostenibile",
        "Banca d'Italia",
        "Slow Food Italia",
        "Comune di Bagno a Ripoli",
        "OECD",
        "Legambiente",
        "Istituto di Ricerche Economiche e Sociali",
    ],
)
def test_a_body_is_one_name_whatever_stands_in_it(body):
    assert parts(body) == [body]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Lucia Bianchi, Mario Rossi", ["Bianchi|Lucia", "Rossi|Mario"]),
        ("Bianchi Lucia, Rossi Mario", ["Bianchi|Lucia", "Rossi|Mario"]),
        ("Bianchi, Lucia; Rossi, Mario", ["Bianchi|Lucia", "Rossi|Mario"]),
        ("Bianchi, Lucia, Rossi, Mario", ["Bianchi|Lucia", "Rossi|Mario"]),
        ("Bianchi, Lucia and Rossi, Mario", ["Bianchi|Lucia", "Rossi|Mario"]),
        ("Bianchi, L., Rossi, M.", ["Bianchi|L.", "Rossi|M."]),
        ("Bianchi L., Rossi M.", ["Bianchi|L.", "Rossi|M."]),
        ("Lucia Bianchi e Mario Rossi", ["Bianchi|Lucia", "Rossi|Mario"]),
        ("Lucia Bianchi, M. Rossi, and Anna Verdi", ["Bianchi|Lucia", "Rossi|M.", "Verdi|Anna"]),
        ("Hans Müller und Eva Schmidt", ["Müller|Hans", "Schmidt|Eva"]),
        ("Jean-Pierre Dupont et Marie Le Goff", ["Dupont|Jean-Pierre", "Le Goff|Marie"]),
        ("María García López y Juan Pérez", ["García López|María", "Pérez|Juan"]),
        ("Dott.ssa Lucia Bianchi, Ing. Mario Rossi", ["Bianchi|Lucia", "Rossi|Mario"]),
        ("Lucia Bianchi (Comune di Siena), Mario Rossi (ANCI)", ["Bianchi|Lucia", "Rossi|Mario"]),
        ("De Luca, Anna Maria", ["De Luca|Anna Maria"]),
        ("Anna van der Berg", ["van der Berg|Anna"]),
        ("Rossi, Maria Grazia", ["Rossi|Maria Grazia"]),
        ("Joan Smith & John Doe", ["Smith|Joan", "Doe|John"]),
        ("Mario Rossi", ["Rossi|Mario"]),
    ],
)  # fmt: skip
def test_people_are_told_apart_and_have_two_names(text, found):
    assert parts(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("ISPRA, ISTAT", ["ISPRA", "ISTAT"]),
        ("ENEA e ISPRA", ["ENEA", "ISPRA"]),
        ("Comune di Siena, Regione Toscana", ["Comune di Siena", "Regione Toscana"]),
        ("Università di Siena e Regione Toscana", ["Università di Siena", "Regione Toscana"]),
        ("Unione dei Comuni Amiata; Lucia Bianchi", ["Unione dei Comuni Amiata", "Bianchi|Lucia"]),
    ],
)
def test_bodies_beside_one_another_are_told_apart(text, found):
    assert parts(text) == found


@pytest.mark.parametrize(
    "name",
    [
        "Windows User", "Utente Windows", "Utente di Microsoft Office", "Microsoft Office User",
        "admin", "Administrator", "utente", "user", "User1", "Benutzer", "Utilisateur", "Usuario",
        "python-docx", "openpyxl", "Apache POI", "CamScanner", "Canon iR-ADV C3525", "HP",
        "KONICA MINOLTA bizhub C224e", "Autore sconosciuto", "mario.rossi@comune.it", "PC",
    ],
)  # fmt: skip
def test_programs_and_accounts_are_no_authors(name):
    assert is_program_account(name)


@pytest.mark.parametrize(
    "name",
    [
        "Lucia Bianchi",
        "OECD",
        "Ufficio di Piano",
        "Comune di Siena",
        "Federal Statistical Office",
        "Python Software Foundation",
    ],
)
def test_people_and_bodies_are_no_accounts(name):
    assert not is_program_account(name)
