-- @description Riffbridge: Generate chords on a new track
-- @noindex
-- Made by `python -m reaper_scripts.making`; change reaper_scripts/making/actions.py instead.

local folder = debug.getinfo(1, "S").source:match("^@?(.*[/\\])")
package.path = folder .. "?.lua;" .. package.path
require("riff.actions").run({
  action = "generate",
  name = "chords-new",
  part = "chords",
  target = "new track",
})
