"""Recipes of few-shot classifiers, and the claims about LEO, at a size that takes seconds."""

import jax
import numpy as np
import pytest

from ontogeny.claims.claim import Measuring
from ontogeny.claims.leo import ablations as leo_ablations
from ontogeny.claims.leo import published as leo_published
from ontogeny.claims.leo import reproduce
from ontogeny.claims.leo.arms import Outcome, ahead, difference, study, untrained
from ontogeny.claims.leo.figures import accuracies_of, learning_of
from ontogeny.core.errors import ConfigError, DataError
from ontogeny.learners.few_shot.few_shot import Meta
from ontogeny.learners.few_shot.leo_config import LEOConfig
from ontogeny.learners.few_shot.maml_classifier import MAMLClassifierConfig
from ontogeny.learners.few_shot.prototypes import PrototypesConfig
from ontogeny.recipes import recipe_class
from ontogeny.recipes.few_shot import LEO, MAML, ProtoNet
from ontogeny.recipes.few_shot_data import featured
from ontogeny.run import grow
from ontogeny.views.figure import Figure

SMALL = Meta(ways=3, queries=2, tasks=2, test_queries=2, test_episodes=4)
TINY = LEOConfig(n_codes=4, n_latents=3, latent_steps=1, weight_steps=1)
QUICK = Measuring("quick")


def test_a_grown_classifier_shows_an_episode_in_its_report(tmp_path):
    recipe = ProtoNet(population=2, rounds=2, steps=3, meta=SMALL)
    run = grow(recipe, folder=tmp_path / "run", progress=False)
    product = run.product()
    features = product.view(np.random.default_rng(0).random((3, 2, 20, 20)))
    assert product.adapt(features[:, :1])(features[:, 1:]).shape == (3, 1, 3)
    assert "a frame marks what it told wrong" in run.report().read_text(encoding="utf-8")


def test_leo_tunes_the_weights_of_its_objective():
    recipe = LEO(meta=SMALL, leo=TINY)
    assert recipe_class("leo") is LEO
    assert recipe.space().dimensions.keys() == {
        "learning_rate",
        "dropout",
        "kl_weight",
        "orthogonality_penalty",
    }
    state = recipe.learner().init(jax.random.key(0), {})
    assert recipe.product(state).config == TINY
    assert LEO.from_json(recipe.to_json()) == recipe
    with pytest.raises(ConfigError, match="published hyperparameters of characters"):
        LEO(published="paper")


@pytest.fixture(scope="module")
def few():
    """Return a few classes of characters."""
    return featured("characters", few=True)


@pytest.fixture(scope="module")
def found(few):
    arms = {"LEO": TINY, "ProtoNet": PrototypesConfig(widths=(4,))}
    said = []
    how = Measuring("tiny", 3, said.append)
    outcomes = study(arms, few, how)
    assert "characters, ProtoNet: 2 seeds, 5 updates" in said
    return outcomes | untrained(few, how)


def test_arms_are_tested_on_the_same_episodes_and_learn_only_by_training(found, few):
    assert {o.accuracy.shape for o in found.values()} == {(2, 8), (1, 8)}
    assert found["LEO"].validation.shape == (5, 2)
    assert found["nearest centroid"].by_seed[0] > 40  # of five drawn characters
    again = untrained(few, Measuring("tiny", 3))
    np.testing.assert_array_equal(again["linear probe"].accuracy, found["linear probe"].accuracy)


def outcome(*percent):
    rows = np.repeat(np.array(percent)[:, None] / 100, 4, axis=1)
    return Outcome(rows, np.zeros((0, 1)), np.zeros(0, int), None)


@pytest.mark.parametrize(
    ("one", "other", "least", "holds"),
    [
        ((80, 81), (75, 77), 0.0, True),
        ((80, 81), (75, 77), 4.5, False),
        ((80, 70), (75, 75), 0.0, False),
    ],
)
def test_an_order_holds_when_the_whole_interval_lies_above(one, other, least, holds):
    one, other = outcome(*one), outcome(*other)
    claim = ahead("a > b", "paper", one, other, least, Measuring())
    assert claim.holds is holds
    apart = difference(one, other, 0)
    assert str(apart) in claim.measured
    assert apart.value == pytest.approx(np.mean(one.by_seed - other.by_seed))


def test_fine_tuning_is_little_only_within_both_ends():
    plain = outcome(80, 80)
    assert leo_ablations.fine_tuning("", outcome(80.5, 79.8), plain, Measuring()).holds
    assert not leo_ablations.fine_tuning("", outcome(82, 82), plain, Measuring()).holds
    assert not leo_ablations.fine_tuning("", outcome(78, 78), plain, Measuring()).holds


def test_renaming_is_checked_on_real_predictions(found, few):
    claim = leo_ablations.permutation(TINY, few, found["LEO"], Measuring("tiny", 3))
    assert claim.measured == "0 of 80 predictions change"
    assert claim.holds


def test_the_figures_of_the_claims_are_drawn(found):
    drawn = accuracies_of("a", "characters", found)
    assert isinstance(drawn, Figure)
    figure = drawn.draw(drawn)
    assert sum(len(trace.x) for trace in figure.data) == 2 * 2 + 2
    learning = learning_of("b", "characters", found)
    assert len(learning.draw(learning).data) == 2 * 2


def test_a_part_that_there_is_not_is_refused():
    with pytest.raises(ConfigError, match="no part 'letters'"):
        reproduce(True, 0, lambda line: None, part="letters")


def test_published_accuracies_are_held_against_the_papers():
    near, below = np.array([59.0, 60.9]), np.array([59.0, 60.7])
    claim = leo_published.claim_of("miniImageNet", 1, near, QUICK)
    assert claim.claim == "miniImageNet, 5 ways, 1-shot: the paper's accuracy"
    assert claim.paper == "61.76 %"
    assert claim.holds  # the interval of two reaches the better one
    assert "2 seeds, 200 updates; under-powered" in claim.measured
    assert not leo_published.claim_of("miniImageNet", 1, below, QUICK).holds


def test_a_recipe_takes_the_published_hyperparameters_of_its_data(look_alike):
    recipe = LEO(data="published", path=str(look_alike), published="code", meta=SMALL)
    assert recipe.config().kl_weight == 0.756143
    assert recipe.space().dimensions == {}
    assert recipe.product(recipe.learner().init(jax.random.key(0), {})).view is None


def test_without_the_published_files_it_says_which_are_needed(tmp_path):
    for data in (None, tmp_path):
        with pytest.raises(DataError, match=r"train_embeddings\.pkl"):
            reproduce(True, 0, lambda line: None, part="published", data=data)
    with pytest.raises(DataError, match="none of the published embeddings"):
        LEO(data="published", path=str(tmp_path), published="paper")


def test_maml_is_a_recipe_beside_them():
    recipe = MAML(meta=SMALL, maml=MAMLClassifierConfig(widths=(4,), steps=1))
    assert recipe_class("maml") is MAML
    assert MAML.from_json(recipe.to_json()) == recipe
    assert recipe.config().widths == (4,)
