"""What can go wrong, as one small tree.

Every error says what happened with the values, where it happened, and what to do about it. The
command line prints the three parts and leaves with the class's `exit_code`.
"""

from __future__ import annotations

from collections.abc import Iterable

from ontogeny.core.text import visible


class OntogenyError(Exception):
    """The root of every error that Ontogeny raises on purpose.

    `what` says what happened, with the values; `where` names the leaf, field, file, run or round;
    `hint` says what to do.

    >>> try:
    ...     og.grow("quadratik")
    ... except og.OntogenyError as error:
    ...     print(error)
    no recipe is called 'quadratik'
      → did you mean 'quadratic'?
    """

    exit_code = 3

    def __init__(self, what: str, *, where: str | None = None, hint: str | None = None):
        self.what, self.where, self.hint = what, where, hint
        super().__init__(what, where, hint)

    def __str__(self) -> str:
        located = f"{self.where}: {self.what}" if self.where else self.what
        return visible(f"{located}\n  → {self.hint}" if self.hint else located)

    def __reduce__(self):  # keyword arguments survive a trip between processes
        return (_rebuild, (type(self), self.what, self.where, self.hint))


def _rebuild(kind: type[OntogenyError], what: str, where: str | None, hint: str | None):
    return kind(what, where=where, hint=hint)


class ConfigError(OntogenyError):
    """A setting that cannot be used: a reversed bound, an unknown recipe, zero rounds."""

    exit_code = 2


def unknown(
    kind: str,
    name: str,
    known: Iterable[str],
    where: str | None = None,
    *,
    otherwise: str = "",
    alike: float = 0.6,
) -> ConfigError:
    """Return the error to raise for a name that no `kind` (recipe, field of Toy) has.

    It suggests the nearest of the known names, at least so much `alike` (0 to 1, whatever the
    case); where none is, it says `otherwise`, and without that lists them.
    """
    import difflib

    spelt = {one.casefold(): one for one in known}
    near = difflib.get_close_matches(name.casefold(), spelt, 1, alike)
    listed = f"there are: {', '.join(spelt.values())}" if spelt else "there are none"
    hint = f"did you mean {spelt[near[0]]!r}?" if near else otherwise or listed
    return ConfigError(f"no {kind} is called {name!r}", where=where, hint=hint)


class StructureError(OntogenyError):
    """A pytree of the wrong structure, shape or dtype: a learner, a state or a checkpoint that does
    not fit.
    """


class DeadPopulation(OntogenyError):
    """Every member has a non-finite state or score, so nobody is left to inherit from."""


class StoreError(OntogenyError):
    """A run folder that cannot be read or written: missing, corrupt, locked, or a full disk."""


class MissingExtra(OntogenyError):
    """An optional dependency that the chosen feature needs is not installed. A `pip install` in the
    hint is said as it works in this environment.
    """

    exit_code = 2

    def __init__(self, what: str, *, where: str | None = None, hint: str | None = None):
        from ontogeny.core.installing import here

        super().__init__(what, where=where, hint=hint and here(hint))


class DataError(OntogenyError):
    """Data that cannot be used: a missing file, a NaN, a row of the wrong shape."""
