"""The claim about peers' exposure among real people: farmers around whom more had bought insurance
buy it more often, as was published (Cai, de Janvry and Sadoulet 2015).

Where more bought before is no matter of lots here, and villages differ: so the same is asked within
villages too, where fewer can be matched.
"""

from __future__ import annotations

from functools import partial

from ontogeny.claims.claim import Claim
from ontogeny.claims.measuring import Found, Measuring
from ontogeny.social.matching.match import match
from ontogeny.views.studies.matching_figures import love_figure
from ontogeny.worlds.observed.insurance import COVARIATES, insurance


def measure(how: Measuring) -> Found:
    """Return the claim, with the love plot."""
    table, resamples = insurance(), how.choose(1000, 1000, 100)
    ask = partial(
        match,
        table,
        "exposed",
        COVARIATES,
        "bought",
        resamples=resamples,
        placebos=how.choose(20, 20, 2),
        seed=how.seed,
    )
    over, inside = ask(cluster="village", dose="share"), ask(cluster="address", exact=["village"])
    assert over.found is not None
    assert inside.found is not None
    how.progress("insurance: matched over villages, and within them")
    claim = Claim(
        "people do more often what more of those around them did",
        "positive (Cai et al. 2015)",
        f"plain {over.found.naive}; matched {over.effect}, {over.found.verdict.word}, with "
        f"{len(over.paired.pairs.unique)} of {int(over.rows.treated.sum())}; within villages "
        f"{inside.effect}, {inside.found.verdict.word}, with {len(inside.paired.pairs.unique)}",
        "the intervals of both are above 0",
        bool(over.effect.low > 0 and inside.effect.low > 0),
    )
    return [claim], [love_figure(over.balance, "insurance_love")]
