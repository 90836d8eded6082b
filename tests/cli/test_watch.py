from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import urllib.request

from ontogeny.cli import run

VERB = [sys.executable, "-c", "from ontogeny.cli import main; main()", "watch"]


def test_a_page_is_shown_until_it_is_stopped(runs):
    given = [str(runs), "--port", "0", "--json"]
    with subprocess.Popen([*VERB, *given], stdout=subprocess.PIPE, text=True) as page:
        told = json.loads(page.stdout.readline())
        assert (told["runs"], told["may_stop"]) == (str(runs), False)
        with urllib.request.urlopen(told["address"], timeout=60) as answer:
            assert 'href="/run/quadratic-1"' in answer.read().decode()
        with urllib.request.urlopen(f"{told['address']}changes", timeout=60) as stream:
            assert stream.readline() == b"retry: 1000\n"
            page.send_signal(signal.SIGINT)
            assert stream.read() is not None  # it ends by itself, and keeps nobody
    assert page.returncode == 0


def test_what_can_not_be_is_refused(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert run(["watch", "nowhere"]) == 2
    assert "no such folder" in capsys.readouterr().err
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert run(["watch", ".", "--port", port]) == 2
    said = capsys.readouterr().err
    assert f"can't be at 127.0.0.1:{port}" in said
    assert "--port 0" in said
    assert run(["watch", ".", "--port", "70000"]) == 2
    assert "65535" in capsys.readouterr().err
    assert run(["watch", ".", "--host", "203.0.113.7"]) == 2
    assert "can't be at" in capsys.readouterr().err


def test_reading_runs_needs_no_jax():
    """Importing it would be most of what `list`, `show` and the page take to be there."""
    code = (
        "import sys, ontogeny.views.terminal.tables, ontogeny.views.watch.app, "
        "ontogeny.views.watch.watchlist; "
        "print('jax' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
