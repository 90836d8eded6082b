"""What the docs tell a reader to type is so: every command is read by the parser of its verb, and
every block of Python that is no file of examples/ is run. Commands are run by `make figures`.
"""

from __future__ import annotations

import ast
import re
import shutil
import tomllib
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import tyro

import ontogeny as og
from blocks import PAGES, ROOT, Block, blocks, commands, inline_commands
from commands import run_page, surroundings, to_run
from granted import GRANTED
from ontogeny import cli, growth
from ontogeny.recipes import RECIPES
from ontogeny.runtime.executor import Executor, Job
from ontogeny.runtime.vectorised import Vectorised

STORED = Path(__file__).parent / "data" / "stored" / "vectorised"
POLICY = Path(__file__).parent / "data" / "products" / "cartpole"
TEACHERS = ("breakout-1", "rooms-1", "chain-1", "chain-2", "six", "nine", "RUN")
SHELL = to_run()
PYTHON = [block for block in blocks("python") if not (block.included or block.why)]
UNRUN = Counter(block.page for block in blocks() if block.why)
EXTRAS = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
TARGETS = re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.MULTILINE)


class Parsed(Exception):
    """What a verb's parser made of the words; nothing after it is done."""


@pytest.fixture
def parsed(monkeypatch, tmp_path):
    """Return a function that has a command's words parsed by its verb, and says what came of them.
    The files that commands name by their parsers' leave lie in the folder that it is called in.
    """
    read = tyro.cli

    def stop(*args, **settings):
        raise Parsed(read(*args, **settings))

    def parse(words: list[str]) -> object:
        if words in (["--help"], ["--version"]) or words[:1] == ["--completion"]:
            return cli.run(words)
        try:
            code = cli.run(words)
        except Parsed as what:
            (made,) = what.args
            if recipe := getattr(made, "recipe", None):
                recipe.strategy.build(recipe.space())  # its settings go with its space
            return made
        assert code == 0, f"it left with {code}"
        assert "--help" in words, "it never came to its parser"
        return None

    monkeypatch.chdir(tmp_path)
    (space,) = blocks("toml")
    Path("space.toml").write_text(space.text)
    for name in ("train.py", "train"):
        Path(name).write_text("print('{\"score\": 0.5}')\n")
        Path(name).chmod(0o755)
    for name in TEACHERS:
        Path(name).symlink_to(POLICY)
    monkeypatch.setattr(tyro, "cli", stop)
    return parse


def wrong_with(words: list[str], parsed) -> str | None:
    """Return what is wrong with a command, or None."""
    name, *rest = words
    if name == "ontogeny":
        if len(rest) == 2 and rest[0] == "grow" and rest[1] in RECIPES:
            return None  # the verbs' own tests read the fields of each
        try:
            parsed(rest)
        except (AssertionError, SystemExit, og.OntogenyError) as error:
            return f"{' '.join(words)}: {error}"
    elif name == "make":
        return None if set(rest) <= set(TARGETS) else f"no target {rest}"
    elif name == "python":
        return None if (ROOT / rest[0]).is_file() else f"no file {rest[0]}"
    elif name == "pip":
        extras = re.findall(r"\[([\w,-]+)\]", " ".join(rest))
        asked = {extra for several in extras for extra in several.split(",")}
        return None if asked <= set(EXTRAS) else f"no extra {asked - set(EXTRAS)}"
    elif name not in ("cd", "ffmpeg", "source"):
        return f"who knows {name}? write <!-- not run: why --> before the block"
    return None


def test_every_command_is_one_that_its_verb_takes(parsed, capsys):
    told = [(block.place, words) for block in SHELL for words in commands(block.text)]
    marked = [block for block in blocks("bash") if block.why]
    told += [(b.place, w) for b in marked for w in commands(b.text) if w[0] == "ontogeny"]
    inline = [(page, words) for page, text in inline_commands() for words in commands(text)]
    assert len(told) > 100
    assert len(inline) > 20
    places = {tuple(words): place for place, words in [*inline, *told]}  # each is read once
    said = [(place, wrong_with(list(words), parsed)) for words, place in places.items()]
    wrong = [f"{place}: {what}" for place, what in said if what]
    assert not wrong, "\n".join([*wrong, capsys.readouterr().err])


