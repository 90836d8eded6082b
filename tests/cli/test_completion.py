"""Shells complete verbs, recipes and names of runs."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from ontogeny import cli
from ontogeny.cli.completion import SHELLS

CHECKS = {"bash": ["bash", "-n"], "zsh": ["zsh", "-n"], "fish": ["fish", "--no-execute"]}
ASK = """
source "$0"
COMP_WORDS=(ontogeny "$@"); COMP_CWORD=$#
_ontogeny
printf '%s\\n' "${COMPREPLY[@]}"
"""


def script(shell, capsys):
    assert cli.run(["--completion", shell]) == 0
    return capsys.readouterr().out


@pytest.mark.parametrize("shell", SHELLS)
def test_a_shell_can_read_it(shell, tmp_path, capsys):
    text = script(shell, capsys)
    for word in (*cli.VERBS, "hinton-nowlan"):
        assert word in text
    if shutil.which(shell):
        (tmp_path / "it").write_text(text)
        subprocess.run([*CHECKS[shell], tmp_path / "it"], check=True)


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["re"], ["resume", "report", "remove", "replay", "recipes", "reproduce"]),
        (["grow", "mix"], ["mix-actions", "mix-cores", "mix-tasks"]),
        (["show", "my"], ["my\\ other", "mine"]),
        (["compare", "mine", "m"], ["my\\ other", "mine"]),
        (["grow", "quadratic", "m"], [""]),
    ],
)
def test_bash_completes(words, found, tmp_path, capsys):
    for name in ("mine", "my other", "stray"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "run.sqlite").touch()
    (tmp_path / "my-notes").mkdir()
    (tmp_path / "it").write_text(script("bash", capsys))
    asked = ["bash", "-c", ASK, tmp_path / "it", *words]
    done = subprocess.run(asked, capture_output=True, text=True, env={"ONTOGENY_RUNS": tmp_path})
    own = [word for word in found if word.startswith(words[-1]) or not word]
    assert sorted(done.stdout.removesuffix("\n").split("\n")) == sorted(own), done.stderr


def test_an_unknown_shell_is_refused(capsys):
    assert cli.run(["--completion", "bas"]) == 2
    assert "did you mean 'bash'?" in capsys.readouterr().err
    assert cli.run(["--completion"]) == 2
