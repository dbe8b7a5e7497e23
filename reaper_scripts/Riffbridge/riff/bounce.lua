-- Bounces the context with REAPER's render engine: set, render, put everything back, look at what came out.
--
-- One step of the script from beginning to end, so that neither the user nor another script sees the project changed.

local paths = require("riff.paths")

local bounce = {}

-- base64 of "evaw", 32 bits float, no BWF chunk and always plain WAV (1 + 2), 0
local WAV_FLOAT = "ZXZhdyADAA=="

local SOLO_IN_PLACE = 2

local function numbers(range)
  return {
    { "RENDER_SETTINGS", 0 }, -- master mix
    { "RENDER_BOUNDSFLAG", 0 }, -- the times below
    { "RENDER_STARTPOS", range.start_s },
    { "RENDER_ENDPOS", range.start_s + range.length_s },
    { "RENDER_CHANNELS", 2 },
    { "RENDER_SRATE", range.rate },
    { "RENDER_TAILFLAG", 0 },
    { "RENDER_TAILMS", 0 },
    { "RENDER_ADDTOPROJ", 0 },
    { "RENDER_DITHER", 0 },
    { "RENDER_NORMALIZE", 0 }, -- also limiter, fades, trimming and padding
  }
end

local function texts(path)
  return {
    { "RENDER_FILE", paths.folder_of(path) },
    { "RENDER_PATTERN", (paths.name_of(path):gsub("%.wav$", "")) },
    { "RENDER_FORMAT", WAV_FLOAT },
    { "RENDER_FORMAT2", "" },
  }
end

-- Sets one value and keeps the old one for `restore`. get and set take (of, key[, value]).
local function change(restore, get, set, of, key, value)
  local before = get(of, key)
  if before ~= value then
    restore:later(function()
      set(of, key, before)
    end)
    set(of, key, value)
  end
end

local function choose_settings(host, project, range, path, restore)
  for _, setting in ipairs(numbers(range)) do
    change(restore, host.get_number, host.set_number, project, setting[1], setting[2])
  end
  for _, setting in ipairs(texts(path)) do
    change(restore, host.get_text, host.set_text, project, setting[1], setting[2])
  end
end

local function silence(host, tracks, restore)
  for _, track in ipairs(tracks) do
    change(restore, host.get_track, host.set_track, track, "B_MUTE", 1)
  end
end

local function solo(host, project, chosen, restore)
  local is_chosen = {}
  for _, track in ipairs(chosen) do
    is_chosen[host.track_guid(track)] = true
  end
  for _, track in ipairs(host.tracks(project)) do
    local wished = is_chosen[host.track_guid(track)] and SOLO_IN_PLACE or 0
    change(restore, host.get_track, host.set_track, track, "I_SOLO", wished)
  end
end

-- REAPER says which files it would write; only our one file may be among them.
local function check_target(host, project, path)
  local targets = host.get_text(project, "RENDER_TARGETS")
  if targets ~= "" and not paths.is_same(targets, path, host.os()) then
    error({
      message = "REAPER would bounce to " .. targets .. " instead of " .. path .. ".",
      hint = "Save the project in a folder whose name has no $, then press the key again.",
    }, 0)
  end
end

-- The frames that were really bounced.
local function checked_frames(host, range, path, restore)
  local facts = host.file_exists(path) and host.audio_facts(path, restore) or nil
  if not facts then
    error({ message = "The bounce was cancelled.", hint = "Press the key again to start over." }, 0)
  end
  local frames = math.floor(facts.length_s * facts.rate + 0.5)
  if facts.rate ~= range.rate or math.abs(frames - range.frames) > 1 then
    error({
      message = ("The bounce has %d frames at %d Hz instead of %d at %d Hz."):format(
        frames,
        facts.rate,
        range.frames,
        range.rate
      ),
      hint = "If you cancelled the render, press the key again; else run the Riffbridge self-test.",
    }, 0)
  end
  return frames
end

--- Bounce a range to `path` as the master hears it, without the tracks in `muted`; with `soloed` only those are heard.
--- Returns the frames of the file, which may be one more or less than wished. Nothing else has changed afterwards.
function bounce.render(host, project, range, path, tracks, restore)
  host.hold_screen(restore)
  local ok, problem = pcall(function()
    host.stop_playing(project)
    silence(host, tracks.muted or {}, restore)
    if tracks.soloed then
      solo(host, project, tracks.soloed, restore)
    end
    choose_settings(host, project, range, path, restore)
    check_target(host, project, path)
    host.render(project)
  end)
  restore:finish()
  if not ok then
    error(problem, 0)
  end
  return checked_frames(host, range, path, restore)
end

return bounce
