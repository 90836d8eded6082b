"""The claims about the order of LEO, a generator that is not adapted, and a head that is adapted
without one.

Source: Rusu et al. 2019 (arXiv 1807.05960); the margins are this project's own.
"""

from __future__ import annotations

from ontogeny.claims.leo.arms import RIVALS, ahead, seen, study, untrained
from ontogeny.claims.leo.figures import accuracies_of, learning_of
from ontogeny.claims.measuring import Found, Measuring

# Of LEO over the generator and over the head, and of the generator over the head, in points.
MARGINS = {
    "characters": (1.0, 5.0, 0.0),
    "glyphs": (0.0, 0.0, 0.0),
    "embedded-glyphs": (0.0, 0.0, 0.0),
}
PAPER = "miniImageNet, 1 shot: 61.76 > 60.33 (generator) > 54.24 (Meta-SGD)"
ARMS = (tuple(RIVALS), tuple(RIVALS)[:3], tuple(RIVALS)[:3])  # at full, quick and tiny scale


def measure(how: Measuring) -> Found:
    """Return the claims about the order of LEO, the generator and the head on the source that the
    part is called after, and two figures.
    """
    source, data = how.part, seen(how.part, how)
    arms = {name: RIVALS[name] for name in how.choose(*ARMS)}
    found = study(arms, data, how) | untrained(data, how)
    leo, generator, head = (found[n] for n in ("LEO", "conditional generator", "Meta-SGD head"))
    pairs = (
        ("LEO > conditional generator", leo, generator),
        ("LEO > Meta-SGD head", leo, head),
        ("conditional generator > Meta-SGD head", generator, head),
    )
    claims = [
        ahead(f"{source}: {what}", PAPER, one, other, least, how)
        for (what, one, other), least in zip(pairs, MARGINS[source], strict=True)
    ]
    figures = [
        accuracies_of(f"{source.replace('-', '_')}_accuracy", source, found),
        learning_of(f"{source.replace('-', '_')}_learning", source, found),
    ]
    return claims, figures
