"""Everything that can be set, as small frozen values with the reason or the measured number beside each."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import platformdirs

from bridge_server.protocol.table import DEFAULT_PORT, PORTS_TRIED
from bridge_server.protocol.wire import DEFAULT_BOUNDS, Bounds

Device = Literal["auto", "cpu", "cuda"]


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What keeps one client, or one bad packet, from stopping the server for the others."""

    packet: Bounds = DEFAULT_BOUNDS
    receive_buffer_bytes: int = 4 << 20  # burst of 20,000: 12% arrived with 208 KiB, 60% with 4 MiB

    lease_s: float = 15.0
    heartbeat_s: float = 1.0
    resend_s: tuple[float, ...] = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0)  # waits between tries, then at each hello
    leases: int = 64
    leases_per_client: int = 4  # one name from several windows, or restarted within the lease
    unacked_per_client: int = 512  # 64 queued jobs of 8 stems
    unacked_clients: int = 256  # the longest silent go first
    requests_followed: int = 10_000  # whose sequence numbers are remembered; the longest silent go first

    messages_per_s: float = 200.0  # per source
    burst_messages: float = 400.0
    sources: int = 256
    guest_replies_per_s: float = 10.0  # to sources that have not said hello, so that nothing is reflected
    token_tries: int = 4  # wrong tokens from one source before it has to wait

    jobs_per_client: int = 32
    jobs: int = 64

    inbox_poll_s: float = 0.1
    outbox_files: int = 1000  # per client; the oldest go when a client never reads


@dataclass(frozen=True, kw_only=True)
class Settings:
    """One server's settings. `Settings()` is what a user gets who sets nothing.

    - port: first port tried; 0 = any free port (tests).
    - state_folder: state.json, the job store, the log.
    - exchange_folder: reachable by clients without a token; default folder of the stems; inbox and outbox.
    - pack_folder: the model pack.
    """

    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    ports_tried: int = PORTS_TRIED
    state_folder: Path = field(default_factory=lambda: default_state_folder())
    exchange_folder: Path = field(default_factory=lambda: default_exchange_folder())
    pack_folder: Path = field(default_factory=lambda: default_pack_folder())
    device: Device = "auto"
    limits: Limits = Limits()

    @property
    def is_remote(self) -> bool:
        """Whether other computers can reach the server; then every client needs the token."""
        return self.host != "localhost" and self.host != "::1" and not self.host.startswith("127.")


def default_state_folder() -> Path:
    """The user's state folder, for example ~/.local/state/riffbridge."""
    return Path(platformdirs.user_state_path("riffbridge", appauthor=False))


def default_exchange_folder() -> Path:
    """`Riffbridge` in the user's music folder, where performers look for audio."""
    return Path(platformdirs.user_music_path()) / "Riffbridge"


def default_pack_folder() -> Path:
    """The pack that ships with the program."""
    return Path(__file__).resolve().parent.parent / "models" / "packs" / "starter"
