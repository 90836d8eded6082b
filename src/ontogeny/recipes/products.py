"""Products: what was grown, read back by its kind. Nothing heavy is imported until one is read."""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ontogeny.core.errors import ConfigError, MissingExtra, OntogenyError, StoreError, unknown
from ontogeny.core.files import absolute, decoding, inside
from ontogeny.core.text import quoted, visible

if TYPE_CHECKING:
    from ontogeny.core.product import Product
    from ontogeny.runtime.storage.store import Store

FOLDER = "product"  # in a run's folder: what the best member became, when the run finished

PRODUCTS = {
    "actor-critic policy": "learners.agents.policy:load_policy",
    "associative memory": "learners.memory.product:load_memory",
    "evolved learner": "learners.baldwin.evolved:load_evolved",
    "few-shot classifier": "learners.few_shot.classifier:load_classifier",
    "hinton-nowlan genome": "learners.baldwin.hinton_nowlan:load_genome",
    "image classifier": "learners.supervised.classifier:load_image_classifier",
    "image generator": "learners.generation.sampler:load_sampler",
    "memory policy": "learners.sequential.policy:load_memory_policy",
    "language model": "learners.text.text_model:load_text_model",
    "meta-learned start": "learners.maml.adapter:load_adapter",
    "mixed policy": "learners.teaching.mixed_policy:load_mixed_policy",
    "quadratic minimum": "recipes.quadratic:load_minimum",
    "scorer": "learners.beauty.product:load_scorer",
    "script files": "recipes.scripts:load_files",
    "sequence predictor": "learners.sequential.forecaster:load_forecaster",
    "toy point": "recipes.toy:load_point",
    "translator": "learners.generation.translator:load_translator",
    "video model": "learners.streaming.product:load_video_model",
}  # every kind, and the function that reads it

FORMERLY = {
    "digit_classifier.Reader": "image classifier",
    "hinton-nowlan.Genome": "hinton-nowlan genome",
    "quadratic.Minimum": "quadratic minimum",
    "toy.Point": "toy point",
}  # what an earlier version said as "product" where all say a "kind"


def load_product(folder: Path | str) -> Product:
    """Return the product in a folder, or of the best member of a finished run: its folder, its name
    in the runs folder, or "last".

    Raises `StoreError` when the folder holds something else or is damaged, when the run has not
    finished, and when the product needs what can't be found by name: the error says which function
    takes it. Raises `ConfigError` where nothing lies there, and for a kind that this version does
    not know.

    >>> run = og.grow("quadratic", population=4, rounds=2, steps=5, progress=False)
    >>> minimum = og.load_product(run.folder)
    >>> minimum.kind, minimum.x.shape
    ('quadratic minimum', (20,))
    """
    from ontogeny.runtime.machine import offer_cores

    offer_cores()  # its arrays are the first that are made, perhaps, and a growth comes after
    return _read(_product_folder(folder))


def loader(kind: str, where: str | None = None) -> Callable[[Path], Product]:
    """Return the function that reads this kind. Raises `ConfigError`, suggesting the nearest kind,
    for one that this version does not know.
    """
    if kind not in PRODUCTS:
        own = "it is of another version, or your own: load it with the function that knows it"
        raise unknown("kind of product", kind, PRODUCTS, where, otherwise=own)
    module, name = PRODUCTS[kind].split(":")
    return getattr(importlib.import_module(f"ontogeny.{module}"), name)


def kept_product(store: Store) -> Product | None:
    """Return what the best member of a run became, as it was written when the run finished; None,
    with a warning, where that can't be read, and without one where the run has none yet.

    Nothing that learns is built. Raises `MissingExtra` when the product needs what is not
    installed.
    """
    from ontogeny.runtime.checkpoints import list_checkpoints

    run, folder = store.run(), store.folder / FOLDER
    if run.get("status") != "finished" or not (folder.exists() or run.get("recipe")):
        return None
    try:
        product = _read(inside(store.folder, FOLDER))
        written = [path.stat().st_mtime for _, path in list_checkpoints(store.folder)]
        if folder.stat().st_mtime < max(written, default=0.0):  # a kill fell between the two
            raise StoreError("it is older than the newest checkpoint", where=str(folder))
        return product
    except MissingExtra:
        raise
    except OntogenyError as error:
        said = f"{error.where or folder}: {error.what}; the newest checkpoint is read instead"
        warnings.warn(visible(said), stacklevel=3)
        return None


def _read(folder: Path) -> Product:
    """Return the product that the archive in the folder is."""
    from ontogeny.core.archive import read_about

    about = read_about(folder)
    with decoding(str(folder), "what it says of itself is not readable"):
        kind: Any = about.get("kind", FORMERLY.get(about.get("product", "")))
        if not isinstance(kind, str):
            raise StoreError(
                "it is an archive, but not of a product",
                where=str(folder),
                hint="give the folder that a product's `save` wrote, or a run's",
            )
        return loader(kind, str(folder))(folder)


def _product_folder(folder: Path | str) -> Path:
    """Return where the product lies: the folder itself, or the run's `product`."""
    from ontogeny.runtime.storage.folders import find_run

    place = absolute(folder)
    if (place / "structure.json").is_file():
        return place
    try:
        run = find_run(folder)
    except ConfigError:
        if not place.exists():
            raise
        return place  # reading it says what is wrong
    if not (run / FOLDER).exists():
        raise StoreError(
            "this run has no product: it is written when a recipe's run has finished",
            where=str(run),
            hint=f"go on with it: ontogeny resume {quoted(run.name)}",
        )
    return run / FOLDER
