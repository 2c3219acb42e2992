"""The form of a practice card: sections, fields and repeatable groups.

Field names are those of ``kb.practices.practice.Practice``; fields of a part have a path,
``place.name``.
"""

from __future__ import annotations

from kb.domain import CARD_LANGUAGE
from kb.messages import N_
from kb.practices.rules import QUOTE_WORDS, SECTION_WORDS, SUMMARY_WORDS
from web.forms.card_parts import FieldGroup, FieldKind, FormField, FormSection
from web.presenters.story import STORY as STORY_SECTIONS

NUMBERS = N_("Digits, with a comma or a point before decimals.")
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
_QUOTED = (
    FormField("source", N_("Source"), FieldKind.SOURCE, required=True),
    FormField("page", N_("Page")),
    FormField(
        "quote",
        N_("What the source says, word for word"),
        FieldKind.TEXT,
        words=QUOTE_WORDS,
        wide=True,
        hint=N_("Best taken from the page of the document: it is compared with it."),
    ),
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
            "outcome",
            N_("Outcome"),
            FieldKind.CHOICE,
            "outcomes",
            required=True,
            hint=N_("A practice without effect, or that failed, is as welcome as a success."),
        ),
        FormField(
            "verified_on",
            N_("Last checked against its sources"),
            FieldKind.DAY,
            hint=N_("After two years the card is listed to be checked again."),
        ),
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
                *_QUOTED,
            ),
        ),
    ),
)  # fmt: skip
RESULTS = FormSection(
    "results",
    N_("Measured results"),
    N_("One figure each. Two sources that disagree are two results with the same word below."),
    (
        FormField(
            "results_note",
            N_("Why there are no results"),
            FieldKind.TEXT,
            language=CARD_LANGUAGE,
            wide=True,
            hint=N_("Only if the sources measure nothing."),
        ),
    ),
    (
        FieldGroup(
            "results",
            N_("Results"),
            N_("Result"),
            N_("Add a result"),
            ("indicator", "value", "value_text", "unit"),
            (
                FormField(
                    "indicator", N_("What was measured"), required=True, language=CARD_LANGUAGE
                ),
                FormField("indicator_en", N_("In English"), required=True, language="en"),
                FormField("value", N_("Value"), FieldKind.NUMBER, hint=NUMBERS),
                FormField(
                    "value_text",
                    N_("Or in words, where it is not one number"),
                    language=CARD_LANGUAGE,
                    hint=N_(
                        "As “circa 30”, “tra 5 e 7”, “20 o 25 secondo la fonte”, or a judgement."
                    ),
                ),
                FormField(
                    "value_text_en",
                    N_("The words in English"),
                    language="en",
                    hint=N_("Only for a judgement: figures are translated by themselves."),
                ),
                FormField(
                    "unit",
                    N_("Unit"),
                    language=CARD_LANGUAGE,
                    hint=N_("Without numbers and without “circa”."),
                ),
                FormField("unit_en", N_("Unit in English"), language="en"),
                FormField("year", N_("Year of the value"), FieldKind.WHOLE),
                FormField("baseline", N_("Value before"), FieldKind.NUMBER, hint=NUMBERS),
                FormField("baseline_year", N_("Year of the value before"), FieldKind.WHOLE),
                FormField("better", N_("Which way is better"), FieldKind.CHOICE, "betters"),
                FormField(
                    "nature",
                    N_("What kind of number it is"),
                    FieldKind.CHOICE,
                    "natures",
                    required=True,
                    hint=N_("What is expected or aimed at is never shown as achieved."),
                ),
                FormField(
                    "evidence",
                    N_("Reliability of the figure"),
                    FieldKind.CHOICE,
                    "evidence",
                    required=True,
                ),
                FormField("measured_by", N_("Who measured it"), language=CARD_LANGUAGE),
                FormField("method", N_("How"), language=CARD_LANGUAGE),
                *_QUOTED,
                FormField("note", N_("Note"), language=CARD_LANGUAGE, wide=True),
                FormField(
                    "disagreement",
                    N_("Word shared with the figure it disagrees with"),
                    hint=N_("Results with the same word are shown together as disagreeing."),
                ),
            ),
        ),
    ),
)
COSTS = FormSection(
    "costs",
    N_("Costs and funding"),
    groups=(
        FieldGroup(
            "costs",
            N_("Costs and funding"),
            N_("Cost"),
            N_("Add a cost"),
            ("kind", "text", "amount", "currency"),
            (
                FormField(
                    "kind", N_("What kind of cost it is"), FieldKind.CHOICE, "costs", required=True
                ),
                FormField("text", N_("In words"), required=True, language=CARD_LANGUAGE),
                FormField("text_en", N_("In English"), language="en"),
                FormField("amount", N_("Amount"), FieldKind.NUMBER, hint=NUMBERS),
                FormField(
                    "amount_text",
                    N_("Or the amount in words"),
                    language=CARD_LANGUAGE,
                    hint=N_("As “circa 70 milioni”: the currency is said below."),
                ),
                FormField("currency", N_("Currency"), hint=N_("Three letters, as EUR.")),
                FormField("year", N_("Year"), FieldKind.WHOLE),
                FormField(
                    "evidence", N_("Reliability of the figure"), FieldKind.CHOICE, "evidence"
                ),
                FormField("source", N_("Source"), FieldKind.SOURCE),
                *_QUOTED[1:],
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
    N_("No figure without a source. New sources can be chosen above once the draft is saved."),
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
                FormField("document", N_("Document"), FieldKind.KEPT),
                FormField("id", N_("Id"), FieldKind.KEPT),
            ),
        ),
    ),
)
SECTIONS = (IDENTITY, PLACE, CLASSES, STORY, RESULTS, COSTS, ACTORS, ADOPTIONS, SOURCES)
GROUPS = {group.name: group for section in SECTIONS for group in section.groups}
FIELDS = {field.name: field for section in SECTIONS for field in section.fields}
