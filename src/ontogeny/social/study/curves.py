"""The measured effects as curves along exposure and gap, for the outlook of a recommender."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtri

from ontogeny.social.matching.matched import Matched
from ontogeny.social.study.experiments import Exposure, Imbalance
from ontogeny.social.study.outlook import Curve


def exposure_curve(found: Exposure) -> Curve:
    """Return the effect on better uploads by the mean quality of new followees: none at that of the
    worst third, the measured one at that of the best.
    """
    best = found.table["best"] == 1
    at = np.array([found.table["exposed"][arm].mean() for arm in (~best, best)])
    effect = found.matched.effect
    return Curve(at, np.array([0.0, effect.value]), np.array([0.0, effect.standard_error]))


def gap_curve(found: Imbalance) -> Curve:
    """Return the effect on declining by the gap: none where followees are as good as oneself, the
    measured ones on both sides of it.
    """
    gap, middle = found.table["gap"], found.table["better"] == 0
    at, effect, error = [float(gap[middle].mean())], [0.0], [0.0]
    if found.mirror is not None:
        worse = found.mirror.effect
        at.insert(0, float(gap[found.table["far worse"] == 1].mean()))
        effect.insert(0, worse.value)
        error.insert(0, worse.standard_error)
    along = _along(found.dose)
    if along is None:
        better = found.matched.effect
        at.append(float(gap[found.table["far better"] == 1].mean()))
        effect.append(better.value)
        error.append(better.standard_error)
    else:
        at += along.at.tolist()
        effect += along.effect.tolist()
        error += along.error.tolist()
    return Curve(*(np.array(part) for part in (at, effect, error)))


def _along(dose: Matched) -> Curve | None:
    if dose.found is None or dose.found.dose is None:
        return None
    found = dose.found.dose
    reach = float(ndtri((1 + dose.design.confidence) / 2))
    return Curve(found.dose, found.effect, (found.high - found.low) / (2 * reach))
