"""The form of a practice card: its sections, their fields, and the groups that may be repeated.

Names are those of ``kb.practices.practice.Practice``; a field of a part has a path, ``place.name``.
"""

from __future__ import annotations

from kb.messages import N_
from kb.practices.rules import QUOTE_WORDS, SECTION_WORDS, SUMMARY_WORDS
from web.forms.card_parts import Field, Group, Kind, Section

NUMBERS = N_("Digits, with a comma or a point before decimals.")
LISTED = N_("Separate them with a semicolon.")

_PLACE = (
    Field("name", N_("Name"), required=True),
    Field("country", N_("Country"), Kind.COUNTRY, required=True),
    Field("region", N_("Region")),
    Field("istat_code", N_("ISTAT code"), hint=N_("Six digits, for Italian municipalities.")),
    Field("population", N_("Residents"), Kind.WHOLE),
    Field("population_year", N_("Year of that number"), Kind.WHOLE),
    Field("population_source", N_("Where that number comes from")),
    Field("degurba", N_("Degree of urbanisation"), Kind.SETTLEMENT),
    Field("territory", N_("Territory"), Kind.CHOICE, "territories"),
    Field("trend", N_("Population trend"), Kind.CHOICE, "trends"),
    Field("economy", N_("Economy"), Kind.CHOICE, "economies"),
    Field("governance", N_("Run by"), Kind.CHOICE, "governances"),
    Field("elevation_m", N_("Elevation in metres"), Kind.WHOLE),
    Field("density", N_("Residents per km²"), Kind.NUMBER),
    Field("latitude", N_("Latitude"), Kind.NUMBER),
    Field("longitude", N_("Longitude"), Kind.NUMBER),
)
_QUOTED = (
    Field("source", N_("Source"), Kind.SOURCE, required=True),
    Field("page", N_("Page")),
    Field(
        "quote",
        N_("What the source says, word for word"),
        Kind.TEXT,
        words=QUOTE_WORDS,
        wide=True,
        hint=N_("Best taken from the page of the document: it is compared with it."),
    ),
)

