"""Draw the pictures of docs/ again, from what is grown and measured now: `make figures`.

`python docs/figures.py NAME …` draws some only. A page is photographed by a Chromium: `browser.py`.
"""

from __future__ import annotations

import sys
from pathlib import Path

import grown
import live_pages
from browser import pictured
from ontogeny.claims.reproduction import reproduce
from ontogeny.runtime.machine import prepare

FIGURES = Path(__file__).with_name("figures")
MADE = {
    "quickstart.png": grown.quickstart,
    "report.png": grown.report,
    "breakout.gif": grown.film,
    "replay.png": grown.replay,
    "joints.webp": grown.joints,
    "recalled.png": grown.recalled,
    "scored.jpg": grown.scored,
    "study.png": grown.study,
    "glyphs.png": grown.glyphs,
    "watch.jpg": live_pages.watch,
    "rating.jpg": live_pages.rating,
}
"""Who draws what commands make."""
# By system and part of `ontogeny reproduce`: the pictures, of which figure each is, its height.
MEASURED = {
    ("pbt", "toy"): {"toy": ("toy", 850)},
    ("pbt", "quadratic"): {"losses": ("losses", 450)},
    ("pbt", "strategies"): {"strategies": ("strategies", 450)},
    ("pbt", "schedule"): {"settings": ("settings", 450)},
    ("pbt", "size"): {"sizes": ("sizes", 450)},
    ("pbt", "gan"): {
        "gan": ("gan", 470),
        "gan_rates": ("gan_rates", 430),
        "samples": ("samples", 560),
    },
    ("pbt", "translation"): {
        "translation": ("translation", 470),
        "translation_schedules": ("translation_schedules", 430),
    },
    ("baldwin", "needle"): {"needle": ("needle", 460)},
    ("baldwin", "direction"): {"direction": ("direction", 520)},
    ("baldwin", "cheetah"): {"cheetah": ("cheetah", 520)},
    ("baldwin", "sinusoids"): {"evaluations": ("evaluations", 520)},
    ("sequential", "prediction"): {"prediction": ("excess", 760), "learning": ("learning", 420)},
    ("sequential", "machine"): {"memory": ("memory", 620), "automaton": ("automaton", 660)},
    ("sequential", "thompson"): {"thompson": ("thompson_matching", 560)},
    ("sequential", "control"): {"control": ("control_rewards", 480)},
    ("leo", "characters"): {"leo": ("characters_accuracy", 370)},
    ("leo", "glyphs"): {"leo_glyphs": ("glyphs_accuracy", 370)},
    ("leo", "ablations"): {"leo_ablations": ("ablations", 370)},
    ("maml", "sinusoids"): {"adaptation": ("steps", 530), "sinusoids": ("fits", 640)},
    ("distillation", "ring"): {"ring": ("ring", 480)},
    ("mix_and_match", "rooms"): {"rooms": ("rooms", 480)},
    ("memory", "hopfield"): {"hopfield": ("told", 520)},
    ("kickstarting", "one-teacher"): {"kickstarting": ("one_teacher", 460)},
    ("beauty", "lalonde"): {"lalonde": ("lalonde", 560)},
}
QUICK = {
    ("distillation", "ring"),
    ("mix_and_match", "rooms"),
    ("memory", "hopfield"),
    ("kickstarting", "one-teacher"),
    ("beauty", "lalonde"),
}
"""The parts that are measured at their quick size, since the picture says the same."""


def main(names: list[str]) -> int:
    """Draw the pictures that are named, or all; return 0, or 2 for a name that there is not."""
    made = {Path(file).stem: (file, drawn) for file, drawn in MADE.items()}
    known = [*made, *(name for pictures in MEASURED.values() for name in pictures)]
    if unknown := [name for name in names if name not in known]:
        print(f"no picture is called {unknown[0]!r}; there are: {', '.join(known)}")
        return 2
    prepare()
    wanted = names or known
    for name, (file, drawn) in made.items():
        if name in wanted:
            drawn(FIGURES / file)
    for (system, part), pictures in MEASURED.items():
        if chosen := {name: of for name, of in pictures.items() if name in wanted}:
            measure(system, part, chosen)
    return 0


def measure(system: str, part: str, pictures: dict[str, tuple[str, int]]) -> None:
    """Measure a part of a system's claims, and draw its pictures: of which figure, how high."""
    scale = "quick" if (system, part) in QUICK else "full"
    result = reproduce(system, scale, progress=print, part=part)
    for claim in result.claims:
        print(f"{'holds' if claim.holds else 'DOES NOT HOLD'}: {claim.claim}: {claim.measured}")
    figures = {figure.name: figure for figure in result.figures}
    for name, (which, height) in pictures.items():
        pictured(figures[which], FIGURES / f"{name}.png", height)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
