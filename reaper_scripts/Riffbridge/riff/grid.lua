-- The musical grid of a range: tempo and meter at its start, downbeats and tempo changes inside it.

local range = require("riff.range")

local grid = {}

local TEMPO_LIMITS = { 10, 1000 }
local BEAT_UNITS = { [1] = true, [2] = true, [4] = true, [8] = true, [16] = true, [32] = true, [64] = true }

local function frame_of(of, time_s)
  return math.floor((time_s - of.start_s) * of.rate + 0.5)
end

local function meter_at(host, project, of, time_s)
  local beats, unit, tempo = host.meter(project, time_s)
  return { frame = frame_of(of, time_s), tempo = tempo, beats_per_bar = beats, beat_unit = unit }
end

local function changes(host, project, of)
  local found, end_s = { meter_at(host, project, of, of.start_s) }, range.end_s(of)
  local change_s = host.next_tempo_change(project, of.start_s)
  while change_s and change_s < end_s do
    found[#found + 1] = meter_at(host, project, of, change_s)
    change_s = host.next_tempo_change(project, change_s)
  end
  return found
end

local function downbeats(host, project, of)
  local frames, end_s = {}, range.end_s(of)
  local bar = math.max(host.bar_at(project, of.start_s) - 1, 0) -- whichever of the two counts from 1
  local start_s = host.bar_start(project, bar)
  while start_s < end_s do
    local frame = frame_of(of, start_s)
    if frame >= 0 then
      frames[#frames + 1] = frame
    end
    bar = bar + 1
    start_s = host.bar_start(project, bar)
  end
  return frames
end

--- Everything about the range as `grid` files hold it.
function grid.of(host, project, of)
  return {
    sample_rate = of.rate,
    frames = of.frames,
    downbeat_frames = downbeats(host, project, of),
    tempo_changes = changes(host, project, of),
  }
end

--- The pairs of `generate` for the start of the range, as far as the protocol takes them.
function grid.pairs(found)
  local first = found.tempo_changes[1]
  local given = { beats_per_bar = math.max(1, math.min(64, first.beats_per_bar)) }
  if first.tempo >= TEMPO_LIMITS[1] and first.tempo <= TEMPO_LIMITS[2] then
    given.tempo = first.tempo
  end
  if BEAT_UNITS[first.beat_unit] then
    given.beat_unit = first.beat_unit
  end
  return given
end

--- Whether tempo or meter change inside the range, so that its start does not say all.
function grid.changes(found)
  return #found.tempo_changes > 1
end

return grid
