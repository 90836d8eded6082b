"""A system whose claims are measured: its paper, and the parts that they come in.

A part is a module of the system's folder with one function, `measure(how: Measuring) -> Found`.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from ontogeny.core.errors import ConfigError, unknown

if TYPE_CHECKING:
    from ontogeny.claims.measuring import Found, Measuring

When: TypeAlias = Literal["always", "unhurried", "longer", "given data"]


class Part(NamedTuple):
    """A part by its name. Unless it is asked for by that name it is measured always; or not in a
    quick look; or only with the longer parts; or only when its data are given.
    """

    name: str
    when: When = "always"
    module: str = ""  # of the system's folder; as the name when not given


@dataclass(frozen=True)
class System:
    """What `ontogeny reproduce` knows of a system without importing what measures it."""

    folder: str
    """The module's name: where the parts lie."""
    title: str
    paper: str
    """The number of the paper on arXiv."""
    parts: tuple[Part, ...]

    @property
    def name(self) -> str:
        """What `reproduce` calls it."""
        return self.folder.rpartition(".")[2]

    def chosen(self, part: str | None, quick: bool, longer: bool, data: bool) -> list[Part]:
        """Return the parts to measure: the one that is named, or those that are meant when none is.

        Raises `ConfigError` for a part that there is not, and for longer parts or data where there
        is nothing of the kind.
        """
        kinds = {one.when for one in self.parts}
        if longer and "longer" not in kinds:
            raise ConfigError(
                f"{self.name} has no longer parts",
                where=f"reproduce {self.name} --all",
                hint="leave --all out",
            )
        if data and "given data" not in kinds:
            raise ConfigError(
                f"the claims of {self.name} read no data",
                where=f"reproduce {self.name} --data",
                hint="leave --data out",
            )
        if part is not None:
            named = [one for one in self.parts if one.name == part]
            if not named:
                names = [one.name for one in self.parts]
                raise unknown("part", part, names, where=f"reproduce {self.name}")
            return named
        meant = {"always": True, "unhurried": not quick, "longer": longer, "given data": data}
        return [one for one in self.parts if meant[one.when]]

    def measure(self, part: Part, how: Measuring) -> Found:
        """Return the claims and figures of a part, as measured."""
        module = part.module or part.name.replace("-", "_")
        found: Found = importlib.import_module(f"{self.folder}.{module}").measure(how)
        return found
