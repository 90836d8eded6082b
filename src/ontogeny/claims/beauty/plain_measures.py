"""What else can be asked how good a photograph is: two plain measures, and BRISQUE.

BRISQUE (Mittal et al. 2012) is asked of the package `brisque`, which runs under NumPy below 2.4
alone and needs OpenCV, so it has an interpreter of its own, named by `$ONTOGENY_BRISQUE_PYTHON`:

    python -m venv peer && peer/bin/pip install brisque opencv-python-headless 'numpy<2.4'

Without one it is not measured, which the claim says.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from jaxtyping import Float, UInt8
from scipy import ndimage

from ontogeny.worlds.photos.photographs import LUMA

PYTHON = "ONTOGENY_BRISQUE_PYTHON"
ASK = """
import sys
import numpy as np
from brisque import BRISQUE
photos = np.load(sys.argv[1])
model = BRISQUE(url=False)
np.save(sys.argv[2], np.array([float(model.score(photo)) for photo in photos]))
"""


def sharpness(photo: UInt8[np.ndarray, "height width 3"]) -> float:
    """Return the variance of the Laplacian of its grey (Pech-Pacheco et al. 2000)."""
    return float(ndimage.laplace(photo @ LUMA).var())


def contrast(photo: UInt8[np.ndarray, "height width 3"]) -> float:
    """Return the standard deviation of its grey."""
    return float((photo @ LUMA).std())


def by_plain_measures(
    photos: Iterable[UInt8[np.ndarray, "_ _ 3"]],
) -> dict[str, Float[np.ndarray, " photo"]]:
    """Return both, of every photograph."""
    found = np.array([(sharpness(photo), contrast(photo)) for photo in photos]).reshape(-1, 2)
    return {"sharpness (Laplacian)": found[:, 0], "contrast (deviation)": found[:, 1]}


def by_brisque(
    photos: UInt8[np.ndarray, "photo height width 3"],
) -> tuple[Float[np.ndarray, " photo"] | None, str]:
    """Return minus BRISQUE's score of every photograph (it is low for what is good) and "", or None
    and why it was not measured.
    """
    python = os.environ.get(PYTHON) or (
        sys.executable if importlib.util.find_spec("brisque") else ""
    )
    if not python:
        return None, f"BRISQUE was not measured: {PYTHON} names no interpreter"
    with tempfile.TemporaryDirectory() as place:
        asked, told = Path(place, "photos.npy"), Path(place, "scores.npy")
        np.save(asked, photos)
        command = [python, "-c", ASK, str(asked), str(told)]
        try:
            subprocess.run(command, capture_output=True, text=True, check=True)
            return -np.load(told), ""
        except (OSError, subprocess.CalledProcessError) as error:
            said = str(getattr(error, "stderr", "") or error).strip().splitlines()[-1:]
            return None, f"BRISQUE did not run: {''.join(said)}"
