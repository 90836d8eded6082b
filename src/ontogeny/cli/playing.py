"""`play` and `export`: what was grown, in use."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ontogeny.cli.words import RunName, parse, say
from ontogeny.core.errors import ConfigError
from ontogeny.core.files import absolute
from ontogeny.core.text import quoted


@dataclass(frozen=True)
class Play:
    """Film the best agent of a run, or the agent of a slot."""

    run: RunName
    slot: int | None = None
    """Whose film; the best member's when not given."""
    out: Path | None = None
    """Where to write the GIF (film.gif in the run's folder)."""
    steps: int = 500
    """Steps to film at the most; the film ends with the episode."""
    seed: int = 0
    """Of the world, and of the actions."""
    episodes: int = 16
    """Episodes that are played; the film is of the one with the median return."""
    greedy: bool = False
    """Take the likeliest action, instead of drawing one from the policy."""
    json: bool = False
    """Print one JSON object."""


def play(arguments: list[str]) -> int:
    """Film an agent."""
    import numpy as np

    from ontogeny.core.product import Playable
    from ontogeny.run import load
    from ontogeny.runtime.machine import prepare
    from ontogeny.runtime.store import Store
    from ontogeny.views.film import write_film

    chosen = parse(Play, "play", arguments)
    prepare()
    run = load(chosen.run)
    folder, product = run.folder, run.product(chosen.slot)
    if not isinstance(product, Playable):
        raise ConfigError(
            f"a {type(product).__name__.lower()} can't be played",
            where=str(folder),
            hint=f"see: ontogeny report {quoted(chosen.run)}",
        )
    film = product.play(chosen.seed, chosen.steps, chosen.episodes, chosen.greedy)
    path = write_film(
        film.frames,
        chosen.out or folder / "film.gif",
        scale=2,
        caption=folder.name,
        scores=np.cumsum(film.reward).tolist(),
    )
    size = path.stat().st_size
    if path.is_relative_to(folder):
        with Store(folder, write=True) as store, store.transaction():
            store.add_artifact(store.rounds() - 1, "film", path, size)
    answer = {
        "film": str(path),
        "bytes": size,
        "frames": len(film.frames),
        "return": film.total,
        "ended": film.ended,
        "returns": film.returns,
    }

    def text() -> str:
        low, high = min(film.returns), max(film.returns)
        return (
            f"{path}: {len(film.frames)} frames, {size / 1e3:.0f} kB\n"
            f"{len(film.returns)} episodes: return {film.total:g} (median, filmed), "
            f"{low:g} to {high:g}"
        )

    say(answer, chosen.json, text, f"ontogeny report {quoted(chosen.run)}")
    return 0


@dataclass(frozen=True)
class Export:
    """Write what was grown as files that others read."""

    run: RunName
    to: Literal["safetensors", "onnx"] = "safetensors"
    """The arrays of any product, or a policy as a model that onnxruntime runs, checked against the
    policy, with a script beside it that does so."""
    slot: int | None = None
    """Whose product; the best member's when not given."""
    out: Path | None = None
    """The folder to write (export in the run's folder, or onnx)."""
    json: bool = False
    """Print one JSON object."""


def export(arguments: list[str]) -> int:
    """Export a product."""
    from ontogeny.core.product import Exportable
    from ontogeny.run import load

    chosen = parse(Export, "export", arguments)
    run = load(chosen.run)
    product = run.product(chosen.slot)
    onnx = chosen.to == "onnx"
    folder = absolute(chosen.out or run.folder / ("onnx" if onnx else "export"))
    checked = None
    if not onnx:
        product.save(folder)
    elif isinstance(product, Exportable):
        checked = product.to_onnx(folder)
    else:
        raise ConfigError(
            f"what it grew ({product.kind}) can't be exported to ONNX",
            where=str(run.folder),
            hint="policies can; --to safetensors takes anything",
        )
    files = {file.name: file.stat().st_size for file in sorted(folder.iterdir())}

    def text() -> str:
        lines = [f"{folder}: " + ", ".join(f"{name} ({n:,} bytes)" for name, n in files.items())]
        if checked is not None:
            lines.append(
                f"the model is at most {checked.difference:.1e} from the policy along "
                f"{checked.steps} steps in its world ({checked.allowed:g} is allowed)"
            )
        return "\n".join(lines)

    answer = {"folder": str(folder), "files": files}
    answer |= {} if checked is None else {"checked": checked._asdict()}
    say(answer, chosen.json, text, f"python {quoted(str(folder / 'act.py'))}" if onnx else "")
    return 0
