-- The fast bounce: items as they are, mixed with track volume, pan and mute, without effects and instruments.

local wav = require("riff.wav")

local dry_bounce = {}

local BLOCK_FRAMES = 32768

local function is_heard(host, track, any_solo)
  if host.get_track(track, "B_MUTE") ~= 0 then
    return false
  end
  return not any_solo or host.get_track(track, "I_SOLO") ~= 0
end

-- Volume and pan of a track and the folders around it, as gains of left and right (balance, as REAPER's default).
local function gains(host, track)
  local volume, left, right = 1, 1, 1
  while track do
    if host.get_track(track, "B_MUTE") ~= 0 then
      return 0, 0
    end
    local pan = host.get_track(track, "D_PAN")
    volume = volume * host.get_track(track, "D_VOL")
    left, right = left * math.min(1, 1 - pan), right * math.min(1, 1 + pan)
    track = host.parent_track(track)
  end
  return volume * left, volume * right
end

local function by_guid(host, tracks)
  local found = {}
  for _, track in ipairs(tracks or {}) do
    found[host.track_guid(track)] = true
  end
  return found
end

local function heard_tracks(host, project, tracks)
  local muted, soloed = by_guid(host, tracks.muted), tracks.soloed and by_guid(host, tracks.soloed)
  local all, any_solo, heard = host.tracks(project), false, {}
  for _, track in ipairs(all) do
    any_solo = any_solo or host.get_track(track, "I_SOLO") ~= 0
  end
  for _, track in ipairs(all) do
    local guid = host.track_guid(track)
    local is_wished = soloed and soloed[guid] or not soloed and is_heard(host, track, any_solo)
    if is_wished and not muted[guid] then
      heard[#heard + 1] = track
    end
  end
  return heard
end

local function add_track(host, track, range, mix, restore)
  local left, right = gains(host, track)
  local at = 0
  host.read_samples({ track = track }, range, BLOCK_FRAMES, restore, function(samples, frames)
    for place = 1, frames * 2, 2 do
      mix[at + place] = mix[at + place] + left * samples[place]
      mix[at + place + 1] = mix[at + place + 1] + right * samples[place + 1]
    end
    at = at + frames * 2
  end)
end

--- Mix a range to `path` as `bounce.render` would, but dry. Returns its frames.
function dry_bounce.render(host, project, range, path, tracks, restore)
  local mix = {}
  for place = 1, range.frames * 2 do
    mix[place] = 0.0
  end
  for _, track in ipairs(heard_tracks(host, project, tracks)) do
    add_track(host, track, range, mix, restore)
  end
  wav.write(path, range.rate, mix)
  return range.frames
end

--- Write what a take plays over a range that starts with its item. Trims, rates and fades of the take are in it.
function dry_bounce.take(host, take, range, path, restore)
  local all = {}
  host.read_samples({ take = take }, range, BLOCK_FRAMES, restore, function(samples, frames)
    table.move(samples, 1, frames * 2, #all + 1, all)
  end)
  wav.write(path, range.rate, all)
end

return dry_bounce
