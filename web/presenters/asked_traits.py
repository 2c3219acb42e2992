"""Territory, residents and cost that a question names, in words."""

from __future__ import annotations

from kb.messages import N_
from kb.practices.numbers import money
from kb.practices.terms import Territory
from kb.practices.traits import CURRENCY
from search.asked_traits import Trait, TraitKind
from web.rendering.i18n import Locale

_TERRITORIES = {
    Territory.MOUNTAIN: N_("in the mountains"),
    Territory.COAST: N_("on the coast or an island"),
    Territory.HILL: N_("in the hills"),
    Territory.PLAIN: N_("in the plain"),
}
_WORDINGS = {
    TraitKind.RESIDENTS: (
        N_("in places of up to {high} residents"),
        N_("in places of {low} residents or more"),
        N_("in places of {low} to {high} residents"),
    ),
    TraitKind.COST: (
        N_("with costs up to {high}"),
        N_("with costs of {low} or more"),
        N_("with costs from {low} to {high}"),
    ),
}


def label_trait(trait: Trait, reader: Locale) -> str:
    """«in montagna», «in luoghi fino a 5.000 abitanti», «con costi fino a 50.000 euro»."""
    if trait.kind is TraitKind.TERRITORY:
        return reader.gettext(_TERRITORIES[Territory(trait.territory)])
    up_to, at_least, between = _WORDINGS[trait.kind]
    wording = at_least if trait.high is None else between if trait.low else up_to
    return reader.gettext(wording).format(
        low=_write(trait.kind, trait.low, reader), high=_write(trait.kind, trait.high, reader)
    )


def _write(kind: TraitKind, value: float | None, reader: Locale) -> str:
    if value is None:
        return ""
    return (
        money((value,), CURRENCY, reader.code) if kind is TraitKind.COST else reader.number(value)
    )
