"""The form of a practice card: sections, fields and repeatable groups.

Field names are those of ``kb.practices.practice.Practice``; fields of a part have a path,
``place.name``.
"""

from __future__ import annotations

from kb.domain import CARD_LANGUAGE
from kb.messages import N_
from kb.practices.rules import SECTION_WORDS, SUMMARY_WORDS
from web.forms.card_parts import FieldGroup, FieldKind, FormField, FormSection
from web.forms.figure_fields import COSTS, QUOTED, RESULTS
from web.presenters.story import STORY as STORY_SECTIONS

LISTED = N_("Separate them with a semicolon.")

_PLACE = (
    FormField("name", N_("Name"), required=True),
    FormField("country", N_("Country"), FieldKind.COUNTRY, required=True),
    FormField("region", N_("Region")),
    FormField("istat_code", N_("ISTAT code"), hint=N_("Six digits, for Italian municipalities.")),
    FormField("population", N_("Residents"), FieldKind.WHOLE),
    FormField("population_year", N_("Year of that number"), FieldKind.WHOLE),
    FormField("population_source", N_("Where that number comes from")),
    FormField("degurba", N_("Degree of urbanisation"), FieldKind.SETTLEMENT),
    FormField("territory", N_("Territory"), FieldKind.CHOICE, "territories"),
    FormField("trend", N_("Population trend"), FieldKind.CHOICE, "trends"),
    FormField("economy", N_("Economy"), FieldKind.CHOICE, "economies"),
    FormField("governance", N_("Run by"), FieldKind.CHOICE, "governances"),
    FormField("elevation_m", N_("Elevation in metres"), FieldKind.WHOLE),
    FormField("density", N_("Residents per km²"), FieldKind.NUMBER),
    FormField("latitude", N_("Latitude"), FieldKind.NUMBER),
    FormField("longitude", N_("Longitude"), FieldKind.NUMBER),
)
IDENTITY = FormSection(
    "identity",
    N_("What it is"),
    fields=(
        FormField("title", N_("Title"), required=True, language=CARD_LANGUAGE, wide=True),
        FormField("title_en", N_("Title in English"), required=True, language="en", wide=True),
        FormField(
            "summary",
            N_("In one sentence"),
            FieldKind.TEXT,
            words=SUMMARY_WORDS,
            required=True,
            language=CARD_LANGUAGE,
            wide=True,
            hint=N_("Who did what, where and with what result: it is what lists show."),
        ),
        FormField(
            "summary_en",
            N_("In one sentence, in English"),
            FieldKind.TEXT,
            words=SUMMARY_WORDS,
            required=True,
            language="en",
            wide=True,
        ),
        FormField("start", N_("Year it began"), FieldKind.WHOLE, required=True),
        FormField(
            "end", N_("Year it ended"), FieldKind.WHOLE, hint=N_("Empty while it is running.")
        ),
        FormField("status", N_("Status"), FieldKind.CHOICE, "statuses", required=True),
        FormField(
            "as_of",
            N_("Status as of the year"),
            FieldKind.WHOLE,
            hint=N_("If empty, the year of the newest source or result."),
        ),
        FormField(
            "outcome",
            N_("Outcome"),
            FieldKind.CHOICE,
            "outcomes",
            required=True,
            hint=N_("A practice without effect, or that failed, is as welcome as a success."),
        ),
        FormField(
            "duration",
            N_("Months until the first result"),
            FieldKind.WHOLE,
            hint=N_("From the decision to the first result that could be seen."),
        ),
        FormField("duration_source", N_("Source of the duration"), FieldKind.SOURCE),
    ),
)
PLACE = FormSection(
    "place",
    N_("Where"),
    N_("What is known of the place lets officers find practices from places like theirs."),
    tuple(
        FormField(f"place.{f.name}", f.label, f.kind, f.vocabulary, f.hint, required=f.required)
        for f in _PLACE
    ),
    (
        FieldGroup(
            "other_places",
            N_("Other places"),
            N_("Place"),
            N_("Add a place"),
            ("name",),
            _PLACE[:7],
        ),
    ),
)
CLASSES = FormSection(
    "classes",
    N_("What it is about"),
    fields=(
        FormField("themes", N_("Themes"), FieldKind.CHOICES, "themes", required=True, wide=True),
        FormField("sectors", N_("Sectors"), FieldKind.CHOICES, "sectors", required=True, wide=True),
        FormField("strand", N_("Strand"), FieldKind.CHOICE, "strands", required=True),
        FormField("keywords", N_("Keywords"), FieldKind.LIST, hint=LISTED, language=CARD_LANGUAGE),
        FormField("ateco", N_("ATECO codes"), FieldKind.LIST, hint=LISTED),
        FormField(
            "sdgs", N_("Sustainable development goals"), FieldKind.CHOICES, "sdgs", wide=True
        ),
        FormField("cofog", N_("Functions of government"), FieldKind.CHOICES, "cofog", wide=True),
    ),
)
ACTORS = FormSection(
    "actors",
    N_("Who did it"),
    groups=(
        FieldGroup(
            "actors",
            N_("Who did it"),
            N_("Actor"),
            N_("Add an actor"),
            ("name", "role"),
            (
                FormField("name", N_("Name"), required=True),
                FormField("role", N_("Role"), required=True, language=CARD_LANGUAGE),
                FormField("kind", N_("What kind of body it is"), FieldKind.CHOICE, "actors"),
            ),
        ),
    ),
)
STORY = FormSection(
    "story",
    N_("Description"),
    N_("Plain Italian, lists with hyphens; together between 120 and 480 words."),
    tuple(
        FormField(part.value, section.heading, FieldKind.TEXT, hint=section.hint,
              words=SECTION_WORDS, required=True, language=CARD_LANGUAGE, wide=True)
        for part, section in STORY_SECTIONS.items()
    ),
    (
        FieldGroup(
            "quotations",
            N_("Quotations that support the story"),
            N_("Quotation"),
            N_("Add a quotation"),
            ("section", "source", "page"),
            (
                FormField("section", N_("Section it supports"), FieldKind.PART, required=True),
                *QUOTED,
            ),
        ),
    ),
)  # fmt: skip
TRANSFER = FormSection(
    "transfer",
    N_("To take it over"),
    N_("Whom to ask, and what can be taken over as it is."),
    groups=(
        FieldGroup(
            "contact",
            N_("Whom to ask"),
            N_("Office"),
            N_("Add an office"),
            ("office",),
            (
                FormField(
                    "office",
                    N_("Office"),
                    required=True,
                    hint=N_("A public office or service, not a person."),
                ),
                FormField("url", N_("Page of the office"), FieldKind.URL),
                FormField("email", N_("E-mail address of the office")),
            ),
        ),
        FieldGroup(
            "reuse",
            N_("What can be reused"),
            N_("Text or tool"),
            N_("Add a text or tool"),
            ("kind", "title"),
            (
                FormField("kind", N_("Kind"), FieldKind.CHOICE, "reuses", required=True),
                FormField("title", N_("Title"), required=True),
                FormField("url", N_("Address on the web"), FieldKind.URL, required=True),
                FormField(
                    "licence", N_("Licence"), hint=N_("As stated there; empty if it is not.")
                ),
                FormField("language", N_("Language"), FieldKind.LANGUAGE),
            ),
        ),
    ),
)
ADOPTIONS = FormSection(
    "adopted_by",
    N_("Adopted by"),
    N_("Others who did the same are the strongest sign that a practice can travel."),
    groups=(
        FieldGroup(
            "adopted_by",
            N_("Adopted by"),
            N_("Adoption"),
            N_("Add an adoption"),
            ("name", "year"),
            (
                FormField("name", N_("Name"), required=True),
                FormField("country", N_("Country"), FieldKind.COUNTRY, required=True),
                FormField("year", N_("Year"), FieldKind.WHOLE),
                FormField("source", N_("Source"), FieldKind.SOURCE, required=True),
                FormField("note", N_("Note"), language=CARD_LANGUAGE, wide=True),
            ),
        ),
    ),
)
SOURCES = FormSection(
    "sources",
    N_("Sources"),
    N_("No figure without a source."),
    groups=(
        FieldGroup(
            "sources",
            N_("Sources"),
            N_("Source"),
            N_("Add a source"),
            ("publisher", "title", "year"),
            (
                FormField("title", N_("Title"), required=True, wide=True),
                FormField("publisher", N_("Publisher"), required=True),
                FormField("year", N_("Year"), FieldKind.WHOLE),
                FormField("url", N_("Address on the web"), FieldKind.URL),
                FormField("language", N_("Language"), FieldKind.LANGUAGE, required=True),
                FormField(
                    "accessed", N_("How you know it"), FieldKind.CHOICE, "access", required=True
                ),
                FormField(
                    "read_on",
                    N_("Read on"),
                    FieldKind.DAY,
                    hint=N_("After two years the card is listed to be checked again."),
                ),
                FormField("read_by", N_("Read by"), hint=N_("Name or initials, or the office.")),
                FormField("document", N_("Document"), FieldKind.KEPT),
                FormField("id", N_("Id"), FieldKind.KEPT),
            ),
        ),
    ),
)
SECTIONS = (
    IDENTITY, PLACE, CLASSES, STORY, RESULTS, COSTS, ACTORS, TRANSFER, ADOPTIONS, SOURCES,
)  # fmt: skip
GROUPS = {group.name: group for section in SECTIONS for group in section.groups}
FIELDS = {field.name: field for section in SECTIONS for field in section.fields}
