"""All of it at once, on a simulated platform, and what cannot be described."""

from __future__ import annotations

import json

import numpy as np
import pytest

from ontogeny.core.errors import ConfigError, DataError
from ontogeny.social.network.describe import describe
from ontogeny.social.network.graph import Graph
from ontogeny.social.network.quality import quality_of
from ontogeny.worlds.platform.config import PlatformConfig
from ontogeny.worlds.platform.simulated import platform

USERS = 1500


@pytest.fixture(scope="module")
def lived():
    """A graph, quality, popularity and ages of a simulated platform."""
    one = platform(PlatformConfig(users=USERS, planted="nothing"), 5)
    photos, events = one.photos, one.events
    graph = Graph.of(USERS, one.follows["source"], one.follows["target"])
    uploads = np.bincount(photos["user"], minlength=USERS)
    favoured = events["photo"][events["kind"] == "favourite"].astype(int)
    received = np.bincount(photos["user"][favoured], minlength=USERS)
    popularity = np.where(uploads > 0, received / np.maximum(uploads, 1), np.nan)
    joins = events["kind"] == "join"
    age = np.empty(USERS)
    age[events["user"][joins]] = (events["time"][-1] - events["time"][joins]) / np.timedelta64(
        1, "D"
    )
    return graph, quality_of(photos["user"], photos["score"], USERS).shrunk, popularity, age


def test_beauty_is_even_and_recognition_is_not(lived):
    graph, quality, popularity, age = lived
    found = describe(graph, quality, popularity, age=age, rewirings=20, resamples=50)
    said = found.estimates
    assert said["gini of quality"].high < 0.2 < 0.5 < said["gini of popularity"].low
    assert found.assortativity["quality"].z > 3
    assert said["followees have more followers"].low > 0.7
    assert said["unseen of the best 10%"].low < 0.5 < 0.2 + said["unseen of the best 10%"].high
    assert all(one.low <= one.value <= one.high for one in said.values())
    assert found.classes is not None
    assert found.classes.label.shape == found.core.shape == found.community.shape == (USERS,)
    assert found.cores.users.sum() == USERS
    assert set(found.ages) == {"quality", "popularity", "followers"}
    assert found.notes == ()
    told = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert told["follows"] == graph.m
    assert told["estimates"]["majority illusion"]["value"] == said["majority illusion"].value
    assert told["communities"]["number"] > 5
    by_community = describe(
        graph, quality, popularity, cluster=found.community, rewirings=2, resamples=20
    )
    assert by_community.estimates["gini of quality"].value == said["gini of quality"].value
    assert by_community.notes == ("trends by age of account: no ages are given",)


def test_what_cannot_be_said_is_told_and_the_rest_is_said(lived):
    graph, _, popularity, _ = lived
    same = np.full(USERS, 0.5)
    found = describe(graph, same, np.where(popularity > 1, popularity, 0.0), age=same, resamples=20)
    assert "quality" not in found.assortativity
    assert found.classes is None
    assert found.ages == {}
    assert len(found.notes) == 6
    assert found.to_dict()["classes"] is None
    pair = Graph.of(3, np.array([0, 0]), np.array([1, 2]))
    small = describe(pair, np.array([0.1, 0.2, np.nan]), np.array([0.0, 1.0, np.nan]))
    assert small.rated == 2
    json.dumps(small.to_dict(), allow_nan=False)


def test_what_is_no_network_is_refused(lived):
    graph, quality, popularity, _ = lived
    loops = Graph.of(3, np.arange(3), np.arange(3))
    with pytest.raises(DataError, match=r"no follows \(3 of oneself"):
        describe(loops, np.ones(3), np.ones(3))
    with pytest.raises(DataError, match="quality: it is float64 of shape"):
        describe(graph, quality[:-1], popularity)
    with pytest.raises(DataError, match="popularity: it is unknown for all"):
        describe(graph, quality, np.full(USERS, np.nan))
    alone = np.full(USERS, np.nan)
    alone[0] = 0.5
    with pytest.raises(DataError, match="one user alone"):
        describe(graph, alone, popularity)
    for wrong in (np.zeros(USERS, int), np.ones(3, int), np.linspace(0, 5, USERS)):
        with pytest.raises(DataError, match="cluster: it is"):
            describe(graph, quality, popularity, cluster=wrong, rewirings=2)
    with pytest.raises(ConfigError, match="5 resamples"):
        describe(graph, quality, popularity, rewirings=2, resamples=5)
