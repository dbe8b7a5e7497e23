"""`riffbridge` with the double of the models in its worker process: `python -m tests.accompany.double_cli serve`.

Everything else is the real thing: command line, server, jobs, worker protocol, admission, pipeline, files.
"""

from __future__ import annotations

import sys
from functools import partial

from bridge_server import app, cli

WORKER = (sys.executable, "-m", "tests.accompany.double_worker")

if __name__ == "__main__":
    app.run = partial(app.run, worker_command=WORKER)  # type: ignore[assignment]
    cli.main()
