"""What a network is like, in plain words: a sentence a finding, and nothing that was not asked."""

from __future__ import annotations

from ontogeny.ops.statistics import Interval
from ontogeny.social.network.described import Described

LITTLE, MUCH = 0.2, 0.5  # of a correlation
FAR = 3.0  # deviations of rewired networks
MORE = {
    "followers": "of users they have more followers",
    "popularity": "their photos are recognised more",
    "quality": "their photos are better",
}


def network_told(described: Described) -> tuple[str, ...]:
    """Return the sentences. Nothing in them is escaped."""
    estimates = described.estimates
    said = [
        _evenness(estimates.get("gini of quality"), estimates.get("gini of popularity")),
        _correlation(estimates.get("correlation of quality and popularity")),
        _talent(described),
        _alike(described),
        _paradox(estimates),
        _illusion(described),
    ]
    return tuple(sentence for sentence in said if sentence)


def _evenness(quality: Interval | None, popularity: Interval | None) -> str:
    if popularity is None:
        return ""
    unequal = f"Gini's coefficient of favourites a photo is {_number(popularity)}"
    if quality is None:
        return f"{unequal}, where 0 is all alike and 1 that one has all."
    if popularity.low > quality.high:
        head = "Quality is spread more evenly than recognition"
    elif popularity.high < quality.low:
        head = "Recognition is spread more evenly than quality"
    else:
        head = "Quality and recognition are spread as evenly"
    return f"{head}: {unequal}, that of quality {_number(quality)}."


def _correlation(found: Interval | None) -> str:
    if found is None:
        return ""
    size = abs(found.value)
    how = "little" if size < LITTLE else "much" if size > MUCH else "something"
    return (
        f"How good somebody's photos are says {how} of how recognised they are: the rank "
        f"correlation is {_number(found)}."
    )


def _talent(described: Described) -> str:
    for part in described.quadrants:
        found = described.estimates.get(f"unseen of the best {part.top:.0%}")
        if part.top == 0.1 and found is not None:
            return (
                f"Of the best tenth, {_share(found)} are among those recognised least; it would be "
                f"{part.alike:.0%} if recognition had nothing to do with quality."
            )
    return ""


def _alike(described: Described) -> str:
    found = described.assortativity.get("quality")
    if found is None:
        return ""
    if abs(found.z) < FAR or found.z != found.z:
        return (
            "People follow others of any quality: the correlation over follows is "
            f"{found.value:.2f}, as in networks rewired at random."
        )
    what = "of like quality" if found.value > 0 else "of unlike quality"
    return (
        f"People follow others {what}: the correlation over follows is {found.value:.2f}, "
        f"{abs(found.z):.0f} deviations from that of networks rewired at random."
    )


def _paradox(estimates: dict[str, Interval]) -> str:
    told = [
        f"{_share(found)} {what}"
        for name, what in MORE.items()
        if (found := estimates.get(f"followees have more {name}")) is not None
    ]
    head = "On average those whom one follows are ahead (the friendship paradox): for "
    return f"{head}{', for '.join(told)}." if told else ""


def _illusion(described: Described) -> str:
    found = described.estimates.get("majority illusion")
    if found is None or found.value != found.value:
        return ""
    return (
        f"For {_share(found)} most of those they follow are of the best tenth, so that the best "
        f"seem to be the rule; of followees drawn at random it would be "
        f"{described.illusion.by_chance:.1%}."
    )


def _number(found: Interval) -> str:
    return f"{found.value:.2f} ({found.low:.2f} to {found.high:.2f})"


def _share(found: Interval) -> str:
    return f"{found.value:.1%} ({found.low:.1%} to {found.high:.1%})"
