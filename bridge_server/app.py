"""Constructs the server and joins its parts; nothing else."""

from __future__ import annotations

import logging
import os
import signal
import sqlite3
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import asdict
from functools import partial
from logging.handlers import RotatingFileHandler
from pathlib import Path

from bridge_server import __version__
from bridge_server.accompany.admission import Admission
from bridge_server.clock import SystemClock
from bridge_server.errors import RiffError
from bridge_server.jobs.store_file import StoreFromNewerVersion
from bridge_server.jobs.worker_process import WORKER_COMMAND, WorkerProcess
from bridge_server.service import Admit, JobService
from bridge_server.settings import Settings
from bridge_server.transport.delivery import Delivery
from bridge_server.transport.discovery import Announcement, ServerLock, find_server
from bridge_server.transport.udp import UdpServer

log = logging.getLogger(__name__)

LOG_BYTES, LOG_FILES = 2 << 20, 3

Ready = Callable[[Announcement], None]


def run(
    settings: Settings,
    *,
    on_ready: Ready | None = None,
    admit: Admit | None = None,
    worker_command: Sequence[str] = WORKER_COMMAND,
) -> int:
    """Serve until a client with the token says quit, or SIGTERM or SIGINT comes; returns the exit code.

    - on_ready: called once the server listens and state.json is written.
    - admit, worker_command: the tests put doubles here.

    One server for each state folder: a second one tells where the first is and returns 0.
    """
    logging.getLogger("bridge_server").addHandler(logging.NullHandler())  # no traceback on the terminal
    lock = ServerLock(settings.state_folder)
    try:
        if not lock.take():
            print(_already_running(settings.state_folder))
            return 0
        with ExitStack() as stack:
            stack.callback(lock.release)
            _log_into(settings.state_folder, stack)
            _serve(settings, stack, on_ready, admit or Admission(settings.exchange_folder), worker_command)
    except (OSError, sqlite3.Error, StoreFromNewerVersion, RiffError) as fault:
        log.exception("the server could not go on")
        print(f"riffbridge cannot serve: {_told(fault)}", file=sys.stderr)
        return 1
    return 0


def _serve(
    settings: Settings, stack: ExitStack, on_ready: Ready | None, admit: Admit, worker_command: Sequence[str]
) -> None:
    """Open everything in order; `stack` closes it in the opposite order, whatever happens."""
    delivery, clock = Delivery(settings.limits), SystemClock()
    start_worker = partial(WorkerProcess, worker_command, settings.state_folder / "worker.log")
    service = JobService(settings, delivery, clock, admit, lambda: server.stop(), start_worker)
    stack.callback(service.close)
    server = UdpServer(settings, service, delivery, clock)
    host, port = server.bind()
    service.start()
    announcement = _announcement(settings, server, host, port)
    announcement.write(settings.state_folder)
    stack.callback(announcement.remove, settings.state_folder)
    _stop_on_signals(server)
    log.info("riffbridge %s listens at %s:%d", __version__, host, port)
    if on_ready is not None:
        on_ready(announcement)
    server.run()
    log.info("stopping")


def _announcement(settings: Settings, server: UdpServer, host: str, port: int) -> Announcement:
    exchange = str(settings.exchange_folder)
    return Announcement(host, port, os.getpid(), server.boot_id, server.token, exchange, __version__)


def _stop_on_signals(server: UdpServer) -> None:
    """SIGTERM and Ctrl-C end the server in order. Signals belong to the main thread; elsewhere there are none."""
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: server.stop())


def _told(fault: Exception) -> str:
    """The fault without the system's number: `No such file or directory: /mnt/gone`."""
    if isinstance(fault, OSError) and fault.strerror:
        return fault.strerror + (f": {fault.filename}" if fault.filename else "")
    return str(fault)


def _already_running(state_folder: Path) -> str:
    found = find_server(state_folder)
    if found is None:
        return f"A riffbridge server is starting or stopping with the state folder {state_folder}."
    shown = {name: value for name, value in asdict(found).items() if name != "token"}
    return "A riffbridge server is running already: " + ", ".join(f"{name} {value}" for name, value in shown.items())


def _log_into(state_folder: Path, stack: ExitStack) -> None:
    """The server's log goes to server.log in the state folder: at most 6 MB in all."""
    state_folder.mkdir(parents=True, exist_ok=True)
    path = state_folder / "server.log"
    handler = RotatingFileHandler(path, maxBytes=LOG_BYTES, backupCount=LOG_FILES - 1, encoding="utf-8", delay=True)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logger = logging.getLogger("bridge_server")
    logger.setLevel(logging.INFO)
    logger.addHandler(handler)
    stack.callback(handler.close)
    stack.callback(logger.removeHandler, handler)
