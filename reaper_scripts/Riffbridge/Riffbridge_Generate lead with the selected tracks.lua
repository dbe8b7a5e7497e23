-- @description Riffbridge: Generate lead with the selected tracks
-- @noindex
-- Made by `python -m reaper_scripts.making`; change reaper_scripts/making/actions.py instead.

local folder = debug.getinfo(1, "S").source:match("^@?(.*[/\\])")
package.path = folder .. "?.lua;" .. package.path
require("riff.actions").run({
  action = "generate",
  name = "lead-with",
  part = "lead",
  target = "new track",
  context = "selected tracks",
})
