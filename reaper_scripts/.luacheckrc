-- What REAPER gives to scripts: the functions that ours use, so that a wrong name is a warning.
-- A test compares this list with tests/clients/reaper/reaper_double/api.txt.

local function fields(names)
  local found = {}
  for _, name in ipairs(names) do
    found[name] = {}
  end
  return found
end

std = "lua53"
max_line_length = 120
codes = true
ignore = { "212/self" }

read_globals = {
  reaper = {
    fields = fields({
      "APIExists", "AddMediaItemToTrack", "AddTakeToMediaItem", "ColorToNative", "CountSelectedMediaItems",
      "CountSelectedTracks2", "CountTakes", "CountTrackMediaItems", "CountTracks", "CreateTakeAudioAccessor",
      "CreateTrackAudioAccessor", "DestroyAudioAccessor", "EnumProjects", "EnumerateFiles", "GetActiveTake",
      "GetAppVersion", "GetAudioAccessorSamples", "GetAudioDeviceInfo", "GetExtState",
      "GetMediaItemInfo_Value", "GetMediaItemTake_Source", "GetMediaItemTrack", "GetMediaSourceLength",
      "GetMediaSourceSampleRate", "GetMediaTrackInfo_Value", "GetOS", "GetParentTrack", "GetPlayStateEx",
      "GetProjectPathEx", "GetProjectStateChangeCount", "GetResourcePath", "GetSelectedMediaItem",
      "GetSelectedTrack2", "GetSetMediaItemInfo_String", "GetSetMediaItemTakeInfo_String",
      "GetSetMediaTrackInfo_String", "GetSetProjectInfo", "GetSetProjectInfo_String",
      "GetSet_LoopTimeRange2", "GetTake", "GetTrack", "GetTrackGUID", "GetTrackMediaItem", "GetTrackName",
      "GetUserInputs", "Help_Set", "InsertTrackAtIndex", "InsertTrackInProject", "Main_OnCommandEx",
      "Master_GetPlayRate", "OnStopButtonEx", "PCM_Source_BuildPeaks", "PCM_Source_CreateFromFile",
      "PCM_Source_Destroy", "PreventUIRefresh", "RecursiveCreateDirectory", "SetActiveTake", "SetExtState",
      "SetMediaItemInfo_Value", "SetMediaItemTakeInfo_Value", "SetMediaItemTake_Source",
      "SetMediaTrackInfo_Value", "ShowConsoleMsg", "TimeMap2_GetNextChangeTime", "TimeMap2_timeToBeats",
      "TimeMap_GetMeasureInfo", "TimeMap_GetTimeSigAtTime", "TrackList_AdjustWindows", "Undo_BeginBlock2",
      "Undo_CanUndo2", "Undo_DoUndo2", "Undo_EndBlock2", "UpdateArrange", "UpdateItemInProject",
      "UpdateItemLanes", "ValidatePtr2", "atexit", "defer", "file_exists", "genGuid",
      "get_config_var_string", "new_array", "set_action_options", "time_precise",
    }),
  },
  gfx = {
    fields = fields({
      "init", "quit", "dock", "getchar", "set", "setfont", "measurestr", "drawstr", "rect", "update", "x",
      "y",
    }),
  },
}
