"""The notebooks run, what they show is there, and progress leaves one output and no litter."""

from __future__ import annotations

import re
from pathlib import Path

import jax
import pytest

from ontogeny.views.terminal.notebook import SECONDS, InNotebook, in_notebook

NOTEBOOKS = Path(__file__).parents[3] / "examples" / "notebooks"


@pytest.fixture(scope="module")
def executed(tmp_path_factory):
    """Return, by name, the outputs of each notebook's cells of code, as they stand after it has
    run. One kernel runs all, and forgets each notebook's names before the next.
    """
    import nbformat
    from nbclient import NotebookClient
    from traitlets.config import Config

    folder = tmp_path_factory.mktemp("notebooks")
    settings = {
        "ONTOGENY_RUNS": folder,
        "IPYTHONDIR": folder / "ipython",
        "JAX_NUM_CPU_DEVICES": 1,  # a fifth less to compile
        "JAX_COMPILATION_CACHE_DIR": jax.config.values["jax_compilation_cache_dir"],
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": 0.1,
    }
    whole, parts = nbformat.v4.new_notebook(), {}
    for path in sorted(NOTEBOOKS.glob("*.ipynb")):
        book = nbformat.read(path, 4)
        nbformat.validate(book)
        parts[path.stem] = [cell for cell in book.cells if cell.cell_type == "code"]
        assert all(not one.outputs and one.execution_count is None for one in parts[path.stem])
        whole.cells += [*parts[path.stem], nbformat.v4.new_code_cell("%reset -f")]
    with pytest.MonkeyPatch.context() as patch:
        for variable, value in settings.items():
            patch.setenv(variable, str(value))
        pipes = Config({"KernelManager": {"transport": "ipc"}})
        NotebookClient(whole, timeout=300, kernel_name="python3", config=pipes).execute()
    return {name: [cell.outputs for cell in cells] for name, cells in parts.items()}


def check_progress(outputs, end):
    """Check that a cell that grew shows the panel as it was at the end, and nothing else."""
    (panel,) = outputs
    assert panel.output_type == "display_data"
    text = panel.data["text/plain"]
    assert re.search(end, text)
    assert len(text.splitlines()) <= 8
    assert not {"\r", "\x1b"} & set(text + panel.data["text/html"])


def test_a_first_growth(executed):
    outputs = executed["first_growth"]
    assert [len(each) for each in outputs] == [0, 1, 1, 1, 1, 1]
    check_progress(outputs[1], "finished after 40 rounds, .* s")
    card = outputs[2][0].data["text/html"]
    assert "40 of 40 rounds, 16 members, finished" in card
    assert "<polyline" in card
    for (plot,), title in zip(
        outputs[3:5], ("learning_rate", "Score of every member"), strict=True
    ):
        drawn = plot.data["application/vnd.plotly.v1+json"]
        assert drawn["layout"]["title"]["text"] == title
    assert float(re.findall(r"-[\d.]+", outputs[5][0].data["text/plain"])[0]) > -0.1


def test_a_training_function_of_ones_own(executed):
    outputs = executed["your_member"]
    assert [len(each) for each in outputs] == [0, 1, 1, 1]
    check_progress(outputs[1], "finished after 8 rounds")
    assert "learning_rate" in outputs[2][0].data["text/html"]
    best = float(
        re.findall(r"best score</td><td[^>]*>([\d.]+)", outputs[2][0].data["text/html"])[0]
    )
    assert best > 0.6
    drawn = outputs[3][0].data["application/vnd.plotly.v1+json"]
    assert drawn["layout"]["title"]["text"] == "loss"


class Cell:
    """What IPython's `display` is to who calls it, and every message that it was asked to send."""

    def __init__(self):
        self.sent: list[dict[str, str]] = []

    def display(self, told, raw, display_id):
        assert raw
        assert display_id
        self.update(told, raw)
        return self

    def update(self, told, raw):
        assert raw
        self.sent.append(told)


def test_a_thousand_rounds_are_a_few_messages(setting, live_round):
    now, cell = [0.0], Cell()
    progress = InNotebook("quadratic", lambda: now[0], cell.display)
    progress.compiling(setting)
    progress.compiled(1.0)
    for number in range(1000):
        now[0] += 0.01
        progress.lived(live_round(number, [1.0, 2.0, -1.0]), 1, 0)
    progress.ended("finished")
    assert 2 <= len(cell.sent) <= 2 + 1000 * 0.01 / SECONDS
    assert "quadratic" in cell.sent[0]["text/plain"]
    assert "compiling" in cell.sent[0]["text/plain"]
    assert "finished after 1,000 rounds" in cell.sent[-1]["text/plain"]


def test_names_are_text_there_too(setting, live_round):
    cell = Cell()
    InNotebook("<b>\x1b[2J", lambda: 0.0, cell.display).compiling(setting)
    html = cell.sent[0]["text/html"]
    assert "&lt;b&gt;" in html
    assert "\x1b" not in html


def test_this_is_no_notebook():
    assert not in_notebook()
