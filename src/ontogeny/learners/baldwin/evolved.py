"""What a person wants of an evolved learner that acts: its genes, and what a life makes of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from ontogeny.core.archive import read_about, read_archive, write_archive
from ontogeny.core.errors import StoreError
from ontogeny.core.learner import Hypers
from ontogeny.learners.baldwin.lifetime import Subject, genes_space, scores_by_step

KIND = "evolved learner"


@dataclass(frozen=True)
class Striver:
    """Genes, and the subject that they learn. Called, it lives on fresh tasks."""

    subject: Subject
    genes: Hypers
    steps: int
    """Of a life, as it was evolved."""

    def __call__(
        self, key: Key[Array, ""], tasks: int = 64, steps: int | None = None
    ) -> Float[Array, "task steps_and_one"]:
        """Return the score on each of so many fresh tasks after 0 … steps steps of learning."""
        n = self.steps if steps is None else steps

        @jax.jit
        def live(genes: Hypers, keys: Array) -> Array:
            return jax.vmap(lambda k: scores_by_step(self.subject, genes, k, n))(keys)

        return live(self.genes, jax.random.split(key, tasks))

    def save(self, folder: Path) -> None:
        """Write the genes as an archive. Raises `StoreError` when they can't be written."""
        about = {"kind": KIND, "subject": self.subject.name, "steps": self.steps}
        write_archive(Path(folder), self.genes, about)


def load_striver(folder: Path, subject: Subject) -> Striver:
    """Return what `Striver.save` wrote, of the same subject. Raises `StoreError` for another's, or
    a damaged folder.
    """
    about: dict[str, Any] = read_about(Path(folder))
    if about.get("kind") != KIND or about.get("subject") != subject.name:
        raise StoreError(
            f"it holds {about.get('kind', 'something else')!r} of {about.get('subject')!r}",
            where=str(folder),
            hint=f"give the folder of a run that learned {subject.name!r}",
        )
    like = jax.eval_shape(lambda: genes_space(subject).sample(jax.random.key(0)))
    like = {name: shape for name, shape in like.items() if name != "season"}
    genes = jax.tree.map(jnp.asarray, read_archive(Path(folder), like))
    return Striver(subject, genes, about["steps"])
