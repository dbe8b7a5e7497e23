"""A job service without threads or processes: time stands still unless told, and the test plays the worker."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from bridge_server.protocol.messages import Generate, Message, request_id_of
from bridge_server.service import JobService
from bridge_server.transport.service import Client
from tests.jobs.double_server import settings_in

DAW = Client("daw", "daw", True)


class StillClock:
    """Moves only when told."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def monotonic(self) -> float:
        return self.now

    def wall(self) -> float:
        return 1_700_000_000.0 + self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


class PlayedProcess:
    """A worker played by the test: it keeps the orders, and says only what the test lets it say."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.orders: list[dict[str, Any]] = []
        self.killed = False

    def order(self, **order: Any) -> None:
        self.orders.append(order)

    def kill(self) -> None:
        assert not self.killed, "killed twice"
        self.killed = True

    def close(self, patience_s: float = 2.0) -> None:
        self.killed = True


class Sent:
    """The outbox: everything that was told, in order."""

    def __init__(self) -> None:
        self.messages: list[tuple[str, Message]] = []

    def send(self, client_key: str, message: Message) -> None:
        self.messages.append((client_key, message))

    def of(self, request_id: str, kind: type[Message] = Message) -> list[Any]:
        return [m for _, m in self.messages if request_id_of(m) == request_id and isinstance(m, kind)]


def plain_admit(
    request_id: str, pairs: Mapping[str, Any], roots: Sequence[Path] | None, seed: int
) -> tuple[dict[str, Any], float]:
    """Admits everything: one second of audio for each variation."""
    return {"request_id": request_id, "seed": seed, "variations": 1, **pairs}, 1.0


class Bench:
    """One service and its played workers; `crash` and `restart` make a new one on the same folder."""

    def __init__(self, folder: Path, **limits: Any) -> None:
        self.settings = settings_in(folder, **limits)
        self.clock = StillClock()
        self.sent = Sent()
        self.workers: list[PlayedProcess] = []
        self.quits = 0
        self.boot()

    def boot(self) -> None:
        """Start a server on what is on disk; its worker loads at once."""
        self.service = JobService(
            self.settings, self.sent, self.clock, plain_admit, self._count_quit, self._start_worker
        )
        self.service.settle()

    def crash(self) -> None:
        """The server dies without a word (its files are closed, which changes nothing on disk), and starts again."""
        self.service._store.close()
        self.service._contexts.close()
        self.boot()

    def restart(self) -> None:
        """The server ends in order and starts again."""
        self.service.close()
        self.boot()

    @property
    def worker(self) -> PlayedProcess:
        return self.workers[-1]

    @property
    def running(self) -> int | None:
        """The number of the job the worker was given and has not finished."""
        turn = self.service._supervisor.turn
        return turn.job if turn else None

    def ready(self) -> None:
        """The worker has loaded its models."""
        self.says("ready", device="played", provider="PlayedProvider", pack="none")

    def says(self, kind: str, **rest: Any) -> None:
        """The current worker says something about the job it has."""
        event = {"is": kind, **({"job": self.running} if self.running else {}), **rest}
        assert self.service.turn((self.worker, event))

    def beats(self, fraction: float, stage: str = "playing") -> None:
        self.says("beat", fraction=fraction, stage=stage)

    def stem(self, index: int = 0, count: int = 1) -> None:
        row = {"index": index, "count": count, "path": f"/s/{self.running}_{index}.wav"}
        row |= {"frames": 48_000, "sample_rate": 48_000, "seed": index, "sha256": "ab", "recipe_json": "{}"}
        self.says("stem", stem=row)

    def part(self, index: int = 0, part: int = 0) -> None:
        """A part of half a second of a stem of one second."""
        row = {"index": index, "part": part, "path": f"/s/{self.running}_{index}_part{part}.wav"}
        row |= {"start": 24_000 * part, "frames": 24_000, "stem_frames": 48_000, "sample_rate": 48_000}
        self.says("part", part=row)

    def dies(self, crash_file: str = "") -> None:
        """The worker is killed; the next one starts as soon as the backoff allows, and loads."""
        self.service.turn((self.worker, {"is": "gone", "exit": -9, "crash_file": crash_file}))

    def passes(self, seconds: float) -> None:
        """Time goes by, and the service looks."""
        self.clock.now += seconds
        self.service.turn(None)

    def ask(self, request_id: str, client: Client = DAW, **pairs: Any) -> Sequence[Message]:
        """generate, and one turn of the service."""
        answer = self.service.generate(client, Generate(request_id, tuple(pairs.items())))
        self.service.turn(None)
        return answer

    def _start_worker(self, _on_event: Callable[..., None]) -> PlayedProcess:
        self.workers.append(PlayedProcess(len(self.workers) + 1))
        return self.workers[-1]

    def _count_quit(self) -> None:
        self.quits += 1
