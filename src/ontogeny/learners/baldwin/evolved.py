"""What a person wants of an evolved learner that acts: its genes, and what a life makes of them."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from ontogeny.core.archive import read_about, read_archive, write_archive
from ontogeny.core.config import from_json
from ontogeny.core.errors import StoreError
from ontogeny.core.learner import Hypers
from ontogeny.learners.baldwin.lifetime import Subject, genes_space, scores_by_step
from ontogeny.learners.baldwin.pursuit import PursuitConfig, pursuit


@dataclass(frozen=True)
class EvolvedLearner:
    """Genes, and the subject that they learn. Called, it lives on fresh tasks."""

    kind: ClassVar[str] = "evolved learner"

    subject: Subject
    genes: Hypers
    steps: int
    """Of a life, as it was evolved."""
    config: PursuitConfig | None = None
    """What builds the subject again, where it is a pursuit."""

    def __call__(
        self, key: Key[Array, ""], tasks: int = 64, steps: int | None = None
    ) -> Float[Array, "task steps_and_one"]:
        """Return the score on each of so many fresh tasks after 0 … steps steps of learning."""
        n = self.steps if steps is None else steps
        keys = jax.random.split(key, tasks)
        if self.config is not None:
            return _pursued(self.config, n, self.genes, keys)
        return jax.jit(partial(_lived, self.subject, n))(self.genes, keys)

    def save(self, folder: Path) -> None:
        """Write the genes as an archive. Raises `StoreError` when they can't be written."""
        about = {
            "kind": self.kind,
            "subject": self.subject.name,
            "steps": self.steps,
            "pursuit": self.config and dataclasses.asdict(self.config),
        }
        write_archive(Path(folder), self.genes, about)


def _lived(subject: Subject, steps: int, genes: Hypers, keys: Array) -> Array:
    return jax.vmap(lambda key: scores_by_step(subject, genes, key, steps))(keys)


@partial(jax.jit, static_argnums=(0, 1))  # compiled once for all products of the settings
def _pursued(config: PursuitConfig, steps: int, genes: Hypers, keys: Array) -> Array:
    return _lived(pursuit(config), steps, genes, keys)


def load_evolved(folder: Path, subject: Subject | None = None) -> EvolvedLearner:
    """Return what `EvolvedLearner.save` wrote. The `subject` is needed where the archive doesn't
    say what builds it: of a subject of your own, and in archives of an earlier version.

    Raises `StoreError` for another subject's, for one that must be given, or a damaged folder.
    """
    folder = Path(folder)
    about: dict[str, Any] = read_about(folder, EvolvedLearner.kind)
    config = None
    if subject is None:
        if not about.get("pursuit"):
            raise StoreError(
                f"it doesn't say what {about.get('subject')!r}, its subject, is built of",
                where=str(folder),
                hint="give it: learners.baldwin.evolved.load_evolved(folder, recipe.subject())",
            )
        config = from_json(PursuitConfig, about["pursuit"])
        subject = pursuit(config)
    if about.get("subject") != subject.name:
        raise StoreError(
            f"its subject is {about.get('subject')!r}",
            where=str(folder),
            hint=f"give the folder of a run that learned {subject.name!r}",
        )
    like = jax.eval_shape(lambda: genes_space(subject).sample(jax.random.key(0)))
    like = {name: shape for name, shape in like.items() if name != "season"}
    genes = jax.tree.map(jnp.asarray, read_archive(folder, like))
    return EvolvedLearner(subject, genes, about["steps"], config)
