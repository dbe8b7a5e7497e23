-- @description Riffbridge: Settings
-- @noindex
-- Made by `python -m reaper_scripts.making`; change reaper_scripts/making/actions.py instead.

local folder = debug.getinfo(1, "S").source:match("^@?(.*[/\\])")
package.path = folder .. "?.lua;" .. package.path
require("riff.actions").run({
  action = "settings",
  name = "settings",
})
