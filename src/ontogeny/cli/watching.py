"""`watch`: a live page of all runs of a folder."""

from __future__ import annotations

import secrets
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from ontogeny.cli.words import parse, say
from ontogeny.core.errors import ConfigError
from ontogeny.core.files import absolute

SWITCH = 0.0005  # seconds after which a thread that reads runs lets one that answers go first


@dataclass(frozen=True)
class Watch:
    """All runs of a folder in a browser, live: which grow, how fast, how good; each run's scores,
    lineage, schedules, events and members as they come; runs beside each other. It reads, and takes
    nothing that a growing run needs.
    """

    runs: Annotated[Path | None, tyro.conf.Positional, tyro.conf.arg(metavar="[RUNS]")] = None
    """The folder of runs ($ONTOGENY_RUNS, or runs/)."""
    host: str = "127.0.0.1"
    """Where the page is: this machine alone, unless you say another; 0.0.0.0 is for all who have
    the token that is printed."""
    port: int = 8766
    """0 takes any that is free."""
    may_stop: bool = False
    """Growing runs have a button that has them stop, gently, once their round is over."""
    json: bool = False
    """Print one JSON object: where the page is."""


def watch(arguments: list[str]) -> int:
    """Show the page until it is stopped."""
    chosen = parse(Watch, "watch", arguments)
    from ontogeny.runtime.pages.door import address, check_server, is_here, open_door, serve
    from ontogeny.runtime.storage.folders import runs_folder
    from ontogeny.views.watch.app import EXTRA, watch_app
    from ontogeny.views.watch.watchlist import Watchlist

    folder = absolute(chosen.runs) if chosen.runs else runs_folder()
    if chosen.runs and not folder.is_dir():
        raise ConfigError(
            "there is no such folder", where=str(folder), hint="name the folder that holds the runs"
        )
    stop = None
    if chosen.may_stop:
        from ontogeny.runtime.stopping import ask_to_stop

        stop = ask_to_stop
    token = None if is_here(chosen.host) else secrets.token_urlsafe(12)
    watchlist = Watchlist(folder)
    check_server(EXTRA)
    app = watch_app(watchlist, token, stop)
    with open_door(chosen.host, chosen.port) as door:
        where = address(chosen.host, door, token)
        may = "its growing runs can be stopped" if chosen.may_stop else "it is only read"
        answer = {"address": where, "runs": str(folder), "may_stop": chosen.may_stop}
        say(answer, chosen.json, lambda: f"open {where}\n{folder}: {may}; Ctrl-C ends it")
        sys.stdout.flush()
        sys.setswitchinterval(SWITCH)
        threading.Thread(target=watchlist.fill, daemon=True).start()  # before anybody asks
        serve(app, door)
    return 0