IDENTITY = Section(
    "identity",
    N_("What it is"),
    fields=(
        Field("title", N_("Title"), required=True, language="it", wide=True),
        Field("title_en", N_("Title in English"), required=True, language="en", wide=True),
        Field(
            "summary",
            N_("In one sentence"),
            Kind.TEXT,
            words=SUMMARY_WORDS,
            required=True,
            language="it",
            wide=True,
            hint=N_("Who did what, where and with what result: it is what lists show."),
        ),
        Field(
            "summary_en",
            N_("In one sentence, in English"),
            Kind.TEXT,
            words=SUMMARY_WORDS,
            required=True,
            language="en",
            wide=True,
        ),
        Field("start", N_("Year it began"), Kind.WHOLE, required=True),
        Field("end", N_("Year it ended"), Kind.WHOLE, hint=N_("Empty while it is running.")),
        Field("status", N_("Status"), Kind.CHOICE, "statuses", required=True),
        Field(
            "outcome",
            N_("Outcome"),
            Kind.CHOICE,
            "outcomes",
            required=True,
            hint=N_("A practice without effect, or that failed, is as welcome as a success."),
        ),
        Field(
            "verified_on",
            N_("Last checked against its sources"),
            Kind.DAY,
            hint=N_("After two years the card is listed to be checked again."),
        ),
    ),
)
PLACE = Section(
    "place",
    N_("Where"),
    N_("What is known of the place lets officers find practices from places like theirs."),
    tuple(
        Field(f"place.{f.name}", f.label, f.kind, f.vocabulary, f.hint, required=f.required)
        for f in _PLACE
    ),
    (
        Group(
            "other_places",
            N_("Other places"),
            N_("Place"),
            N_("Add a place"),
            ("name",),
            _PLACE[:7],
        ),
    ),
)
CLASSES = Section(
    "classes",
    N_("What it is about"),
    fields=(
        Field("themes", N_("Themes"), Kind.CHOICES, "themes", required=True, wide=True),
        Field("sectors", N_("Sectors"), Kind.CHOICES, "sectors", required=True, wide=True),
        Field("strand", N_("Strand"), Kind.CHOICE, "strands", required=True),
        Field("keywords", N_("Keywords"), Kind.LIST, hint=LISTED, language="it"),
        Field("ateco", N_("ATECO codes"), Kind.LIST, hint=LISTED),
        Field("sdgs", N_("Sustainable development goals"), Kind.CHOICES, "sdgs", wide=True),
        Field("cofog", N_("Functions of government"), Kind.CHOICES, "cofog", wide=True),
    ),
)
ACTORS = Section(
    "actors",
    N_("Who did it"),
    groups=(
        Group(
            "actors",
            N_("Who did it"),
            N_("Actor"),
            N_("Add an actor"),
            ("name", "role"),
            (
                Field("name", N_("Name"), required=True),
                Field("role", N_("Role"), required=True, language="it"),
                Field("kind", N_("What kind of body it is"), Kind.CHOICE, "actors"),
            ),
        ),
    ),
)
STORY = Section(
    "story",
    N_("Description"),
    N_("Plain Italian, lists with hyphens; together between 120 and 480 words."),
    tuple(
        Field(name, label, Kind.TEXT, hint=hint, words=SECTION_WORDS, required=True,
              language="it", wide=True)
        for name, label, hint in (
            ("problem", N_("Problem"), N_("How things stood before.")),
            ("solution", N_("Solution"), N_("What was done, step by step, and who decided it.")),
            ("resources", N_("Resources"), N_("Money, people, means, and where they came from.")),
            ("conditions", N_("Conditions"), N_("What must be there for it to work elsewhere.")),
            ("limits", N_("Limits"), N_("What did not work, and what was not measured.")),
            ("lessons", N_("Lessons"), N_("What to take away: one or two sentences.")),
        )
    ),
    (
        Group(
            "quotations",
            N_("Quotations that support the story"),
            N_("Quotation"),
            N_("Add a quotation"),
            ("section", "source", "page"),
            (Field("section", N_("Section it supports"), Kind.PART, required=True), *_QUOTED),
        ),
    ),
)  # fmt: skip
RESULTS = Section(
    "results",
    N_("Measured results"),
    N_("One figure each. Two sources that disagree are two results with the same word below."),
    (
        Field(
            "results_note",
            N_("Why there are no results"),
            Kind.TEXT,
            language="it",
            wide=True,
            hint=N_("Only if the sources measure nothing."),
        ),
    ),
    (
        Group(
            "results",
            N_("Results"),
            N_("Result"),
            N_("Add a result"),
            ("indicator", "value", "value_text", "unit"),
            (
                Field("indicator", N_("What was measured"), required=True, language="it"),
                Field("indicator_en", N_("In English"), required=True, language="en"),
                Field("value", N_("Value"), Kind.NUMBER, hint=NUMBERS),
                Field(
                    "value_text",
                    N_("Or in words, where it is not one number"),
                    language="it",
                    hint=N_(
                        "As “circa 30”, “tra 5 e 7”, “20 o 25 secondo la fonte”, or a judgement."
                    ),
                ),
                Field(
                    "value_text_en",
                    N_("The words in English"),
                    language="en",
                    hint=N_("Only for a judgement: figures are translated by themselves."),
                ),
                Field(
                    "unit",
                    N_("Unit"),
                    language="it",
                    hint=N_("Without numbers and without “circa”."),
                ),
                Field("unit_en", N_("Unit in English"), language="en"),
                Field("year", N_("Year of the value"), Kind.WHOLE),
                Field("baseline", N_("Value before"), Kind.NUMBER, hint=NUMBERS),
                Field("baseline_year", N_("Year of the value before"), Kind.WHOLE),
                Field("better", N_("Which way is better"), Kind.CHOICE, "betters"),
                Field(
                    "nature",
                    N_("What kind of number it is"),
                    Kind.CHOICE,
                    "natures",
                    required=True,
                    hint=N_("What is expected or aimed at is never shown as achieved."),
                ),
                Field(
                    "evidence",
                    N_("Reliability of the figure"),
                    Kind.CHOICE,
                    "evidence",
                    required=True,
                ),
                Field("measured_by", N_("Who measured it"), language="it"),
                Field("method", N_("How"), language="it"),
                *_QUOTED,
                Field("note", N_("Note"), language="it", wide=True),
                Field(
                    "disagreement",
                    N_("Word shared with the figure it disagrees with"),
                    hint=N_("Results with the same word are shown together as disagreeing."),
                ),
            ),
        ),
    ),
)
COSTS = Section(
    "costs",
    N_("Costs and funding"),
    groups=(
        Group(
            "costs",
            N_("Costs and funding"),
            N_("Cost"),
            N_("Add a cost"),
            ("kind", "text", "amount", "currency"),
            (
                Field("kind", N_("What kind of cost it is"), Kind.CHOICE, "costs", required=True),
                Field("text", N_("In words"), required=True, language="it"),
                Field("text_en", N_("In English"), language="en"),
                Field("amount", N_("Amount"), Kind.NUMBER, hint=NUMBERS),
                Field(
                    "amount_text",
                    N_("Or the amount in words"),
                    language="it",
                    hint=N_("As “circa 70 milioni”: the currency is said below."),
                ),
                Field("currency", N_("Currency"), hint=N_("Three letters, as EUR.")),
                Field("year", N_("Year"), Kind.WHOLE),
                Field("evidence", N_("Reliability of the figure"), Kind.CHOICE, "evidence"),
                Field("source", N_("Source"), Kind.SOURCE),
                *_QUOTED[1:],
            ),
        ),
    ),
)
ADOPTIONS = Section(
    "adopted_by",
    N_("Adopted by"),
    N_("Others who did the same are the strongest sign that a practice can travel."),
    groups=(
        Group(
            "adopted_by",
            N_("Adopted by"),
            N_("Adoption"),
            N_("Add an adoption"),
            ("name", "year"),
            (
                Field("name", N_("Name"), required=True),
                Field("country", N_("Country"), Kind.COUNTRY, required=True),
                Field("year", N_("Year"), Kind.WHOLE),
                Field("source", N_("Source"), Kind.SOURCE, required=True),
                Field("note", N_("Note"), language="it", wide=True),
            ),
        ),
    ),
)
SOURCES = Section(
    "sources",
    N_("Sources"),
    N_("No figure without a source. New sources can be chosen above once the draft is saved."),
    groups=(
        Group(
            "sources",
            N_("Sources"),
            N_("Source"),
            N_("Add a source"),
            ("publisher", "title", "year"),
            (
                Field("title", N_("Title"), required=True, wide=True),
                Field("publisher", N_("Publisher"), required=True),
                Field("year", N_("Year"), Kind.WHOLE),
                Field("url", N_("Address on the web"), Kind.URL),
                Field("language", N_("Language"), Kind.LANGUAGE, required=True),
                Field("accessed", N_("How you know it"), Kind.CHOICE, "access", required=True),
                Field("document", N_("Document"), Kind.KEPT),
                Field("id", N_("Id"), Kind.KEPT),
            ),
        ),
    ),
)
SECTIONS = (IDENTITY, PLACE, CLASSES, STORY, RESULTS, COSTS, ACTORS, ADOPTIONS, SOURCES)
GROUPS = {group.name: group for section in SECTIONS for group in section.groups}
FIELDS = {field.name: field for section in SECTIONS for field in section.fields}
