"""The shipped pack, end to end in this process. Skipped only while no pack has been trained yet."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bridge_server.accompany import recipe as recipes
from bridge_server.accompany.draws import is_silent
from bridge_server.accompany.pipeline import Accompanist
from bridge_server.audio import wav_file
from bridge_server.errors import Cancelled
from bridge_server.settings import default_pack_folder
from tests.accompany.conftest import MakeRequest, write_context
from tests.whole.bounces import bounce

pytestmark = pytest.mark.skipif(
    not (default_pack_folder() / "manifest.json").is_file(), reason="the starter pack is not there"
)


@pytest.fixture(scope="module")
def real() -> Accompanist:
    return Accompanist(default_pack_folder(), "cpu")


def test_two_variations_differ_and_each_can_be_made_again(
    real: Accompanist, make_request: MakeRequest, tmp_path: Path
) -> None:
    request = make_request(context=str(write_context(tmp_path, seconds=1.7)), variations=2)
    stems = real.run(request, lambda fraction, stage: None, lambda stem: None)
    one, two = (wav_file.read_file(Path(stem.path)) for stem in stems)
    assert one.frames == two.frames == round(1.7 * 44_100)
    assert np.abs(one.samples - two.samples).max() > 0.01
    again = real.replay(recipes.load(Path(stems[1].recipe)), tmp_path / "again", lambda fraction, stage: None)
    assert again.sha256 == stems[1].sha256


@pytest.mark.parametrize("stage", ["encoding", "playing", "decoding"])
def test_a_running_job_stops_with_the_step_it_is_at(
    real: Accompanist, make_request: MakeRequest, tmp_path: Path, stage: str
) -> None:
    """A step is one run of a network: at most .1 s on two cores. Six seconds are nine chunks: four steps and more."""
    told: list[str] = []

    def stop_at(fraction: float, now: str) -> None:
        told.append(now.split()[0])
        if told[-1] == stage:
            real.stop.stop()

    with pytest.raises(Cancelled):
        real.run(make_request(context=str(write_context(tmp_path, seconds=6.0))), stop_at, lambda stem: None)
    assert told.count(stage) <= 2  # the decoder gives out two chunks at once
    assert told[-1] == stage
    real.stop.clear()


def test_a_stem_in_which_the_first_draw_rests_is_heard(
    real: Accompanist, make_request: MakeRequest, tmp_path: Path
) -> None:
    """With this seed the first starter pack gave a stem that peaked at -95 dBFS."""
    request = make_request(context=bounce(tmp_path / "bounce.wav"), prompt="", seed=1588075779)
    (stem,) = real.run(request, lambda fraction, stage: None, lambda stem: None)
    recipe = recipes.load(Path(stem.recipe))
    assert not recipe.silent
    assert not is_silent(wav_file.read_file(Path(stem.path)).samples)
    again = real.replay(recipe, tmp_path / "again", lambda fraction, stage: None)
    assert again.sha256 == stem.sha256
