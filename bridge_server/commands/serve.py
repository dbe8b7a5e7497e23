"""`riffbridge serve`: run the server in this process."""

from __future__ import annotations

import sys

from rich.console import Console

from bridge_server import app
from bridge_server.settings import Settings
from bridge_server.transport.discovery import Announcement, remember_launcher


def serve(settings: Settings, console: Console) -> int:
    """Serve until told to stop; returns the exit code."""

    def tell(announcement: Announcement) -> None:
        # As a module, not by sys.argv[0]: that may be a file, a .exe shim or "-m", depending on how it was started.
        remember_launcher(settings.state_folder, [sys.executable, "-m", "bridge_server.cli", *sys.argv[1:]])
        console.print(f"riffbridge {announcement.version} listens at {announcement.host}:{announcement.port}")
        console.print(f"  stems and exchange  {settings.exchange_folder}", soft_wrap=True)
        console.print(f"  state and logs      {settings.state_folder}", soft_wrap=True)
        console.print("  Ctrl-C or `riffbridge stop` ends it")

    return app.run(settings, on_ready=tell)
