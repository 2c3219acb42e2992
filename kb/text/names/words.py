"""Word lists for names: given names, particles, words of bodies, accounts of programs."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

from kb.text.folding import fold_text

PARTICLES = frozenset(
    "de di da del della dello dei degli delle dal dalla d van von der den dem del do dos das du la "
    "le lo el al bin ibn ben ter ten te zu zur zum af av vom y".split()
)
"""Words that belong to a family name."""

HONORIFICS = re.compile(
    r"^(?:(?:dott|dr|prof|ing|arch|avv|geom|rag|sig|mr|mrs|ms|hr|fr|herr|frau|mme|sra?|phd)"
    r"(?:\.?\s?(?:ssa|ra|ing|sse))?\.?\s+)+(?=\S+\s+\S)",
    re.IGNORECASE,
)
SUFFIX = re.compile(
    r"\s*[,(]?\s*\b(?:ph\.?\s?d\.?|m\.?sc\.?|m\.?a\.?|jr\.?|sr\.?|et al\.?|e altri|ed\.|eds\.|"
    r"\(a cura di\)|a cura di)\)?\s*$",
    re.IGNORECASE,
)
AFFILIATION = re.compile(r"\s*(?:\([^()]*\)|<[^<>]*>|\[[^\[\]]*\])\s*$")

HEADS = (
    "ministe", "comune", "comuni", "comunita", "commune", "communaute", "municip", "regione",
    "region", "regio", "provinc", "departement", "department", "universit", "universid",
    "istitut", "institut", "agenzi", "agenc", "agentur", "associa", "asociac", "fondazion",
    "foundation", "fondation", "fundacion", "stiftung", "consorz", "consort", "societa",
    "societ", "sociedad", "gesellschaft", "cooperativ", "coopera", "genossenschaft", "camera",
    "chamber", "chambre", "autorit", "authorit", "autorid", "behorde", "commission",
    "kommission", "comision", "consigli", "council", "conseil", "consejo", "parlam", "parlem",
    "parliament", "dipartiment", "departament", "assessorat", "comitat", "committee",
    "comite", "banca", "bank", "banque", "banco", "gruppo", "group", "grupo", "rete",
    "network", "netzwerk", "reseau", "unione", "union", "organiz", "organis", "ente", "enti",
    "azienda", "ospedal", "hospital", "hopital", "politecnico", "polytechn", "accademia",
    "academy", "osservatori", "observator", "museo", "museum", "citta", "city", "ville",
    "stadt", "gemeinde", "ayuntamiento", "diputacion", "junta", "gobierno", "governo",
    "government", "gouvernement", "bundes", "landes", "landkreis", "presiden", "prefettura",
    "parco", "unita", "european", "europaische", "europeenne", "the", "world", "united",
    "nazioni", "nations", "mairie", "metropole", "county", "town", "borough", "verband",
    "verein", "corte", "federazion", "federation", "confedera", "lega", "forum", "centro",
    "centre", "center", "zentrum", "gal", "scuola", "school", "schule", "ecole", "escuela",
    "generalitat", "statistics", "oficina", "laborator", "programm", "progetto", "project",
)  # fmt: skip
"""Prefixes of words at the start of a body's name, in five languages."""

PARTS = (
    "regional", "direzion", "direction", "direccion", "serviz", "service", "servici",
    "uffici", "office", "settore", "sector", "area", "unita", "staff", "team", "division",
    "abteilung", "referat", "amt", "redazion", "editor", "press", "media", "lab", "studio",
    "studi", "ricerc", "research", "nazional", "national", "nacional", "internaz", "internat",
    "europ", "italia", "francia", "france", "francais", "deutsch", "german", "espan", "spagn",
    "svizzer", "schweiz", "suisse", "osterreich", "austria", "toscana", "tuscany",
    "lombardia", "piemonte", "veneto", "liguria", "umbria", "lazio", "abruzzo", "molise",
    "campania", "puglia", "basilicata", "calabria", "sicilia", "sardegna", "trentino",
    "friuli", "emilia-romagna", "onlus", "ambient", "sviluppo", "environment", "energia",
    "energy", "agricol", "agricult", "forestry", "health", "salute", "sanita", "food",
    "water", "planning", "development", "policy", "edizioni", "editrice", "verlag",
    "publishing", "publications", "solutions", "consulting", "partners", "inc", "ltd", "llc",
    "plc", "gmbh", "ag", "spa", "srl", "scarl", "aps", "ets", "odv", "sas", "ev", "kg", "bv",
)  # fmt: skip
"""Prefixes of other words that do not occur in names of people."""

WHOLE = frozenset(
    "ente enti region regio regione ag spa srl sas ev kg bv inc lab the amt area gal rete lega ets "
    "aps odv ltd llc plc "
    "bank city town union corte studi team staff media world group forum".split()
)
"""Entries of HEADS and PARTS that are whole words, not prefixes."""

