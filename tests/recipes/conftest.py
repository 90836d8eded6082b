"""What several tests of recipes read."""

from __future__ import annotations

import numpy as np
import pytest

from ontogeny.worlds.embeddings import write_embeddings


@pytest.fixture(scope="session")
def look_alike(tmp_path_factory):
    """Return a folder with files of the format of LEO's published embeddings: a few classes, whose
    features are apart.
    """
    folder = tmp_path_factory.mktemp("embeddings")
    place = folder / "miniImageNet" / "center"
    place.mkdir(parents=True)
    rng = np.random.default_rng(0)
    for stem in ("train", "val", "test"):
        keys = [f"{i}-n{stem}{c}-n{stem}{c}_{i}.jpg" for c in range(5) for i in range(20)]
        features = np.repeat(np.eye(5, 640), 20, axis=0) + 0.01 * rng.normal(size=(100, 640))
        write_embeddings(place / f"{stem}_embeddings.pkl", keys, features)
    return folder
