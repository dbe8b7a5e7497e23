-- Turns "what the user pressed" and "what is selected" into everything that the run needs, before anything happens.
--
-- A plan holds GUIDs, not handles: it is carried out later, when the user may have changed the project.

local grid = require("riff.grid")
local memo = require("riff.memo")
local parts = require("riff.parts")
local range = require("riff.range")

local plan = {}

local function stop(message, hint)
  error({ message = message, hint = hint }, 0)
end

local function selected_range(host, project)
  local start_s, end_s = host.time_selection(project)
  if end_s <= start_s then
    stop("There is no time selection.", "Drag over the bars to accompany, then press the key again.")
  end
  return range.between(start_s, end_s, host.sample_rate(project))
end

local function item_range(host, project, item)
  local start_s = host.get_item(item, "D_POSITION")
  return range.between(start_s, start_s + host.get_item(item, "D_LENGTH"), host.sample_rate(project))
end

local function guids(host, tracks)
  local found = {}
  for place, track in ipairs(tracks) do
    found[place] = host.track_guid(track)
  end
  return found
end

local function selected_tracks(host, project, wish)
  local tracks = host.selected_tracks(project)
  if #tracks == 0 then
    stop("No track is selected.", wish)
  end
  return tracks
end

local function selected_item(host, project)
  local item = host.selected_item(project)
  local take = item and host.active_take(item)
  if not take then
    stop("No audio item is selected.", "Click the item first, then press the key again.")
  end
  return item, take
end

local function ask_prompt(host)
  local answers = host.ask("Riffbridge", { "What shall be played?" }, { host.remembered("prompt") })
  if not answers or answers[1] == "" then
    stop("Nothing was asked for.", "Name an instrument, for instance bass or strings.")
  end
  host.remember("prompt", answers[1], true)
  return answers[1]
end

-- The target and the context of a new item.
local function new_item(host, project, options, made)
  made.range = selected_range(host, project)
  if options.target == "selected track" then
    local tracks = selected_tracks(host, project, "Select the track for the stem, then press the key again.")
    made.target = { track = host.track_guid(tracks[1]) }
    made.muted = { made.target.track }
    return
  end
  local tracks = host.selected_tracks(project)
  if options.context == "selected tracks" then
    tracks = selected_tracks(host, project, "Select the tracks to play along with, then press the key again.")
    made.soloed = guids(host, tracks)
  end
  made.target = { after = tracks[1] and host.track_guid(tracks[#tracks]) }
end

local function last_seed(host, item)
  local highest
  for _, take in ipairs(host.takes(item)) do
    local seed = math.tointeger(tonumber(memo.read(host.take_note(take)).seed))
    highest = seed and math.max(seed, highest or 0) or highest
  end
  return highest
end

local function listed(text)
  local found = {}
  for guid in (text or ""):gmatch("[^,]+") do
    found[#found + 1] = guid
  end
  return #found > 0 and found or nil
end

-- The target and the context of further takes on the selected item.
local function more_takes(host, project, made)
  local item, take = selected_item(host, project)
  local held = memo.read(host.take_note(take))
  made.range = item_range(host, project, item)
  made.target = { item = host.item_guid(item), track = host.track_guid(host.item_track(item)) }
  made.muted, made.soloed = { made.target.track }, listed(held.soloed)
  made.part, made.prompt = held.part or host.track_name(host.item_track(item)), held.prompt or ""
  return item, take, held
end

local BY_ACTION = {
  generate = function(host, project, options, made)
    new_item(host, project, options, made)
    made.part = options.part or ask_prompt(host)
    made.prompt = parts.prompt(made.part)
  end,
  again = function(host, project, _, made)
    local item, _, held = more_takes(host, project, made)
    if not held.prompt then
      stop("The selected item was not made by Riffbridge.", "Select one of its stems, then press the key again.")
    end
    local seed = last_seed(host, item)
    made.pairs.seed = seed and (seed + 1) % 2147483648 or nil
  end,
  vary = function(host, project, _, made, chosen)
    local _, take = more_takes(host, project, made)
    made.sounds = { init = { name = host.take_name(take), item = made.target.item, range = made.range } }
    made.pairs.strength = chosen.strength
  end,
  redo = function(host, project, _, made)
    local _, take = more_takes(host, project, made)
    local first, frames = range.part(made.range, selected_range(host, project))
    if not first then
      stop("The time selection does not lie in the selected item.", "Drag over the part to make anew.")
    end
    made.sounds = { init = { name = host.take_name(take), item = made.target.item, range = made.range } }
    made.pairs.redo_start, made.pairs.redo_frames = first, frames
  end,
  reference = function(host, project, options, made, chosen)
    local item, take = selected_item(host, project)
    new_item(host, project, options, made)
    local sound = { name = host.take_name(take), item = host.item_guid(item), range = item_range(host, project, item) }
    made.sounds = { reference = sound }
    made.part, made.prompt = "like " .. sound.name, ""
    made.pairs.blend = chosen.blend
  end,
}

local function check_project(host, project)
  if host.is_recording(project) then
    stop("REAPER is recording.", "Stop the recording, then press the key again.")
  end
  if host.play_rate(project) ~= 1 then
    stop("The project's play rate is not 1.0, so nothing would be in time.", "Set the play rate to 1.0 first.")
  end
end

local function add_wishes(given, chosen)
  for _, name in ipairs({ "variations", "steps", "guidance", "prompt_guidance", "loudness", "format" }) do
    given[name] = chosen[name] ~= "" and chosen[name] or nil
  end
  if chosen.seed ~= "" and given.seed == nil then
    given.seed = chosen.seed
  end
end

--- Everything the run needs; raises {message, hint} when something is missing. options: what the action file says.
--- chosen: the settings. Its `pairs` are those of `generate` without paths; `sounds` are items to be sent along.
function plan.make(host, project, options, chosen)
  check_project(host, project)
  local made = { project = project, pairs = {}, fade_s = chosen.fade_ms / 1000, bounce = chosen.bounce }
  BY_ACTION[options.action](host, project, options, made, chosen)
  made.grid = grid.of(host, project, made.range)
  for name, value in pairs(grid.pairs(made.grid)) do
    made.pairs[name] = value
  end
  add_wishes(made.pairs, chosen)
  if made.prompt ~= "" then
    made.pairs.prompt = made.prompt
  end
  return made
end

return plan
