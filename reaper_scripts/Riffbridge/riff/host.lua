-- REAPER as the other modules see it. The only file that touches `reaper.*`: what the API is like stays in here.
-- It keeps nothing and decides nothing, so it is long and flat: program, remembered values and words, files, project,
-- undo and screen, tracks, items and takes, samples, window.
--
-- Tracks, items and takes are handles that may die while we wait; whoever waits keeps GUIDs and looks them up again.
-- Frames are project frames, times are project seconds.

local reaper = reaper
local host = {}

local EXT_SECTION = "riffbridge"
local P_EXT = "P_EXT:riffbridge"
local RENDER_WITH_LAST_SETTINGS = 42230
local UNTIL_RELAUNCHED = 1 -- set_action_options: the same key again ends the running script

-- The program ---------------------------------------------------------------------------------------------------

function host.os()
  return reaper.GetOS()
end

function host.version()
  return reaper.GetAppVersion()
end

function host.resource_folder()
  return reaper.GetResourcePath()
end

function host.now()
  return reaper.time_precise()
end

function host.new_id()
  return reaper.genGuid(""):gsub("[{}-]", ""):lower()
end

function host.has(name)
  return reaper.APIExists(name)
end

--- Run `tick` at every turn of REAPER's loop until it returns false; `at_end` runs once, however the script ends.
function host.run(tick, at_end)
  reaper.atexit(at_end)
  local function turn()
    if tick() ~= false then
      reaper.defer(turn)
    end
  end
  turn()
end

--- The same key again shall end this script (REAPER 7.03 and newer; older ones ask the user).
function host.end_when_pressed_again()
  if reaper.set_action_options then
    reaper.set_action_options(UNTIL_RELAUNCHED)
  end
end

function host.config(name)
  local found, value = reaper.get_config_var_string(name)
  return found and value or nil
end

-- Remembered values and words to the user -----------------------------------------------------------------------

function host.remembered(key)
  return reaper.GetExtState(EXT_SECTION, key)
end

function host.remember(key, value, for_ever)
  reaper.SetExtState(EXT_SECTION, key, value, for_ever)
end

--- A line in REAPER's console, which stays closed.
function host.log(text)
  reaper.ShowConsoleMsg("!SHOW:" .. text .. "\n")
end

--- A line beside the transport.
function host.hint(text)
  reaper.Help_Set(text, true)
end

