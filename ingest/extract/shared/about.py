"""Clean the metadata that files declare: titles, authors, years, languages. Values made up by
programs are dropped."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from pathlib import PurePath

from ingest.extract.shared.author_names import sensible_names
from kb.text.lines import one_line

__all__ = [
    "MAX_TITLE",
    "has_words",
    "is_junk_heading",
    "is_section_word",
    "one_line",
    "sensible_authors",
    "sensible_language",
    "sensible_title",
    "sensible_year",
    "title_of_file",
    "words_of_file",
]

MAX_TITLE = 300
"""Characters of a title."""

_PROGRAM = re.compile(
    r"^(?:microsoft|libreoffice|openoffice)(?: office)? ?(?:word|writer|powerpoint|impress|excel|"
    r"calc|publisher)\s*-\s*",
    re.IGNORECASE,
)
_NO_TITLE = re.compile(
    r"(?:.*\.(?:docx?|docm|dotx?|pdf|indd|pptx?|xlsx?|qxd|odt|ods|odp|rtf|pub|ai|tex|html?|cdr|md|"
    r"txt|csv|jpe?g|png|tiff?|p7m|eml|msg)"
    r"|(?:untitled|senza (?:titolo|nome)|ohne (?:titel|namen)|unbenannt\w*|sans (?:titre|nom)|"
    r"sin t[ií]tulo|no title|titolo(?: (?:del )?(?:documento|presentazione|report|relazione))?|"
    r"(?:document|report|presentation|your) title(?: here)?|title(?: of (?:the )?document)?|"
    r"titel(?: des dokuments)?|dokument(?:en)?titel|titre(?: du document)?|"
    r"t[ií]tulo(?: del documento)?|inserire (?:qui )?(?:il )?titolo.*|insert title.*|"
    r"\[.{0,30}(?:tit|docum)[^\]]*\]|fare clic per .*|click to (?:add|edit) .*|"
    r"(?:titel )?durch klicken .*|cliquez pour .*|haga clic para .*)(?:\s*\(?\d*\)?)?"
    r"|(?:powerpoint[- ]pr[aeä]sentation|powerpoint presentation|presentazione (?:standard |"
    r"vuota )?(?:di |in )?powerpoint|pr[eé]sentation powerpoint|presentaci[oó]n de powerpoint)"
    r"\W*\d*"
    r"|(?:(?:nuov[oa]|new|neue[rs]?|nouve(?:au|lle)|nuev[oa]|blank|vuot[oa]) )?"
    r"(?:doc|document|documento|dokument|layout|slide|diapositiva|diapositive|folie|foglio|sheet|"
    r"tabelle|feuille|hoja|book|cartel|mappe|classeur|libro|workbook|presentazione|presentation|"
    r"pr[aä]sentation|pr[eé]sentation|presentaci[oó]n|pagina|page|seite|p[aá]gina|image|immagine|bild|imagen|img|foto|print|stampa|"
    r"druck|impression|index|home|homepage|file|test|prova|null|none|about:blank|section|sezione)"
    r"(?:[ _-]?\(?\d{1,3}\)?|[ _-](?:di|of|von|de|sur)[ _-]\d+)*"
    r"|(?:template|modello|vorlage|mod[eè]le|plantilla)(?: \(?\d{1,2}\)?)?"
    r"|(?:camscanner|adobe scan|genius ?scan|office lens|microsoft lens|scanned|scansion[ei]|"
    r"scan(?:ner)?|scansnap|numeris\w+|num[eé]risation|numérisé|escan(?:eo|eado|er)\w*|"
    r"gescannt\w*|einscannen|scanned (?:document|image|file|from)|documento scansionato|"
    r"documento acquisito|acquisizione|digitaliza\w+|eingescannt\w*)"
    r"(?:[\W\d_]*|[\W_]+(?:document\w*|dokument\w*|image|page|file|di|da|from|von|de|del|a|the|"
    r"multifunction|xerox|canon|hp|epson|kyocera|ricoh|sharp|brother|konica|minolta|"
    r"workcentre|mfp|stampante|dispositivo|device|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|"
    r"am|pm|\d+)\b)*[\W\d_]*"
    r"|(?:img|dscn?|dcim|pict?|photo|skm|km|mx|sharp|scn|wp|pxl|kmbt)[ _-]?\w{0,6}?\d{3,}"
    r"[\W\w]{0,20}"
    r"|(?:[\W\d_]*|\S*_\S*))",
    re.IGNORECASE,
)
"""Default titles and file names written by programs, templates and scanners, in five languages."""

_SECTION = re.compile(
    r"(?:(?:cap(?:itolo|\.)?|chapter|kapitel|chapitre|cap[ií]tulo|parte|part|teil|partie|sezione|"
    r"section|abschnitt|secci[oó]n|titolo|art(?:icolo|\.)?|allegato|annex|anhang|annexe|anexo|"
    r"appendi(?:ce|x))\s*(?:[\divxlc]+|[a-z])?\b[\s.:–-]*)?"
    r"(?:[\divx]{1,4}(?:\.\d+)*\s?[.)–-]?\s+)?"
    r"(?:premess[ae]|introduzione|introducci[oó]n|introduction|einleitung|einf[uü]hrung|prefazione|"
    r"preface|foreword|vorwort|pr[eé]face|avant[- ]propos|prefacio|pr[oó]logo|presentazione|"
    r"indice(?: generale| analitico| dei contenuti)?|sommario|sommaire|contents|table of contents|"
    r"inhalt(?:sverzeichnis)?|table des mati[eè]res|[ií]ndice(?: de contenidos| general)?|"
    r"tabla de contenido|abstract|executive summary|summary|sintesi|riassunto|zusammenfassung|"
    r"r[eé]sum[eé](?: ex[eé]cutif)?|resumen(?: ejecutivo)?|ringraziamenti|acknowledge?ments?|"
    r"danksagung|remerciements|agradecimientos|background|contesto|quadro (?:generale|normativo)|"
    r"context|contexte|contexto|hintergrund|obiettivi|objectives|ziele|objectifs|objetivos|"
    r"conclusioni?|conclusions?|fazit|schlussfolgerung(?:en)?|conclusiones|bibliografia|"
    r"bibliography|references|literatur(?:verzeichnis)?|bibliographie|bibliograf[ií]a|glossario|"
    r"glossary|glossar|glossaire|glosario|allegati|annexes|anh[aä]nge|anexos|note|notes|"
    r"copertina|cover|frontespizio|title page|titelseite|impressum|colophon|colofon|metodologia|"
    r"methodology|methodik|m[eé]thodologie|metodolog[ií]a|elenco (?:delle )?(?:figure|tabelle)|"
    r"finalit[aà]|oggetto|scopo|purpose|scope)?[\s.:]*",
    re.IGNORECASE,
)
"""Names of document parts, in five languages."""

_JUNK_HEADING = re.compile(
    r"(?:_?(?:go ?back|toc\d+|hlk\d+|ref\d+)|(?:blank|empty) page|pagina (?:vuota|bianca)|"
    r"leere seite|page (?:vide|blanche)|p[aá]gina en blanco|untitled.*|senza titolo.*|"
    r"(?:pagina|page|seite|p[aá]gina|slide|diapositiva|folie|bookmark|segnalibro|lesezeichen|"
    r"signet|marcador)\s*[\divxlc]*(?:\s?(?:di|of|von|sur|de)\s?\d+)?"
    r"|.*\.(?:docx?|pdf|indd|pptx?|xlsx?|qxd|odt|rtf|eps|tiff?|jpe?g|png)|[\W\d_]*)",
    re.IGNORECASE,
)
"""Bookmarks made by programs, which are not headings."""

_WORD_BREAK = re.compile(r"(?:%20|[_+\s])+|(?<!\d)-+|-+(?!\d)")
_DIGIT = re.compile(r"\d")
_YEAR = re.compile(r"(?<!\d)(?:19[5-9]\d|20\d\d)(?!\d)")


def sensible_title(text: object) -> str:
    """The title on one line, or empty if it is a program's default or a file name."""
    title = _PROGRAM.sub("", one_line(text)).strip(" -–—")
    return "" if _NO_TITLE.fullmatch(title) or len(title) < 4 else title[:MAX_TITLE]


