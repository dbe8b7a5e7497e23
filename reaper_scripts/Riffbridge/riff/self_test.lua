-- Asks this REAPER what its documentation leaves open, and writes a text report. Everything it does is undone.
--
-- The letters are those of the open points in the project's notes, so that reports can be compared.

local bounce = require("riff.bounce")
local discovery = require("riff.discovery")
local doors = require("riff.doors")
local paths = require("riff.paths")
local ranges = require("riff.range")
local restores = require("riff.restore")

local self_test = {}

local DONE = {} -- raised at the end of what shall be undone

local function outcome(ok, raised)
  return ok and "yes" or ("no: " .. tostring(type(raised) == "table" and raised.message or raised))
end

local function sockets(host)
  local socket, reason = doors.socket(host.resource_folder(), host.os(), discovery.read_file)
  return socket and "load and open a socket" or reason
end

-- Bounces one second with a track muted meanwhile; what REAPER wanted to write is looked at on the way.
local function try_bounce(host, project, folder, report)
  local restore = restores.new()
  local range = ranges.between(0, 1, host.sample_rate(project))
  local path = paths.join(folder, "riffbridge_self_test_" .. host.new_id() .. ".wav")
  local changes, started = host.change_count(project), host.now()
  local targets = nil
  local watched = setmetatable({
    render = function(of)
      targets = host.get_text(of, "RENDER_TARGETS")
      host.render(of)
    end,
  }, { __index = host })
  local ok, raised = pcall(bounce.render, watched, project, range, path, { muted = host.tracks(project) }, restore)
  restore:finish()
  report("(b) the render is over when the call returns", outcome(ok, raised))
  report("(b) seconds for one second of silence", ("%.2f"):format(host.now() - started))
  report("(b) frames wished and bounced", ("%d, %s"):format(range.frames, ok and tostring(raised) or "none"))
  report("(c) changes of the project counted by a bounce", host.change_count(project) - changes)
  report("(d) RENDER_TARGETS", targets)
  os.remove(path)
end

local function try_file_name(folder, report)
  local path = paths.join(folder, "riffbridge é ü 音.txt")
  local file = io.open(path, "wb")
  report("(e) io.open takes a name in UTF-8", outcome(file ~= nil, path))
  if file then
    file:close()
    os.remove(path)
  end
end

local function try_item(host, track, wav, restore, report)
  local item = host.add_item(track)
  report("(g) B_LOOPSRC of a new item", host.get_item(item, "B_LOOPSRC"))
  report("(g) fade-in of a new item in s", host.get_item(item, "D_FADEINLEN"))
  for place = 1, 2 do
    host.add_take(item, wav, "take " .. place, { 128, 128, 128 }, "", restore)
  end
  local names = {}
  for place, take in ipairs(host.takes(item)) do
    names[place] = host.take_name(take)
  end
  report("(h) takes in the order of their adding", table.concat(names, ", "))
  report("(h) active take", host.take_name(host.active_take(item)))
end

local function try_folder_end(host, project, report)
  local folder = host.add_track(project, 0, "folder", { 128, 128, 128 })
  local child = host.add_track(project, 1, "child", { 128, 128, 128 })
  host.set_track(folder, "I_FOLDERDEPTH", 1)
  host.set_track(child, "I_FOLDERDEPTH", -1)
  local added = host.add_track(project, 2, "added", { 128, 128, 128 })
  local parent = host.parent_track(added)
  report("(i) a track inserted behind a folder's last one lies in", parent and host.track_name(parent) or "no folder")
end

-- As one step that fails at its end, so that REAPER itself takes everything back.
local function undone(host, project, work)
  local restore = restores.new()
  local ok, raised = pcall(host.as_one_step, project, "Riffbridge: self-test", restore, function()
    work(restore)
    error(DONE, 0)
  end)
  restore:finish()
  return ok or raised == DONE or raised
end

local function try_project(host, project, folder, report)
  local wav = paths.join(folder, "riffbridge_self_test_" .. host.new_id() .. "_take.wav")
  require("riff.wav").write(wav, 48000, { 0, 0, 0, 0 })
  local done = undone(host, project, function(restore)
    local track = host.add_track(project, 0, "self-test", { 128, 128, 128 })
    try_item(host, track, wav, restore, report)
    try_folder_end(host, project, report)
  end)
  report("tracks and items could be tried", outcome(done == true, done))
  report("one undo took everything back", outcome(#host.tracks(project) == 0, #host.tracks(project) .. " tracks left"))
  os.remove(wav)
  os.remove(wav .. ".reapeaks")
end

local function try_server(host, report)
  local found = discovery.find(paths.state_folders(host.os(), os.getenv), discovery.read_file)
  report("(l) state.json of the server", found and "found" or "not found")
  if found then
    local path = paths.join(found.exchange_folder, "riffbridge-try")
    local file = io.open(path, "wb")
    report("(l) exchange folder " .. found.exchange_folder, outcome(file ~= nil, "cannot be written"))
    if file then
      file:close()
      os.remove(path)
    end
  end
end

local function collect(host, project, report)
  report("REAPER", host.version() .. " on " .. host.os() .. ", " .. _VERSION)
  report("(a) Mavriq Lua Sockets", sockets(host))
  local folder = host.recording_folder(project)
  report("(k) recording folder", folder)
  host.make_folder(folder)
  try_bounce(host, project, folder, report)
  try_file_name(folder, report)
  local ini = "reaper-osc-actions.ini"
  for _, place in ipairs({ paths.join(host.resource_folder(), ini), paths.join(host.resource_folder(), "OSC", ini) }) do
    report("(f) " .. place, host.file_exists(place) and "is there" or "is not there")
  end
  try_project(host, project, folder, report)
  report("(j) set_action_options", host.has("set_action_options") and "there" or "not there: REAPER asks instead")
  report("render speed (0 = as fast as possible)", host.config("projrenderlimit") or "unknown")
  try_server(host, report)
end

--- Run everything and write riffbridge_self_test.txt into REAPER's resource folder. Wants an empty project.
function self_test.run(host)
  local project = host.project()
  if #host.tracks(project) > 0 then
    return host.log("Riffbridge: The self-test wants an empty project. Open a new tab, then press the key again.")
  end
  local lines = {}
  local function report(what, told)
    lines[#lines + 1] = what .. ": " .. tostring(told)
  end
  local ok, raised = pcall(collect, host, project, report)
  report("all points were tried", outcome(ok, raised))
  local path = paths.join(host.resource_folder(), "riffbridge_self_test.txt")
  local file = assert(io.open(path, "wb"))
  file:write(table.concat(lines, "\n"), "\n")
  file:close()
  host.log("Riffbridge: The report is in " .. path .. ".")
end

return self_test
