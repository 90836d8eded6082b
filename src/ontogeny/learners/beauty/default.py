"""The scorer that is there without ratings: *relative technical quality*, and not beauty.

It learns from graded damage to the photographs that packages ship: which of two versions of one
square is the better one. So it knows blur, noise, darkness, flatness and JPEG's blocks, and says
little of what a photograph shows. It is trained where it is first used, in about a minute, and kept
in the user's cache.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Callable

import numpy as np

from ontogeny.core.cache import cache_folder
from ontogeny.core.errors import OntogenyError, StoreError
from ontogeny.learners.beauty.backbone import features_version
from ontogeny.learners.beauty.config import ScorerConfig
from ontogeny.learners.beauty.graded_features import GradedFeatures, graded_features
from ontogeny.learners.beauty.lessons import lessons_of
from ontogeny.learners.beauty.product import Scorer, load_scorer, scorer_of
from ontogeny.learners.beauty.training import HYPERS, train_heads
from ontogeny.worlds.photos.graded_photos import photographs_of
from ontogeny.worlds.photos.photographs import packaged_files

SAYS = "relative technical quality"
SQUARES = 4  # of each photograph
CONFIG = ScorerConfig(loss="pairs", heads=8, batch=64, updates=400, held=0.25)
VERSION = 1  # of how it is trained: another number where the code trains another


def default_scorer(tell: Callable[[int, int], None] = lambda done, of: None) -> Scorer:
    """Return the scorer of relative technical quality, trained now if it is not in the user's cache
    yet. `tell` is told how many versions of photographs the network has seen, of how many.

    Its percentiles are among versions of packaged photographs, a quarter of them undamaged; for
    those among photographs of your own see `Scorer.calibrated`. Raises `MissingExtra` where the
    backbone's weights or the photographs are not installed.
    """
    stamp = {
        "backbone": features_version(),
        "photographs": [hashlib.sha256(path.read_bytes()).hexdigest() for path in packaged_files()],
        "settings": [repr(CONFIG), HYPERS, SQUARES, VERSION],
    }
    digest = hashlib.sha256(json.dumps(stamp, sort_keys=True).encode()).hexdigest()[:16]
    folder = cache_folder() / "default-scorer" / digest
    with contextlib.suppress(OntogenyError):
        return load_scorer(folder)
    made = technical_scorer(graded_features(photographs_of(), SQUARES, tell=tell))
    with contextlib.suppress(OSError, StoreError):  # where nothing can be kept, it is made again
        folder.parent.mkdir(parents=True, exist_ok=True)
        made.save(folder)
    return made


def technical_scorer(graded: GradedFeatures, config: ScorerConfig = CONFIG) -> Scorer:
    """Return a scorer of relative technical quality that learned from these graded photographs. Its
    percentiles are among them, as many undamaged ones as mildly damaged ones.
    """
    rated, about = graded.rated(), graded.about
    parts = rated.parted(config.held)
    state, agreement = train_heads(config, lessons_of(config, rated, parts))
    told = {
        "photographs": len(about.names),
        "versions": len(about),
        "kinds": list(about.kinds),
        "held pairs in order": agreement,
    }
    made = scorer_of(state, config, rated, SAYS, features_version(state.tail), told, parts)
    rows = np.arange(len(about))
    originals = np.repeat(rows[about.strength == 0], len(about.kinds))
    balanced = np.concatenate([originals, rows[about.strength > 0]])
    return made.calibrated(rated.seen_through(made.tail).features[balanced])
