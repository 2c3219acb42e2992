"""The form of a card: its measured results and costs."""

from __future__ import annotations

from kb.domain import CARD_LANGUAGE
from kb.messages import N_
from kb.practices.rules import QUOTE_WORDS
from web.forms.card_parts import FieldGroup, FieldKind, FormField, FormSection

NUMBERS = N_("Digits, with a comma or a point before decimals.")

QUOTED = (
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
_RARE = (
    FormField(
        "numerator",
        N_("Counted"),
        FieldKind.NUMBER,
        hint=N_("Of a share, how many there were: 233 of 240."),
        rare=True,
    ),
    FormField(
        "denominator",
        N_("Out of"),
        FieldKind.NUMBER,
        hint=N_("How many there were in all: 240."),
        rare=True,
    ),
    FormField("counted", N_("What was counted"), language=CARD_LANGUAGE, rare=True),
    FormField("counted_en", N_("What was counted, in English"), language="en", rare=True),
    FormField(
        "comparison",
        N_("Value to compare with"),
        FieldKind.NUMBER,
        hint=N_("Of a control group or of another place, in the same unit."),
        rare=True,
    ),
    FormField("compared_with", N_("Whose value that is"), language=CARD_LANGUAGE, rare=True),
    FormField("compared_with_en", N_("Whose value that is, in English"), language="en", rare=True),
    FormField("no_year", N_("Why there is no year"), FieldKind.CHOICE, "gaps", rare=True),
    FormField(
        "no_baseline", N_("Why there is no value before"), FieldKind.CHOICE, "gaps", rare=True
    ),
)
"""Fields that few results need; folded away on the form until they are filled in."""

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
                FormField(
                    "measure",
                    N_("Measure"),
                    FieldKind.CHOICE,
                    "measures",
                    hint=N_("Only results of the same measure are compared."),
                ),
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
                *QUOTED,
                FormField("note", N_("Note"), language=CARD_LANGUAGE, wide=True),
                *_RARE,
                FormField(
                    "disagreement",
                    N_("Word shared with the figure it disagrees with"),
                    hint=N_("Results with the same word are shown together as disagreeing."),
                    rare=True,
                ),
            ),
        ),
    ),
)
COSTS = FormSection(
    "costs",
    N_("Costs and funding"),
    fields=(
        FormField(
            "cost_not_reported",
            N_("The sources report no costs"),
            FieldKind.SWITCH,
            hint=N_("Only if they were read looking for one."),
        ),
    ),
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
                *QUOTED[1:],
            ),
        ),
    ),
)
