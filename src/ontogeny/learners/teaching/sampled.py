"""The update of a rule, estimated from episodes: its mean over them is `exact.update`."""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int, Key

from ontogeny.learners.teaching.exact import Lesson, acting, steps_of
from ontogeny.learners.teaching.rule import Rule, Step
from ontogeny.ops.distributions.categorical import Categorical
from ontogeny.ops.mdp import MDP


class Episode(NamedTuple):
    """What was done where, and until when: from the first step that is not `lived`, nothing."""

    state: Int[Array, " time"]
    action: Int[Array, " time"]
    lived: Bool[Array, " time"]


def draw_episode(
    rule: Rule,
    lesson: Lesson,
    logits: Float[Array, "state action"],
    n_steps: int,
    key: Key[Array, ""],
    leads: Float[Array, "state action state"] | None = None,
) -> Episode:
    """Return an episode of who samples under the rule, cut after `n_steps`. `leads` are the
    process's transitions summed along their last axis, for who draws many.
    """
    acts = jnp.cumsum(acting(rule, lesson.teacher, logits), axis=1)
    if leads is None:
        leads = jnp.cumsum(lesson.mdp.transition, axis=2)
    n_states = len(logits)

    def step(carry: tuple[Array, Array], key: Array) -> tuple[tuple[Array, Array], Episode]:
        state, lived = carry
        draw = jax.random.uniform(key, (2,), logits.dtype)
        action = _pick(acts[state] / acts[state, -1], draw[0])
        after = _pick(leads[state, action], draw[1])
        episode = Episode(state, action, lived)
        return (jnp.minimum(after, n_states - 1), lived & (after < n_states)), episode

    begin_key, *_ = keys = jax.random.split(key, n_steps + 1)
    begins = jnp.cumsum(lesson.mdp.start)
    state = _pick(begins / begins[-1], jax.random.uniform(begin_key, dtype=logits.dtype))
    _, episode = jax.lax.scan(step, (state, jnp.array(True)), keys[1:])
    return episode


def earned_later(
    rule: Rule,
    lesson: Lesson,
    logits: Float[Array, "state action"],
    episode: Episode,
    by_action: bool = False,
) -> Float[Array, " time"]:
    """Return what each action is paid: its own step's reward and, but for rules of one step, all
    that come later. With `by_action` the state that follows is judged by the action taken there
    alone, where the rule has that estimate, and not by the mean over all.
    """
    here = _here(rule, lesson, logits, episode)
    lived = episode.lived
    earned = rule.task * lesson.mdp.reward[episode.state, episode.action]
    if rule.own is not None:
        earned += rule.weight * jax.vmap(rule.own)(here, episode.action)
    if by_action and rule.following_sampled is not None:
        earned += rule.weight * _next(jax.vmap(rule.following_sampled)(here, episode.action), lived)
    elif rule.following is not None:
        earned += rule.weight * _next(jax.vmap(rule.following)(here), lived)
    earned = jnp.where(lived, earned, 0.0)
    return earned if rule.one_step else jnp.cumsum(earned[::-1])[::-1]


def estimate(
    rule: Rule,
    lesson: Lesson,
    logits: Float[Array, "state action"],
    episode: Episode,
    later: Float[Array, " time"],
) -> Float[Array, "state action"]:
    """Return what one episode says of g, by the logits, given what its actions earned; less what is
    expected of the state, as one likes: that changes no mean.

    The student's values, which gates compare, are exact.
    """
    here = _here(rule, lesson, logits, episode)

    def surrogate(logits: Array) -> Float[Array, ""]:
        now = Categorical(logits[episode.state])
        loss = rule.weight * jax.vmap(rule.aligned)(here._replace(student=now))
        if rule.pays:
            loss -= later * jax.vmap(Categorical.log_probability)(now, episode.action)
        return jnp.sum(jnp.where(episode.lived, loss, 0.0))

    return jax.grad(surrogate)(logits)


def _here(rule: Rule, lesson: Lesson, logits: Array, episode: Episode) -> Step:
    steps = steps_of(lesson, logits, valued=rule.gate is not None)
    return jax.tree.map(lambda leaf: leaf[episode.state], steps)


def _next(values: Any, lived: Bool[Array, " time"]) -> Float[Array, " time"]:
    """Return what the next step has, 0 where none follows."""
    return jnp.append(jnp.where(lived, values, 0.0)[1:], 0.0)


def _pick(cumulative: Float[Array, " n"], draw: Float[Array, ""]) -> Int[Array, ""]:
    """Return the first whose cumulative probability exceeds the draw; n where none's does."""
    return jnp.sum(cumulative <= draw)


def all_episodes(mdp: MDP, n_steps: int) -> tuple[Episode, Float[Array, " episode"]]:
    """Return every episode of a process that ends after `n_steps` at the latest, and for each the
    probability that the process does its part, given the actions.

    Their number is (states x actions)^steps: this is for small ones.
    """
    n_states, n_actions, _ = mdp.transition.shape
    grid = np.indices((n_states, n_actions) * n_steps).reshape(2 * n_steps, -1).T
    state, action = grid[:, ::2], grid[:, 1::2]
    likely, transition = np.asarray(mdp.start)[state[:, 0]], np.asarray(mdp.transition)
    for t in range(n_steps - 1):
        likely *= transition[state[:, t], action[:, t], state[:, t + 1]]
    possible = np.flatnonzero(likely)
    parts = state, action, np.ones(state.shape, bool), likely
    *whole, likely = (jnp.asarray(part[possible]) for part in parts)
    return Episode(*whole), likely
