"""With a pack that gives the context back, the clip IS the bars that were played: in time to the frame."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.audio.ring_making import RATE, play, song
from tests.clients.live import rings
from tests.clients.live.studio import Studio
from tests.identity_pack import identity_pack
from tests.whole.bounces import chords
from tests.whole.real_server import RealServer


class IdentityServer(RealServer):
    """A real server with the identity pack."""

    @property
    def folders(self) -> tuple[str, ...]:
        """Options of `riffbridge serve`."""
        return ("--state", str(self.state), "--exchange", str(self.exchange), "--pack", str(self.folder / "identity"))


@pytest.mark.slow
def test_the_clip_is_what_was_played_in_time_to_the_frame(tmp_path: Path) -> None:
    identity_pack(tmp_path / "identity")
    server = IdentityServer(tmp_path).start()
    heard = [play(0, 18.3, 120)]
    with Studio() as studio:
        device = studio.device(bridge="process", state=server.state, ring=rings.ring(tmp_path, heard))
        device.touch("Loop", 0)
        device.touch("Variations", 0)
        device.wait_status("Ready")
        device.touch("Generate")
        device.wait_status("Press Fire", limit_s=60)
        (clip,) = [clip for clip in studio.track("Riffbridge Bass")["slots"] if clip]
    assert server.end() == 0
    stem = soundfile.read(clip["file_path"])[0][:, 0]
    music = chords(song(heard).frames / RATE, RATE, beats_per_minute=120)
    played = music[: 4 * 4 * RATE // 2]  # bars 0 to 3; the song starts on a bar line

    def left_over_db(one: np.ndarray, other: np.ndarray) -> float:
        inner = slice(RATE // 2, -RATE // 2)  # resampling knows nothing beyond the ends
        gain = np.dot(one[inner], other[inner]) / np.dot(one[inner], one[inner])
        return float(20 * np.log10(np.abs(other[inner] - gain * one[inner]).max() / np.abs(other[inner]).max()))

    assert len(stem) == len(played)
    assert left_over_db(stem, played) < -40
    assert left_over_db(stem[1:], played[:-1]) > left_over_db(stem, played) + 20, "one frame late would go unseen"