def is_section_word(text: str) -> bool:
    """Whether the text is a heading that many documents have: “1. Premessa”, “Contents”."""
    return bool(_SECTION.fullmatch(text.strip()))


def is_junk_heading(text: str) -> bool:
    """Whether a bookmark was made by a program: “_GoBack”, “Untitled”, “Page 3”, a file name."""
    return bool(_JUNK_HEADING.fullmatch(one_line(text)))


def title_of_file(filename: str) -> str:
    """The words of a file name, or empty with fewer than two words (or one and a number such as a
    date)."""
    name = words_of_file(filename)
    return name[:1].upper() + name[1:MAX_TITLE] if has_words(name) else ""


def words_of_file(filename: str) -> str:
    """A file name without suffix, with blanks for separators."""
    return _WORD_BREAK.sub(" ", one_line(PurePath(filename).stem)).strip()


def has_words(name: str) -> bool:
    """Whether the name has two words, or one and a number such as a date."""
    words = [word for word in name.split() if word.isalpha() and len(word) > 2]
    dated = len(_DIGIT.findall(name)) >= 4 and any(len(word) > 4 for word in words)
    return len(words) > 1 or dated


def sensible_authors(names: Sequence[object]) -> tuple[str, ...]:
    """Display names of people and bodies, without programs, accounts and logins."""
    texts = [name for name in names if isinstance(name, str)]
    return tuple(name.shown for name in sensible_names(texts))


def sensible_year(*sources: object) -> int | None:
    """The first year in the first source that has one, not in the future. Sources go best first."""
    for source in sources:
        years = (int(year) for year in _YEAR.findall(one_line(source)))
        past = [year for year in years if year <= date.today().year]
        if past:
            return past[0]
    return None


def sensible_language(code: object) -> str:
    """ISO 639-1 code of a language tag (``it`` for ``it-IT``); empty if it is not a language
    tag."""
    match = re.match(r"([A-Za-z]{2,3})(?:[-_]|$)", one_line(code))
    return match[1].lower() if match else ""
