"""The terminal, to which nothing is written that it would obey, but what we ask of it ourselves."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from ontogeny.core.text import visible


class Terminal(Console):
    """Rich's console, on which names and messages are seen as they are: a run's folder may be
    called anything.
    """

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        """Yield what is to be written, its unseen characters written out, and ? for those that the
        terminal lacks.
        """
        for segment in super().render(renderable, options):
            text = visible(segment.text).encode(self.encoding, "replace").decode(self.encoding)
            yield segment if segment.control else segment._replace(text=text)

    def on_broken_pipe(self) -> None:
        """Raise `BrokenPipeError`: whoever prints knows what to do about it."""
        raise BrokenPipeError("nobody reads what is printed")