def test_the_check_itself_finds_what_it_is_for(parsed):
    text = """
        for seed in 0 1; do
          ontogeny grow toy --name "n $seed"   # a comment
        done
        ffmpeg -i ANY - | ontogeny stream - --model m \\
            --out x.mp4
    """
    words = [["ontogeny", "grow", "toy", "--name", f"n {seed}"] for seed in (0, 1)]
    assert commands(text)[:2] == words
    assert sorted(map(len, commands(text)[2:])) == [4, 7]
    for wrong in (
        "ontogeny grwo toy",
        "ontogeny grow tyo",
        "ontogeny grow toy --poplation 3",
        "ontogeny grow toy --rounds many",
        "ontogeny show",
        "make dmeo",
        "python examples/no.py",
        "pip install 'ontogeny[wrlds]'",
        "rm -rf /",
    ):
        assert wrong_with(commands(wrong)[0], parsed)


def test_every_block_is_run_by_the_suite_or_by_figures_or_says_why_not():
    included = [block for block in blocks("python") if block.included]
    read = blocks("sql", "toml")  # by test_docs_queries, and by the fixture that parses commands
    by_suite = [*PYTHON, *included, *read]
    marked = [block for block in blocks() if block.why]
    shown = blocks("", "text", "json")  # what a reader types none of
    assert Counter([*by_suite, *to_run(), *marked, *shown]) == Counter(blocks())
    assert len(to_run()) > 50
    fences = [line for page in PAGES for line in page.read_text().splitlines() if "```" in line]
    assert len(fences) == 2 * len(blocks()), "a block is written so that nobody finds it"
    assert set(GRANTED) <= {block.page for block in to_run()}


def test_what_nobody_runs_is_counted():
    """One more is a decision: write here why nobody can run it."""
    # Kubernetes, Slurm twice, two other hosts twice; Stable-Baselines3, learn2learn; a camera;
    # the suite
    assert UNRUN == {
        "docs/cluster.md": 5,
        "docs/coming-from.md": 2,
        "docs/streaming.md": 1,
        "README.md": 1,
    }


def test_what_fails_is_told_with_its_line_and_the_rest_goes_on(tmp_path, capsys):
    texts = "echo one >file\nfor n in 1 2; do\n  echo $n | grep 1\ndone\n", "cat file\nsleep 60\n"
    page = [Block("docs/none.md", 10 * (i + 1), "bash", text, None) for i, text in enumerate(texts)]
    failures = run_page(page, tmp_path / "page", surroundings(tmp_path), limit=0.5)
    assert [(one.place, one.what) for one in failures] == [
        ("docs/none.md:13", "grep 1: left with 1"),
        ("docs/none.md:20", "took over 500 ms"),
    ]
    assert [one.said for one in failures] == ["1\n", "one\n"]
    assert "docs/none.md:10: 5 commands" in capsys.readouterr().out


