"""Each action from the key to the project, through the shipped files, both Lua versions, sockets and files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.clients.reaper.conftest import studio
from tests.clients.reaper.reaper_double import Item, ReaperDouble, Track
from tests.clients.reaper.reaper_double.mixing import take_audio
from tests.whole import bounces
from tests.whole.real_server import RealServer


def names(tracks: list[Track]) -> list[str]:
    return [track.texts["P_NAME"] for track in tracks]


def takes(item: Item) -> list[str]:
    return [take.texts["P_NAME"] for take in item.takes]


def set_(reaper: ReaperDouble, **settings: str) -> None:
    reaper.ext_state |= {("riffbridge", f"setting.{key}"): value for key, value in settings.items()}


def without_traces(reaper: ReaperDouble) -> bool:
    """Nothing but finished stems and their recipes in the recording folder."""
    folder = reaper.project.folder / "riffbridge"
    return not any(path.name == "tmp" or "riff_" in path.name for path in folder.rglob("*"))


@pytest.mark.parametrize("has_sockets", [True, pytest.param(False, marks=pytest.mark.slow)], ids=["sockets", "files"])
def test_one_key_with_the_pack_that_ships(real_server: RealServer, tmp_path: Path, has_sockets: bool) -> None:
    reaper = studio(tmp_path, real_server, has_sockets=has_sockets)
    keys = reaper.project.add_track("Keys", I_SELECTED=1.0)
    reaper.project.add_item(keys, bounces.bounce(tmp_path / "keys.wav", seconds=3.0), 1.0)
    reaper.project.add_track("Voice")
    reaper.project.selection = (2.0, 3.5)
    reaper.press_and_wait("Generate bass on a new track", 60)
    assert reaper.console == []
    assert names(reaper.project.tracks) == ["Keys", "AI bass", "Voice"]
    (item,) = reaper.project.tracks[1].items
    assert len(item.takes) == 2
    assert all(np.abs(take_audio(item, take, 48_000)).max() > 0.001 for take in item.takes)
    assert without_traces(reaper)
    assert reaper.errors == []


def test_on_the_selected_track_the_context_is_everything_else_and_a_second_press_adds_takes(
    reaper: ReaperDouble,
) -> None:
    keys = reaper.project.tracks[0]
    other = reaper.project.add_track("Other")
    reaper.project.add_item(other, keys.items[0].takes[0].source.path, 3.0, D_VOL=0.5)  # type: ignore[union-attr]
    keys.values["I_SELECTED"] = 1.0
    set_(reaper, loudness="raw", variations="1", fade_ms="0")
    reaper.press_and_wait("Generate lead on the selected track")
    own, made = keys.items
    assert takes(made)[0].startswith("lead v1 seed ")
    stem = take_audio(made, made.takes[0], 48_000)
    assert not stem[: 48_000 - 1_000].any() or np.abs(stem[:40_000]).max() < 1e-4, "the track itself was left out"
    assert np.abs(stem[48_000:]).max() > 0.05
    reaper.press_and_wait("Generate lead on the selected track")
    assert keys.items == [own, made]
    assert len(made.takes) == 2
    assert made.active == 1


def test_with_the_selected_tracks_alone(reaper: ReaperDouble) -> None:
    other = reaper.project.add_track("Other", I_SELECTED=1.0)
    reaper.project.add_track("Third", I_SOLO=2.0)
    set_(reaper, loudness="raw")
    reaper.press_and_wait("Generate pad with the selected tracks")
    assert "silent" in reaper.console[0], "only Other was to be heard, and it is empty"
    other.values["I_SELECTED"], reaper.project.tracks[0].values["I_SELECTED"] = 0.0, 1.0
    reaper.press_and_wait("Generate pad with the selected tracks")
    assert names(reaper.project.tracks) == ["Keys", "AI pad", "Other", "Third"]
    assert reaper.project.tracks[3].values["I_SOLO"] == 2.0


def test_a_prompt_is_asked_for_and_offered_again(reaper: ReaperDouble) -> None:
    offered = []

    def answer(fields: list[str], values: list[str]) -> list[str]:
        offered.append(values[0])
        return ["strings"]

    for _ in range(2):
        reaper.expected_forms.append(answer)
        reaper.press_and_wait("Ask and generate on a new track")
    assert offered == ["", "strings"]
    assert names(reaper.project.tracks) == ["Keys", "AI strings", "AI strings"]
    reaper.expected_forms.append(lambda fields, values: None)
    reaper.press_and_wait("Ask and generate on a new track")
    assert len(reaper.project.tracks) == 3
    assert "Nothing was asked for" in reaper.console[0]


def test_regenerate_goes_on_with_the_next_seed_as_further_takes(reaper: ReaperDouble) -> None:
    set_(reaper, seed="40", loudness="raw", format="wav32f")
    reaper.press_and_wait("Generate bass on a new track")
    (item,) = reaper.project.tracks[1].items
    item.values["B_UISEL"] = 1.0
    reaper.press_and_wait("Regenerate as further takes")
    first, third = (take_audio(item, item.takes[place], 48_000) for place in (0, 2))
    assert np.abs(first).max() > 0.1
    np.testing.assert_allclose(third, first, atol=1e-4, err_msg="the item itself was played along with")
    assert takes(item) == ["bass v1 seed 40", "bass v2 seed 41", "bass v3 seed 42", "bass v4 seed 43"]
    assert item.active == 2
    reaper.functions.Undo_DoUndo2(reaper.project)
    assert takes(reaper.project.tracks[1].items[0]) == ["bass v1 seed 40", "bass v2 seed 41"]


@pytest.mark.parametrize(
    ("action", "pair"),
    [
        ("Vary the selected take", "init"),
        ("Vary the selected take", "init alone"),
        ("Redo the time selection in the selected take", "init"),
        ("Generate like the selected item", "reference"),
    ],
)
def test_what_the_server_cannot_do_is_said_in_one_line_and_what_it_can_is_done(
    real_server: RealServer, tmp_path: Path, action: str, pair: str
) -> None:
    reaper = studio(tmp_path, real_server)
    set_(reaper, variations="1")
    own, other = (bounces.bounce(tmp_path / f"{hz}.wav", seconds=2.0, root_hz=hz) for hz in (220.0, 110.0))
    item = reaper.project.add_item(reaper.project.add_track("Own"), own, 1.0, B_UISEL=1.0)
    if pair != "init alone":
        reaper.project.add_item(reaper.project.add_track("Other"), other, 1.0)
    reaper.project.selection = (1.4, 2.6)
    before = reaper.project.content
    reaper.press_and_wait(action)
    if reaper.console:
        assert len(reaper.console) == 1
        assert pair.split(" ")[0] in reaper.console[0]
        assert reaper.project.content == before
    else:
        assert reaper.project.content != before
        assert len(reaper.project.undo_points) == 1
        assert len(item.takes) == (1 if pair == "reference" else 2)
    assert without_traces(reaper)
    assert reaper.errors == []


def test_settings_are_kept_and_nonsense_is_named(reaper: ReaperDouble) -> None:
    def fill(fields: list[str], values: list[str]) -> list[str]:
        assert [field.split(" ")[0] for field in fields[:2]] == ["Variations", "Vary:"]
        values[0], values[1], values[7] = "5", "a lot", "raw"
        return values

    reaper.expected_forms.append(fill)
    reaper.press_and_wait("Settings")
    assert reaper.hints == ["Riffbridge: Settings kept, but not: strength."]
    assert reaper.ext_state["riffbridge", "setting.variations"] == "5"
    assert ("riffbridge", "setting.strength") not in reaper.ext_state
    reaper.press_and_wait("Generate bass on a new track")
    assert len(reaper.project.tracks[1].items[0].takes) == 5


@pytest.mark.parametrize("bounce", ["render", "dry"])
def test_without_a_window_progress_is_a_line_and_success_is_quiet(reaper: ReaperDouble, bounce: str) -> None:
    set_(reaper, progress="line", bounce=bounce)
    reaper.press_and_wait("Generate bass on a new track")
    assert reaper.gfx.opened == 0
    assert any("bass" in hint and "%" in hint for hint in reaper.hints)
    assert reaper.console == []
    assert reaper.renders == (1 if bounce == "render" else 0)


def test_the_window_shows_stage_device_and_time_and_comes_back_where_it_was(reaper: ReaperDouble) -> None:
    shown = set()
    reaper.ext_state["riffbridge", "window"] = "300,-40"
    reaper.press("Generate bass on a new track")
    while reaper.scripts:
        shown.add(reaper.gfx.shown)
        reaper.turn()
    assert any("bass: looking for the server" in text for text in shown)
    assert any("cpu" in text and "0:0" in text and "Esc cancels" in text for text in shown)
    assert reaper.gfx.position == (300, -40)


def test_a_render_in_real_time_is_mentioned_where_it_disturbs_nobody(reaper: ReaperDouble) -> None:
    reaper.config["projrenderlimit"] = "1"
    reaper.press_and_wait("Generate bass on a new track")
    assert len(reaper.console) == 1
    assert "real time" in reaper.console[0]
    assert len(reaper.project.tracks) == 2


def test_an_old_reaper_without_the_newer_functions(tmp_path: Path, identity_server: RealServer) -> None:
    missing = ("InsertTrackInProject", "set_action_options", "UpdateItemLanes")
    reaper = studio(tmp_path, identity_server, "5.3", missing=missing, has_sockets=False)
    keys = reaper.project.add_track("Keys")
    reaper.project.add_item(keys, bounces.bounce(tmp_path / "keys.wav", seconds=3.0), 0.0)
    reaper.project.selection = (0.5, 2.0)
    reaper.press_and_wait("Generate bass on a new track")
    assert names(reaper.project.tracks) == ["Keys", "AI bass"]
    assert reaper.errors == []


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda reaper: setattr(reaper.project, "selection", (0.0, 0.0)), "no time selection"),
        (lambda reaper: setattr(reaper.project, "play_state", 5), "is recording"),
        (lambda reaper: setattr(reaper.project, "play_rate", 1.1), "play rate"),
        (lambda reaper: setattr(reaper.project, "selection", (2.0, 2.2)), "0.20 s long"),
        (lambda reaper: reaper.project.tracks[0].values.update(B_MUTE=1.0), "silent"),
        (lambda reaper: set_(reaper, state_folder="/nowhere"), "server is not running. Start it"),
    ],
)
def test_what_the_user_has_to_put_right_is_one_line(reaper: ReaperDouble, spoil: object, sentence: str) -> None:
    spoil(reaper)  # type: ignore[operator]
    before = reaper.project.state
    reaper.press("Generate bass on a new track")
    reaper.run_until(lambda: reaper.console)
    reaper.turn()
    assert sentence in reaper.console[0]
    assert reaper.gfx.shown in reaper.console[0]
    reaper.run_to_end(1.0)
    assert len(reaper.console) == 1
    assert reaper.project.state == before
    assert without_traces(reaper)


def test_a_recording_folder_that_cannot_be_written_gives_way_to_the_exchange_folder(
    reaper: ReaperDouble, identity_server: RealServer, tmp_path: Path
) -> None:
    reaper.project.folder = tmp_path / "a file"
    reaper.project.folder.write_text("not a folder")
    reaper.press_and_wait("Generate bass on a new track")
    assert reaper.console == []
    (item,) = reaper.project.tracks[1].items
    assert all(take.source and Path(take.source.path).is_relative_to(identity_server.exchange) for take in item.takes)


def test_tracks_items_and_notes_that_an_action_needs_are_asked_for(reaper: ReaperDouble) -> None:
    for action in ("Generate bass on the selected track", "Generate bass with the selected tracks"):
        reaper.press_and_wait(action)
    reaper.press_and_wait("Vary the selected take")
    reaper.project.items[0].values["B_UISEL"] = 1.0
    reaper.press_and_wait("Regenerate as further takes")
    reaper.project.selection = (20.0, 21.0)
    reaper.press_and_wait("Redo the time selection in the selected take")
    assert [line.split(":", 1)[1].split(".")[0].strip() for line in reaper.console] == [
        "No track is selected",
        "No track is selected",
        "No audio item is selected",
        "The selected item was not made by Riffbridge",
        "The time selection does not lie in the selected item",
    ]