ENDINGS = ("ministerium", "amt", "agentur", "verband", "verein", "gesellschaft", "kreis", "werke")

CONNECTIVES = re.compile(
    r"(?:^|\s)(?:of|for|the|and|per|dei|degli|delle|des|fur|für|und|et|e|para|los|las|con|su|sul|"
    r"sulla|nel|nella|pour|(?:dell|all|sull|nell)['’]\w+)(?=\s|$)"
)
"""Lower-case words in names of bodies but not of people."""

KNOWN_BODIES = frozenset(
    "legambiente eurostat istat ispra enea invitalia coldiretti confindustria federcasa utilitalia "
    "formez ifel anci uncem unesco unicef unioncamere cittaslow symbola indire caritas emergency "
    "interreg espon urbact nomisma censis svimez cnr crea ismea agenas consip greenpeace ocse oecd "
    "onu fao who ademe cerema insee destatis difu iclei wwf cittadinanzattiva uncem federparchi "
    "legacoop confcooperative acli arci auser polis labsus openpolis eurocities eurofound "
    "mecenate ashoka ciheam cordis nesta".split()
)
"""One-word names of bodies that are not in capitals."""

_ACCOUNT = re.compile(
    r"(?:.*\b(?:windows user|utente windows|windows \d+|microsoft office|ms office|office user|"
    r"utente office|microsoft word|ms word|adobe|acrobat|libreoffice|openoffice|camscanner|"
    r"scanner|scansnap|workcentre|workcenter|bizhub|imagerunner|taskalfa|ecosys|aficio|laserjet|"
    r"officejet|powerpoint|excel|ghostscript|indesign|quarkxpress|photoshop|pdfcreator|"
    r"wkhtmltopdf|tcpdf|fpdf|itext|latex|pdftex|pandoc|chromium|chrome|google docs|canva|"
    r"wordpress|python docx|python pptx|openpyxl|apache poi|docx4j|multifunction|fotocopiatrice|"
    r"stampante|printer)\b.*"
    r"|(?:the )?(?:user|utente|admin|administrator|amministratore|administrador|administrateur|"
    r"default|owner|proprietario|propietario|proprietaire|benutzer|anwender|utilisateur|usuario|"
    r"gast|guest|ospite|author|autore|auteur|autor|verfasser|name|nome|unknown|sconosciuto|"
    r"anonymous|anonimo|unbekannt|inconnu|desconocido|none|null|test|prova|root|pc|computer|"
    r"segreteria|protocollo|postazione|ufficio|office|client|scan|un named|unnamed|n a)"
    r"(?: ?\d+| (?:user|name|nome|sconosciuto|account|pc|locale|local|utente|di|default|"
    r"predefinito|standard|unknown|inconnu|desconocido|unbekannt|computer|admin|\d+))*"
    r"|(?:hp|asus|acer|dell|lenovo|toshiba|samsung|canon|epson|xerox|ricoh|brother|kyocera|konica"
    r"|minolta|sharp|lexmark|olivetti|sony|fujitsu|ibm|oem|pdf|win|apple|mac|macbook)"
    r"(?: [\w ]*)?)"
)

_MAIL = re.compile(r"\S+@\S+|https?://\S+|www\.\S+")


@cache
def given_names() -> frozenset[str]:
    """Given names, folded; sources are in the data file."""
    text = files("kb.text.names").joinpath("given_names.txt").read_text("utf-8")
    lines = (line for line in text.splitlines() if not line.startswith("#"))
    return frozenset(word for line in lines for word in line.split())


def is_given(word: str) -> bool:
    """Whether a word is a given name, or two joined by a hyphen."""
    parts = fold_text(word).split()
    return bool(parts) and all(part in given_names() for part in parts)


def is_program_account(name: str) -> bool:
    """Whether a name is a default author of programs, scanners or computers: “Windows User”,
    “admin”."""
    return bool(_MAIL.search(name)) or bool(_ACCOUNT.fullmatch(fold_text(name)))


def begins_a_body(name: str) -> bool:
    """Whether the first word is one that begins names of bodies, or an acronym."""
    words = name.split()
    return bool(words) and (_has_prefix(fold_text(words[0]), HEADS) or is_acronym(words[0]))


def has_body_word(name: str) -> bool:
    words = fold_text(name).split()
    return any(_has_prefix(word, HEADS + PARTS) or word.endswith(ENDINGS) for word in words)


def is_acronym(word: str) -> bool:
    """Whether a word has two capitals and no lower-case letter: “OECD”; “S.p.A.” and “MARIO” do not
    count."""
    letters = re.sub(r"[^\w]", "", word)
    return len(letters) > 1 and letters.isupper() and not is_given(word) and "." not in word


def _has_prefix(word: str, beginnings: tuple[str, ...]) -> bool:
    return any(word == start if start in WHOLE else word.startswith(start) for start in beginnings)