def test_verbs_that_look_at_runs_do_what_the_start_page_says(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    shutil.copytree(STORED, tmp_path / "runs" / "mine")
    page = (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
    for command in ("recipes", "list", "show", "report", "verify", "remove"):
        assert f"`ontogeny {command}" in page
        words = [command, *(["mine"] if command not in ("recipes", "list") else [])]
        assert cli.run([*words, *(["--yes"] if command == "remove" else [])]) == 0
        assert capsys.readouterr().out.strip()
    assert not (tmp_path / "runs" / "mine").exists()


class Ready(Exception):
    """All that a growth needs was made and found good; it is not grown."""


# What a page has in words before a block, by how the block begins.
BEFORE = {
    "found = og.compare": """
for name, strategy in (("pbt", "pbt"), ("random", "random-search")):
    for seed in (0, 1):
        og.grow("quadratic", strategy=strategy, seed=seed, folder=f"runs/quadratic-{name}-{seed}",
                population=4, rounds=2, steps=2, progress=False)
""",
    'og.grow("quadratic"': """
from ontogeny.evolution.pb2 import PB2
step = lambda key, x, hypers: (x + hypers["learning_rate"], {})
learner = og.Learner(lambda key, hypers: jnp.zeros(2), step, lambda key, x, hypers: x.sum())
""",
    "og.testing.check_host_learner": """
learner = og.HostLearner(
    init=lambda key, hypers: np.zeros(2),
    step=lambda key, x, hypers: (x + hypers["learning_rate"], {}),
    score=lambda key, x, hypers: float(x.sum()),
)
""",
    "run = og.grow(learner": """
step = lambda key, x, hypers: (x + hypers["learning_rate"], {})
learner = og.Learner(lambda key, hypers: jnp.zeros(2), step, lambda key, x, hypers: x.sum())
""",
    "policy = og.load_product": f"""
from pathlib import Path
Path("pole").symlink_to({str(POLICY)!r})
observation = jnp.zeros(4)
""",
    "run = og.grow(og.script": "def train(member): member.hypers",
    "import ontogeny as og\n\nspace": "live = lambda asked: 0.5",
    "og.video.VideoTask": "draw = held = loss = measures = lambda *args: None",
    "class Learner": "from ontogeny.core.learner import NamedTuple",
}
# What costs more than it is worth here, and where the suite runs the same.
DEAR = {
    "import ontogeny as og\n\nog.teaching.landscape": "learners/teaching/test_field.py",
    "import jax\nimport ontogeny as og\n\nletters": "worlds/classes/test_glyphs.py",
    "import ontogeny as og\n\npredict": "test_products.py",
    "og.testing.check_strategy": "evolution/test_pb2.py",
    "graph = og.video.network": "runtime/video/test_pipeline.py",
    "run = await asyncio": "views/terminal/test_notebooks.py",
    'run = og.load("last")\nnet': "runtime/scripts/test_scripts.py",
}


@pytest.mark.usefixtures("traced", "one_device")
def test_blocks_of_python_run(tmp_path, monkeypatch, capsys):
    whole = growth.grow_job

    def grow_job(job: Job, executor: Executor, folder: Any, recipe: Any, *rest: Any, **more: Any):
        if recipe is None and isinstance(executor, Vectorised):
            return whole(job, executor, folder, recipe, *rest, **more)
        raise Ready

    monkeypatch.chdir(tmp_path)
    pages: dict[str, dict[str, Any]] = {}
    wrong = []
    for block in PYTHON:
        tree = ast.parse(block.text)  # also of what is dear
        if dear := [test for words, test in DEAR.items() if block.text.startswith(words)]:
            assert (ROOT / "tests" / dear[0]).is_file()
            continue
        space = og.Space({"learning_rate": og.Log(1e-4, 1.0)})
        given = {"og": og, "jax": jax, "jnp": jnp, "np": np, "space": space}
        names = pages.setdefault(block.page, given)
        try:
            for words, code in BEFORE.items():
                if block.text.startswith(words):
                    exec(code, names)
            with monkeypatch.context() as patch:
                patch.setattr(growth, "grow_job", grow_job)
                for statement in tree.body:
                    with suppress(Ready):
                        exec(compile(ast.Module([statement], []), block.place, "exec"), names)
        except Exception as error:
            wrong.append(f"{block.place}: {type(error).__name__}: {error}")
    assert not wrong, "\n".join(wrong)
    assert pages["docs/how-it-works.md"]["Learner"]._fields == og.Learner._fields[:3]
    assert pages["docs/comparing.md"]["found"].improvements
    assert "report.html" in capsys.readouterr().out  # of the README


def test_included_files_are_examples_which_the_suite_runs():
    files = {block.included for block in blocks("python") if block.included}
    assert len(files) > 15
    assert all((ROOT / file).is_file() and file.startswith("examples/") for file in files)
    assert {str(path.relative_to(ROOT)) for path in (ROOT / "examples").rglob("*.py")} >= files
