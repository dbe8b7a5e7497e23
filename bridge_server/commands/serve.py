"""`riffbridge serve`: run the server in this process."""

from __future__ import annotations

from rich.console import Console

from bridge_server import app
from bridge_server.settings import Settings
from bridge_server.transport.discovery import Announcement


def serve(settings: Settings, console: Console) -> int:
    """Serve until told to stop; returns the exit code."""

    def tell(announcement: Announcement) -> None:
        console.print(f"riffbridge {announcement.version} listens at {announcement.host}:{announcement.port}")
        console.print(f"  stems and exchange  {settings.exchange_folder}", soft_wrap=True)
        console.print(f"  state and logs      {settings.state_folder}", soft_wrap=True)
        console.print("  Ctrl-C or `riffbridge stop` ends it")

    return app.run(settings, on_ready=tell)
