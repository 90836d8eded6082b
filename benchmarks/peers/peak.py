"""Run a command; print one JSON object: its exit code, the most memory that it held, and what it
said.

    python peak.py COMMAND …

A process is charged with the memory of the one that forked it, until it becomes another program. So
a benchmark, which is large, lets this small process start what it wants to know about.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys


def main() -> None:
    """Run and tell."""
    child = subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    said = child.stdout.read()
    _, status, usage = os.wait4(child.pid, 0)
    unit = 1 if sys.platform == "darwin" else 1024
    code = os.waitstatus_to_exitcode(status)
    print(json.dumps({"code": code, "peak_bytes": usage.ru_maxrss * unit, "said": said}))


if __name__ == "__main__":
    main()