--- A form; the answers as a list, or nil when the user cancelled. Captions have no commas: those part them.
function host.ask(title, captions, values)
  local shown = table.concat(captions, ",") .. ",extrawidth=160,separator=\n"
  local ok, answers = reaper.GetUserInputs(title, #captions, shown, table.concat(values, "\n"))
  if not ok then
    return nil
  end
  local found = {}
  for answer in (answers .. "\n"):gmatch("([^\n]*)\n") do
    found[#found + 1] = answer
  end
  return found
end

-- Files ---------------------------------------------------------------------------------------------------------

function host.file_exists(path)
  return reaper.file_exists(path)
end

function host.make_folder(path)
  reaper.RecursiveCreateDirectory(path, 0)
end

--- Names of the files in a folder, read anew.
function host.list_files(folder)
  local names, place = {}, 0
  reaper.EnumerateFiles(folder, -1) -- forget what REAPER remembers of it
  local name = reaper.EnumerateFiles(folder, place)
  while name and name ~= "" do -- older ones end with an empty name
    names[#names + 1] = name
    place = place + 1
    name = reaper.EnumerateFiles(folder, place)
  end
  return names
end

--- Length in seconds and rate of an audio file; nil when REAPER cannot read it.
function host.audio_facts(path, restore)
  local source = reaper.PCM_Source_CreateFromFile(path)
  if not source then
    return nil
  end
  local let_go = restore:later(function()
    reaper.PCM_Source_Destroy(source)
  end)
  local length_s, is_beats = reaper.GetMediaSourceLength(source)
  local rate = reaper.GetMediaSourceSampleRate(source)
  let_go()
  return not is_beats and { length_s = length_s, rate = rate } or nil
end

-- Project -------------------------------------------------------------------------------------------------------

--- The project in front, as a handle that stays with it when the user changes tabs.
function host.project()
  return (reaper.EnumProjects(-1))
end

function host.is_open(project)
  return reaper.ValidatePtr2(0, project, "ReaProject*")
end

function host.recording_folder(project)
  return reaper.GetProjectPathEx(project)
end

function host.time_selection(project)
  return reaper.GetSet_LoopTimeRange2(project, false, false, 0, 0, false)
end

--- Frames per second of the project: its own setting, else the audio device's, else 48 kHz.
function host.sample_rate(project)
  if host.get_number(project, "PROJECT_SRATE_USE") == 1 then
    return math.floor(host.get_number(project, "PROJECT_SRATE"))
  end
  local is_open, rate = reaper.GetAudioDeviceInfo("SRATE")
  return is_open and math.tointeger(tonumber(rate)) or 48000
end

--- How often the project was changed so far, as undo counts it.
function host.change_count(project)
  return reaper.GetProjectStateChangeCount(project)
end

function host.play_rate(project)
  return reaper.Master_GetPlayRate(project)
end

function host.is_recording(project)
  return reaper.GetPlayStateEx(project) & 4 ~= 0
end

function host.stop_playing(project)
  if reaper.GetPlayStateEx(project) ~= 0 then
    reaper.OnStopButtonEx(project)
  end
end

function host.get_number(project, key)
  return reaper.GetSetProjectInfo(project, key, 0, false)
end

function host.set_number(project, key, value)
  reaper.GetSetProjectInfo(project, key, value, true)
end

function host.get_text(project, key)
  local _, text = reaper.GetSetProjectInfo_String(project, key, "", false)
  return text
end

function host.set_text(project, key, text)
  reaper.GetSetProjectInfo_String(project, key, text, true)
end

--- Render with the settings as they are; returns when it is over.
function host.render(project)
  reaper.Main_OnCommandEx(RENDER_WITH_LAST_SETTINGS, 0, project)
end

--- Beats per bar, note value of a beat, quarter notes per minute at a time.
function host.meter(project, time_s)
  return reaper.TimeMap_GetTimeSigAtTime(project, time_s)
end

--- The time of the next tempo or meter change after `time_s`; nil when there is none.
function host.next_tempo_change(project, time_s)
  local change_s = reaper.TimeMap2_GetNextChangeTime(project, time_s)
  return change_s > time_s and change_s or nil
end

--- Number of the bar at a time, from 0.
function host.bar_at(project, time_s)
  local _, bar = reaper.TimeMap2_timeToBeats(project, time_s)
  return bar
end

--- When a bar begins.
function host.bar_start(project, bar)
  return (reaper.TimeMap_GetMeasureInfo(project, bar))
end

-- Undo and screen -----------------------------------------------------------------------------------------------

--- Run `work` as one undo step, with the screen held. When it raises, the project is as before and the error goes on.
function host.as_one_step(project, label, restore, work)
  reaper.Undo_BeginBlock2(project)
  local end_block = restore:later(function()
    reaper.Undo_EndBlock2(project, label, -1)
  end)
  local release = host.hold_screen(restore)
  local ok, problem = pcall(work)
  release()
  end_block()
  if not ok then
    restore:at_once(function()
      if reaper.Undo_CanUndo2(project) == label then
        reaper.Undo_DoUndo2(project)
      end
    end)
    error(problem, 0)
  end
end

--- Keep REAPER from drawing until the returned function is called (or `restore` does it).
function host.hold_screen(restore)
  reaper.PreventUIRefresh(1)
  return restore:later(function()
    reaper.PreventUIRefresh(-1)
  end)
end

-- Tracks --------------------------------------------------------------------------------------------------------

function host.tracks(project)
  local found = {}
  for place = 0, reaper.CountTracks(project) - 1 do
    found[place + 1] = reaper.GetTrack(project, place)
  end
  return found
end

function host.selected_tracks(project)
  local found = {}
  for place = 0, reaper.CountSelectedTracks2(project, false) - 1 do
    found[place + 1] = reaper.GetSelectedTrack2(project, place, false)
  end
  return found
end

function host.track_guid(track)
  return reaper.GetTrackGUID(track)
end

function host.track_by_guid(project, guid)
  for _, track in ipairs(host.tracks(project)) do
    if reaper.GetTrackGUID(track) == guid then
      return track
    end
  end
  return nil
end

function host.track_name(track)
  local _, name = reaper.GetTrackName(track)
  return name
end

--- The folder around a track; nil when there is none.
function host.parent_track(track)
  return reaper.GetParentTrack(track)
end

function host.get_track(track, key)
  return reaper.GetMediaTrackInfo_Value(track, key)
end

function host.set_track(track, key, value)
  reaper.SetMediaTrackInfo_Value(track, key, value)
end

--- A new track at a place (0 = first).
function host.add_track(project, place, name, colour)
  if reaper.InsertTrackInProject then
    reaper.InsertTrackInProject(project, place, 0)
  else
    reaper.InsertTrackAtIndex(place, false)
  end
  local track = reaper.GetTrack(project, place)
  reaper.GetSetMediaTrackInfo_String(track, "P_NAME", name, true)
  host.set_track(track, "I_CUSTOMCOLOR", host.colour(colour))
  return track
end

--- A colour as items and tracks take it. rgb: {red, green, blue}, 0 to 255.
function host.colour(rgb)
  return reaper.ColorToNative(rgb[1], rgb[2], rgb[3]) | 0x1000000
end

-- Items and takes -----------------------------------------------------------------------------------------------

function host.items(track)
  local found = {}
  for place = 0, reaper.CountTrackMediaItems(track) - 1 do
    found[place + 1] = reaper.GetTrackMediaItem(track, place)
  end
  return found
end

--- The first selected item; nil when none is.
function host.selected_item(project)
  return reaper.CountSelectedMediaItems(project) > 0 and reaper.GetSelectedMediaItem(project, 0) or nil
end

function host.item_track(item)
  return reaper.GetMediaItemTrack(item)
end

function host.item_guid(item)
  local _, guid = reaper.GetSetMediaItemInfo_String(item, "GUID", "", false)
  return guid
end

function host.item_by_guid(project, guid)
  for _, track in ipairs(host.tracks(project)) do
    for _, item in ipairs(host.items(track)) do
      if host.item_guid(item) == guid then
        return item
      end
    end
  end
  return nil
end

function host.get_item(item, key)
  return reaper.GetMediaItemInfo_Value(item, key)
end

function host.set_item(item, key, value)
  reaper.SetMediaItemInfo_Value(item, key, value)
end

function host.item_note(item)
  local _, text = reaper.GetSetMediaItemInfo_String(item, P_EXT, "", false)
  return text
end

function host.note_item(item, text, readable)
  reaper.GetSetMediaItemInfo_String(item, P_EXT, text, true)
  reaper.GetSetMediaItemInfo_String(item, "P_NOTES", readable, true)
end

function host.add_item(track)
  return reaper.AddMediaItemToTrack(track)
end

--- The screen shows the item as it is now; `track`: its track, whose lanes may have changed.
function host.show_item(project, item, track)
  reaper.UpdateItemInProject(item)
  if reaper.UpdateItemLanes and host.get_track(track, "I_FREEMODE") == 2 then
    reaper.UpdateItemLanes(project)
  end
  reaper.TrackList_AdjustWindows(false)
  reaper.UpdateArrange()
end

function host.takes(item)
  local found = {}
  for place = 0, reaper.CountTakes(item) - 1 do
    found[place + 1] = reaper.GetTake(item, place)
  end
  return found
end

function host.active_take(item)
  return reaper.GetActiveTake(item)
end

function host.activate_take(take)
  reaper.SetActiveTake(take)
end

function host.take_name(take)
  local _, name = reaper.GetSetMediaItemTakeInfo_String(take, "P_NAME", "", false)
  return name
end

function host.take_note(take)
  local _, text = reaper.GetSetMediaItemTakeInfo_String(take, P_EXT, "", false)
  return text
end

-- A take with its own source, which belongs to us until the take has it.
local function new_take(item, path, restore)
  local source = reaper.PCM_Source_CreateFromFile(path)
  if not source then
    error({ message = "REAPER cannot read the stem " .. path .. ".", hint = "Check that the file is there." }, 0)
  end
  local function let_go()
    reaper.PCM_Source_Destroy(source)
  end
  restore:later(let_go)
  local take = reaper.AddTakeToMediaItem(item)
  reaper.SetMediaItemTake_Source(take, source)
  restore:forget(let_go)
  return take
end

--- A take that plays a file from its start. note: text kept with the take.
function host.add_take(item, path, name, colour, note, restore)
  local take = new_take(item, path, restore)
  reaper.SetMediaItemTakeInfo_Value(take, "D_STARTOFFS", 0)
  reaper.SetMediaItemTakeInfo_Value(take, "D_PLAYRATE", 1)
  reaper.SetMediaItemTakeInfo_Value(take, "I_CUSTOMCOLOR", host.colour(colour))
  reaper.GetSetMediaItemTakeInfo_String(take, "P_NAME", name, true)
  reaper.GetSetMediaItemTakeInfo_String(take, P_EXT, note, true)
  return take
end

--- Begins to build the peaks of an item's takes; the returned function goes on a little, and is true at the end.
function host.peak_builder(project, item)
  local unfinished = {}
  for _, take in ipairs(host.takes(item)) do
    if reaper.PCM_Source_BuildPeaks(reaper.GetMediaItemTake_Source(take), 0) ~= 0 then
      unfinished[#unfinished + 1] = take
    end
  end
  return function()
    local take = unfinished[#unfinished]
    if take and not reaper.ValidatePtr2(project, take, "MediaItem_Take*") then
      table.remove(unfinished)
    elseif take and reaper.PCM_Source_BuildPeaks(reaper.GetMediaItemTake_Source(take), 1) == 0 then
      reaper.PCM_Source_BuildPeaks(reaper.GetMediaItemTake_Source(take), 2)
      table.remove(unfinished)
    end
    return #unfinished == 0
  end
end

-- Samples without rendering -------------------------------------------------------------------------------------

--- Interleaved stereo samples of a track (before its effects) or of a take, block after block.
--- read(samples, frames) gets a list of 2 * frames numbers.
function host.read_samples(of, range, block_frames, restore, read)
  local accessor = of.take and reaper.CreateTakeAudioAccessor(of.take) or reaper.CreateTrackAudioAccessor(of.track)
  local let_go = restore:later(function()
    reaper.DestroyAudioAccessor(accessor)
  end)
  local buffer = reaper.new_array(block_frames * 2)
  for first = 0, range.frames - 1, block_frames do
    local frames = math.min(block_frames, range.frames - first)
    buffer.clear()
    local start_s = (of.take and 0 or range.start_s) + first / range.rate
    local told = reaper.GetAudioAccessorSamples(accessor, range.rate, 2, start_s, frames, buffer)
    if told < 0 then
      error({ message = "REAPER gave no samples.", hint = "Bounce with the render engine (see settings)." }, 0)
    end
    read(buffer.table(1, frames * 2), frames) -- told 0 = silence, and the buffer is clear
  end
  let_go()
end

-- Window --------------------------------------------------------------------------------------------------------

--- REAPER's drawing surface.
host.gfx = gfx

return host
