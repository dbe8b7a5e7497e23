"""The Node bridge as a real process: on a bad network, over restarts, beside a twin, against nonsense."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pythonosc.osc_message import OscMessage
from pythonosc.osc_message_builder import OscMessageBuilder

from bridge_server.protocol import messages as m
from bridge_server.transport.discovery import Announcement
from max_for_live.builder import scripts
from tests.clients.live.double_riff_server import DoubleRiffServer
from tests.clients.live.studio import ROOT, Device, Studio, node
from tests.transport.relay import LossyRelay
from tests.whole.bounces import bounce
from tests.whole.real_server import RealServer


def request(context: str, **pairs: Any) -> str:
    """What the Live script sends for a file."""
    return json.dumps({"pairs": {"context": context, "prompt": "bass", **pairs}, "ring": None, "project": ""})


@pytest.fixture
def double(tmp_path: Path) -> Iterator[DoubleRiffServer]:
    """A server that says what a test wants."""
    double = DoubleRiffServer(tmp_path)
    yield double
    double.close()


def welcome(double: DoubleRiffServer, **changes: Any) -> None:
    """Answer the bridge's hello."""
    double.hear("/riff/hello")
    told = dict(major=1, minor=0, version="0", boot_id=double.boot_id, pack="starter", device="cpu", ready=1,
                queue_length=0, lease_s=15.0, granted=1)  # fmt: skip
    double.say(m.Welcome(**{**told, **changes}))


@pytest.fixture
def met(studio: Studio, double: DoubleRiffServer) -> Device:
    """A device whose bridge has met the double."""
    device = studio.device(bridge="process", state=double.state)
    welcome(double)
    device.wait_status("Ready")
    return device


def test_the_osc_of_the_bridge_is_that_of_python_osc() -> None:
    values = ["", "a", "abc", "abcd", "Été – 夏", "x" * 1000, 0, -1, 2**31 - 1, -(2**31), 0.5, -1e-3]
    types = "".join("s" if isinstance(v, str) else "i" if isinstance(v, int) else "f" for v in values)
    builder = OscMessageBuilder("/riff/test")
    for value, kind in zip(values, types, strict=True):
        builder.add_arg(value, kind)
    theirs = builder.build().dgram
    program = """
      const vm = require("vm"), fs = require("fs");
      vm.runInThisContext(fs.readFileSync(process.argv[1], "utf8"));
      const told = JSON.parse(process.argv[2]);
      const bytes = encodeMessage("/riff/test", told.types, told.values);
      const back = decodePacket(Buffer.from(told.theirs, "hex"));
      console.log(JSON.stringify({ ours: bytes.toString("hex"), back: back[0].values }));
    """
    told = json.dumps({"types": types, "values": values, "theirs": theirs.hex()})
    osc = ROOT / "max_for_live" / "source" / "bridge" / "osc.js"
    done = subprocess.run(
        [node(), "-e", program, "--", str(osc), told], capture_output=True, encoding="utf-8", check=True, timeout=20
    )
    seen = json.loads(done.stdout)
    assert bytes.fromhex(seen["ours"]) == theirs
    assert OscMessage(bytes.fromhex(seen["ours"])).params == pytest.approx(values)
    assert seen["back"] == pytest.approx(values)


def test_the_constants_are_those_of_the_table() -> None:
    text = (ROOT / "max_for_live" / "riffbridge-bridge.node.js").read_text(encoding="utf-8")
    (line,) = [line for line in text.splitlines() if line.startswith("const RIFF = ")]
    assert json.loads(line.removeprefix("const RIFF = ").removesuffix(";")) == scripts.protocol()


def test_on_a_bad_network_every_stem_comes_once(studio: Studio, server: RealServer, tmp_path: Path) -> None:
    found = server.announced
    context = bounce(tmp_path / "bounce.wav", seconds=0.6, rate=8_000)
    with LossyRelay((found.host, found.port), loss=0.3, double=0.2, late=0.3, seed=3) as relay:
        held = {**json.loads((server.state / "state.json").read_text(encoding="utf-8")), "port": relay.port}
        (tmp_path / "state").mkdir()
        (tmp_path / "state" / "state.json").write_text(json.dumps(held), encoding="utf-8")
        device = studio.device(bridge="process", state=tmp_path / "state")
        device.wait_status("Ready")
        for k in range(3):
            device.tell("generate", f"lossy-{k}", request(context, variations=2))
            device.tell("generate", f"lossy-{k}", request(context, variations=2))
        for k in range(3):
            assert device.wait_told("done", f"lossy-{k}", limit_s=60) == ["done", f"lossy-{k}", 2]
            assert sorted(atoms[2] for atoms in device.told("stem", f"lossy-{k}")) == [0, 1]
            fractions = [atoms[2] for atoms in device.told("progress", f"lossy-{k}")]
            assert fractions == sorted(fractions)
        assert relay.lost > 10
        assert device.told("fail") == []


