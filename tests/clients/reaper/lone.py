"""Single steps of the client as scripts of their own, so that a test can look at one step alone."""

from __future__ import annotations

from pathlib import Path

HEAD = """
local host, restore = require("riff.host"), require("riff.restore").new()
local project = host.project()
local range = require("riff.range").between(2.00001, 5.00002, host.sample_rate(project))
host.run(function()
  local ok, raised = pcall(function()
    __WORK__
  end)
  restore:finish()
  if not ok then
    host.log(type(raised) == "table" and raised.message or tostring(raised))
  end
  return false
end, function()
  restore:finish()
end)
"""


def script(folder: Path, work: str) -> Path:
    """A Lua file that does `work` with `host`, `project`, `range` and `restore` at hand, guarded as a session is."""
    path = folder / "lone step.lua"
    path.write_text(HEAD.replace("__WORK__", work), encoding="utf-8")
    return path


def bounce(folder: Path, out: Path, tracks: str = "{}") -> Path:
    """Bounce the range and nothing else. tracks: the Lua table for `bounce.render`."""
    return script(folder, f'require("riff.bounce").render(host, project, range, [[{out}]], {tracks}, restore)')


def insertion(folder: Path, stems: list[Path], target: str = "{}") -> Path:
    """Insert finished stems and nothing else. target: the plan's target as a Lua table."""
    listed = ", ".join(
        f"{{ path = [[{stem}]], seed = {7 + place}, frames = 144000, sample_rate = 48000 }}"
        for place, stem in enumerate(stems)
    )
    plan = f'{{ project = project, part = "bass", prompt = "bass", range = range, fade_s = 0.005, target = {target} }}'
    return script(folder, f'require("riff.insertion").insert(host, {plan}, {{ {listed} }}, "request-1", restore)')
