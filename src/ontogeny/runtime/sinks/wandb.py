"""Weights & Biases: a run on this machine, which `wandb sync` sends when you want it to."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from ontogeny.core.files import inside
from ontogeny.runtime.executor import Lived
from ontogeny.runtime.observer import Observer, Setting
from ontogeny.runtime.sinks.summary import Summary, identity_of, needed, settings_of
from ontogeny.runtime.storage.folders import run_name


class WandB(Observer):
    """Writes an offline run into `folder` (`wandb` in the run's folder). What a resumed run adds is
    a part with an id of its own, in one group with the others: two with one id would overwrite each
    other when they are sent.

    >>> run = og.grow("quadratic", observers=[og.WandB(project="schedules")])  # doctest: +SKIP
    """

    def __init__(
        self,
        folder: Path | str | None = None,
        *,
        project: str = "ontogeny",
        mode: Literal["offline", "online"] = "offline",
        members: bool = False,
    ):
        """`online` sends everything at once; `members` adds a curve a slot. Raises `MissingExtra`
        without wandb.
        """
        self._wandb = needed("wandb", "wandb", "WandB")
        self._folder, self._project, self._mode = folder, project, mode
        self._members = members
        self._run: Any = None

    def compiling(self, setting: Setting) -> None:
        """Remember what is grown."""
        self._setting = setting
        self._summary = Summary(setting, self._members)

    def compiled(self, seconds: float) -> None:
        """Begin the run."""
        inside(self._setting.folder, "wandb")  # which it makes in the folder
        folder = Path(self._folder or self._setting.folder)
        folder.mkdir(parents=True, exist_ok=True)
        name, first = identity_of(self._setting), self._setting.first
        offline = self._mode == "offline"
        self._run = self._wandb.init(
            project=self._project,
            name=run_name(self._setting.folder),
            id=f"{name}-from-{first}" if first and offline else name,
            resume=None if offline else "allow",
            group=name,
            dir=str(folder),
            mode=self._mode,
            config=settings_of(self._setting),
            # Nothing of its own on the screen, and nothing recorded but what is logged here.
            settings=self._wandb.Settings(
                silent=True, console="off", x_disable_stats=True, disable_git=True, save_code=False
            ),
        )
        self._run.define_metric("round")
        self._run.define_metric("*", step_metric="round")

    def lived(self, round_: Lived, moved: int, dead: int) -> None:
        """Write a round."""
        if summed := self._summary.note(round_, moved, dead):
            self._run.log({"round": summed.step, **summed.scalars})

    def ended(self, status: str) -> None:
        """Close the run; one that failed is marked so."""
        if self._run is not None:
            self._run.finish(exit_code=int(status == "failed"))
            self._run = None