def test_the_server_at_another_port_is_found_again(studio: Studio, tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    double = DoubleRiffServer(tmp_path / "a")
    device = studio.device(bridge="process", state=double.state)
    welcome(double)
    device.wait_status("Ready")
    device.tell("generate", "over-there", request(str(tmp_path / "x.wav")))
    double.hear("/riff/generate")
    double.close()
    device.wait_status("The server stopped", limit_s=15)
    (tmp_path / "b").mkdir()
    second = DoubleRiffServer(tmp_path / "b", boot_id="boot-2")
    (second.state / "state.json").replace(double.state / "state.json")
    welcome(second)
    assert second.hear("/riff/query") == ["over-there"]
    second.say(m.Refused("over-there", "unknown-request", "No such request.", "Send it again."))
    assert second.hear("/riff/generate")[:3] == ["over-there", "context", str(tmp_path / "x.wav")]
    second.close()


def test_a_changed_boot_id_makes_it_ask_for_what_is_open(met: Device, double: DoubleRiffServer, tmp_path: Path) -> None:
    met.tell("generate", "open-one", request(str(tmp_path / "x.wav")))
    double.hear("/riff/generate")
    double.say(m.Accepted("open-one", 0, 3.0))
    met.wait_told("accepted", "open-one")
    double.boot_id = "boot-9"
    double.say(m.Heartbeat("boot-9", 0, 0, ""))
    welcome(double)
    assert double.hear("/riff/query") == ["open-one"]


def test_what_an_earlier_session_asked_for_is_asked_about_and_never_sent_again(
    met: Device, double: DoubleRiffServer
) -> None:
    met.tell("resume", "early")
    assert [double.hear("/riff/query") for _ in range(2)] == [["early"], ["early"]]
    double.say(m.Refused("early", "unknown-request", "No such request.", "Send it again."))
    assert met.wait_told("fail", "early")[2:] == ["unknown-request", "No such request. Send it again."]


def test_done_before_the_last_stem_waits_for_it_and_everything_is_acked(
    met: Device, double: DoubleRiffServer, tmp_path: Path
) -> None:
    met.tell("generate", "turned", request(str(tmp_path / "x.wav"), variations=2))
    double.hear("/riff/generate")
    stems = [m.Stem("turned", 4 + k, k, 2, str(tmp_path / f"s{k}.wav"), 48_000, 48_000, 7 + k) for k in (0, 1)]
    (tmp_path / "s0.wav").touch()
    (tmp_path / "s1.wav").touch()
    for message in (m.Done("turned", 6, 2, 1.0, "cpu"), stems[1], stems[1]):
        double.say(message)
        assert double.hear("/riff/ack") == ["turned", message.sequence]
    assert not met.told("done")
    assert double.hear("/riff/query") == ["turned"]
    double.say(stems[0])
    assert met.wait_told("done", "turned") == ["done", "turned", 2]
    assert [atoms[2] for atoms in met.told("stem", "turned")] == [1, 0]
    double.say(m.Done("turned", 6, 2, 1.0, "cpu"))
    assert double.hear("/riff/ack") == ["turned", 4]
    assert double.hear("/riff/ack") == ["turned", 6], "an old request is still acked, or it would be repeated for ever"
    assert len(met.told("done")) == 1


def test_no_answer_at_all_is_asked_again_and_then_queried(
    met: Device, double: DoubleRiffServer, tmp_path: Path
) -> None:
    met.tell("generate", "patient", request(str(tmp_path / "x.wav")))
    tries = [double.hear("/riff/generate") for _ in range(4)]
    assert all(args == tries[0] for args in tries)
    double.say(m.Refused("patient", "rate-limited", "Too many messages.", "Wait."))
    double.hear("/riff/generate")
    assert met.told("fail") == []
    double.say(m.Refused("patient", "queue-full", "The queue is full.", "Wait until a job is finished."))
    assert met.wait_told("fail", "patient") == [
        "fail",
        "patient",
        "queue-full",
        "The queue is full. Wait until a job is finished.",
    ]


def test_nonsense_on_the_wire_changes_nothing(met: Device, double: DoubleRiffServer) -> None:
    bundle = b"#bundle\0" + bytes(8)
    packets = [b"", b"/", b"/riff", os.urandom(64), b"x" * 9000, bundle + b"\xff\xff\xff\xf0", bundle + b"\0\0\0\4abcd"]
    packets += [b"/riff/stem\0\0,siiisiii\0\0\0", b"/riff/welcome\0\0\0,i\0\0\0\0\0\1"]
    packets += [b"/riff/done\0\0,b\0\0\xff\xff\xff\xff"]
    for packet in packets:
        double.say_bytes(packet)
    double.say_osc("/riff/heartbeat", 5)
    double.say_osc("/riff/nothing", "a")
    double.say_osc("/riff/generate", "comes", "back")
    double.say(m.Progress("nobody", 1, 0.5, "playing", 1.0))
    double.say(m.Heartbeat(double.boot_id, 1, 0, ""))
    met.tell("cancel", "nobody")
    met.tell("generate", "still-alive", request("/x.wav"))
    assert double.hear("/riff/generate")[0] == "still-alive"


def test_a_prompt_too_long_for_a_datagram_is_a_sentence(met: Device) -> None:
    met.tell("generate", "long", request("/x.wav", prompt="very " * 2000))
    assert met.wait_told("fail", "long")[2:] == [
        "bad-arguments",
        "Too long for one message: shorten the prompt or the paths.",
    ]
    met.tell("generate", "newer", request("/x.wav", sparkle=3))
    assert "sparkle" in met.wait_told("fail", "newer")[3]
    met.tell("generate", "broken", "{no json")
    met.wait(lambda _: len(met.told("fail")) == 3)
    assert "generate" in met.told("fail")[-1][3]


@pytest.mark.parametrize(("changes", "words"), [({"granted": 0}, "token"), ({"ready": 0}, "loading its models")])
def test_what_keeps_the_server_from_working_is_said(
    changes: dict[str, int], words: str, studio: Studio, double: DoubleRiffServer
) -> None:
    device = studio.device(bridge="process", state=double.state)
    welcome(double, **changes)
    device.wait_status(words)
    device.touch("Generate")
    assert not device.heard("generate")
    welcome(double)
    device.wait_status("Ready")


def test_another_version_is_said_with_both_numbers(studio: Studio, double: DoubleRiffServer) -> None:
    device = studio.device(bridge="process", state=double.state)
    double.hear("/riff/hello")
    double.say(
        m.Refused("", "version-mismatch", "The client speaks version 1 and the server version 2.", "Update the client.")
    )
    assert device.wait_status("version 1").endswith("Update the client.")


def test_a_wrong_token_is_said(studio: Studio, server: RealServer, tmp_path: Path) -> None:
    found = server.announced
    Announcement(found.host, found.port, found.pid, found.boot_id, "0" * 32, str(tmp_path), "0").write(
        tmp_path / "state"
    )
    device = studio.device(bridge="process", state=tmp_path / "state")
    device.wait_status("did not take our token")


def test_without_a_server_it_says_so_and_a_stale_file_counts_as_none(studio: Studio, tmp_path: Path) -> None:
    device = studio.device(bridge="process", state=tmp_path)
    device.wait_status("The server is not running. Press Start.")
    dead = subprocess.Popen([node(), "-e", "0"])
    dead.wait()
    Announcement("127.0.0.1", 9, dead.pid, "b", "t", str(tmp_path), "0").write(tmp_path)
    (tmp_path / "launcher.json").write_text(
        json.dumps({"command": [str(tmp_path / "gone"), "serve"]}), encoding="utf-8"
    )
    device.touch("Start Server")
    device.wait_status("riffbridge was not found.")
    assert device.told("link")[-1][1] == "down"


def test_captures_are_kept_in_bounds_and_only_our_own_go(met: Device, double: DoubleRiffServer, tmp_path: Path) -> None:
    folder = Path(met.told("paths")[-1][1])
    uuid = met.told("newid")[-1][1]
    (folder / "ring_someoneelse_1.wav").touch()
    for k in range(11):
        path = folder / f"ring_{uuid}_{1000 + k}.wav"
        path.touch()
        note = {"pairs": {}, "ring": {"path": str(path), "bars": 4, "head": 0.5}, "project": ""}
        met.tell("generate", f"ring-{k}", json.dumps(note))
        arguments = double.hear("/riff/generate")
        while arguments[0] != f"ring-{k}":
            arguments = double.hear("/riff/generate")
        pairs = dict(zip(arguments[1::2], arguments[2::2], strict=True))
        assert pairs == {"context": str(path), "ring": str(path.with_suffix(".json"))}
        assert json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))["bars"] == 4
        double.say(m.Refused(f"ring-{k}", "queue-full", "Full.", "Wait."))
    left = sorted(path.name for path in folder.glob("*.wav"))
    assert left == sorted(["ring_someoneelse_1.wav", *(f"ring_{uuid}_{1000 + k}.wav" for k in range(3, 11))])
