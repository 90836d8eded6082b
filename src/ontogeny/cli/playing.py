"""`play` and `export`: what was grown, in use."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ontogeny.cli.words import RunName, parse, say
from ontogeny.core.errors import ConfigError, MissingExtra
from ontogeny.core.files import absolute
from ontogeny.core.text import quoted


@dataclass(frozen=True)
class Play:
    """Film the best agent of a run, or the agent of a slot."""

    run: RunName
    slot: int | None = None
    """Whose film; the best member's when not given."""
    out: Path | None = None
    """Where to write the film: a GIF, or an MP4 where the name ends so. When not given, film.gif in
    the run's folder, and film.mp4 beside it where imageio-ffmpeg is installed."""
    steps: int = 500
    """Steps to film at the most; the film ends with the episode."""
    seed: int = 0
    """Of the world, and of the actions."""
    episodes: int = 16
    """Episodes that are played; the film is of the one with the median return."""
    last: bool = False
    """Of a mixture: its last component alone."""
    greedy: bool = False
    """Take the likeliest action, instead of drawing one from the policy."""
    json: bool = False
    """Print one JSON object."""


def play(arguments: list[str]) -> int:
    """Film an agent."""
    from ontogeny.runtime.storage.folders import find_run

    chosen = parse(Play, "play", arguments)
    folder = find_run(chosen.run)  # before anything heavy is imported
    import numpy as np

    from ontogeny.core.product import Playable
    from ontogeny.run import load
    from ontogeny.runtime.machine import prepare
    from ontogeny.runtime.storage.store import Store
    from ontogeny.views.pictures.film import ffmpeg, is_mp4, write_film

    if chosen.out is not None and is_mp4(chosen.out):
        ffmpeg()  # whether it is there is known before an episode is played
    prepare()
    product = load(folder).product(chosen.slot)
    if not isinstance(product, Playable):
        raise ConfigError(
            f"a {type(product).__name__.lower()} can't be played",
            where=str(folder),
            hint=f"see: ontogeny report {quoted(chosen.run)}",
        )
    if chosen.last:
        alone = getattr(product, "last", None)
        if alone is None:
            raise ConfigError(
                f"a {product.kind} has no last component",
                where=str(folder),
                hint="leave --last out: it is for mixtures",
            )
        product = alone
    film = product.play(chosen.seed, chosen.steps, chosen.episodes, chosen.greedy)
    stem = "film-last" if chosen.last else "film"
    names = [folder / f"{stem}.gif"] if chosen.out is None else [chosen.out]
    if chosen.out is None:
        with suppress(MissingExtra):
            ffmpeg()
            names.append(folder / f"{stem}.mp4")
    scores = np.cumsum(film.reward).tolist()
    paths = [write_film(film.frames, n, scale=2, caption=folder.name, scores=scores) for n in names]
    sizes = {path: path.stat().st_size for path in paths}
    if inside := [path for path in paths if path.is_relative_to(folder)]:
        with Store(folder, write=True) as store, store.transaction():
            for path in inside:
                store.add_artifact(store.rounds() - 1, "film", path, sizes[path])
    answer = {
        "film": str(paths[0]),
        "bytes": sizes[paths[0]],
        "films": {str(path): size for path, size in sizes.items()},
        "frames": len(film.frames),
        "return": film.total,
        "ended": film.ended,
        "returns": film.returns,
    }

    def text() -> str:
        low, high = min(film.returns), max(film.returns)
        files = [f"{path}: {size / 1e3:.0f} kB" for path, size in sizes.items()]
        return "\n".join(files) + (
            f"\n{len(film.frames)} frames\n"
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
    from ontogeny.runtime.storage.folders import find_run

    chosen = parse(Export, "export", arguments)
    folder = find_run(chosen.run)  # before anything heavy is imported
    from ontogeny.core.product import Exportable
    from ontogeny.run import load

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
