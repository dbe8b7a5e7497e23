"""`riffbridge status` and `riffbridge stop`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bridge_server.client import RiffClient
from bridge_server.transport.discovery import find_server


def status(state_folder: Path, console: Console) -> int:
    """Show what the server tells of itself; 1 when there is none."""
    state_folder = state_folder.expanduser().absolute()
    found = find_server(state_folder)
    if found is None:
        console.print(f"No server is running with the state folder {state_folder}.", soft_wrap=True)
        return 1
    with RiffClient.find(state_folder) as client:
        told = {"address": f"{found.host}:{found.port}", "pid": found.pid} | client.status()
        told |= {"answers in": f"{1000 * client.ping():.1f} ms"}
    table = Table(show_header=False, box=None)
    for name, value in told.items():
        if value not in ("", None):
            table.add_row(name.removesuffix("_bytes").removesuffix("_s").replace("_", " "), _shown(name, value))
    console.print(table)
    return 0


def stop(state_folder: Path, console: Console) -> int:
    """Stop the server; no server is no error, since that is what was wanted."""
    state_folder = state_folder.expanduser().absolute()
    if find_server(state_folder) is None:
        console.print(f"No server is running with the state folder {state_folder}.", soft_wrap=True)
        return 0
    with console.status("stopping"), RiffClient.find(state_folder) as client:
        client.quit()
    console.print("The server has stopped.")
    return 0


def _shown(name: str, value: Any) -> str:
    """A value of the status for people."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if name.endswith("_bytes") and isinstance(value, int):
        return f"{value / 1e9:.1f} GB"
    if isinstance(value, dict):
        unit = " s" if name.endswith("_s") else ""
        return ", ".join(f"{key} {item}{unit}" for key, item in value.items())
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    return f"{value} s" if name.endswith("_s") else str(value)
