// Where new clips find room: tracks that carry the part's name, empty slots, empty stretches of the arrangement.

function trackNameOf(request) {
  return "Riffbridge " + request.name;
}

/** The track for these stems: found by its name or made at the end. `further`: 0, or the how-manieth beside it. */
function stemTrack(request, further) {
  request.trackName = trackNameOf(request);
  var name = request.trackName + (further ? " " + (further + 1) : "");
  var found = trackNamed(name);
  if (found < 0) return newTrack(name, request.part);
  var track = at(trackPath(found));
  if (numberOf(track, "is_frozen")) throw finalError("The track '" + name + "' is frozen. Unfreeze or rename it.");
  if (numberOf(track, "is_foldable") || !numberOf(track, "has_audio_input")) {
    throw finalError("The track '" + name + "' takes no audio clips. Rename it, then press Generate again.");
  }
  return found;
}

function newTrack(name, part) {
  at("live_set").call("create_audio_track", -1);
  var last = trackCount() - 1;
  var track = at(trackPath(last));
  track.set("name", name);
  track.set("color", COLOURS[part]);
  track.set("current_monitoring_state", 2); // off: it only plays its clips
  return last;
}

/** First of `count` empty slots in a row, from the selected scene on; scenes are added when there are not enough. */
function emptyRows(track, count) {
  var scenes = sceneCount();
  var run = 0;
  for (var row = selectedScene(); row < scenes; row++) {
    run = numberOf(at(slotPath(track, row)), "has_clip") ? 0 : run + 1;
    if (run === count) return row - count + 1;
  }
  for (var missing = count - run; missing > 0; missing--) at("live_set").call("create_scene", -1);
  return scenes - run;
}

/** A track of this part on which nothing lies between `start` and its end. */
function freeTrack(request, start, beats) {
  for (var further = 0; ; further++) {
    var track = stemTrack(request, further);
    if (!isOccupied(track, start, start + beats)) return track;
  }
}

function isOccupied(track, start, end) {
  var path = trackPath(track);
  for (var k = 0; k < at(path).getcount("arrangement_clips"); k++) {
    var clip = at(path + " arrangement_clips " + k);
    if (numberOf(clip, "start_time") < end && numberOf(clip, "end_time") > start) return true;
  }
  return false;
}
