// Stems become clips: on a track of their own, in empty slots only, in time. One small step per tick.

var TEMPO_ERROR = 0.005; // Live halves or doubles when it guesses wrong
var COLOURS = [0x8c8c8c, 0xd04a3a, 0x3a7bd0, 0xd0a03a, 0xc7783a, 0x9c5fd0, 0x5fb04a, 0x3ab0a6, 0xd06fa0, 0x6f9cd0,
  0xb0c23a, 0x7a6fd0, 0xe08a3a];
var WARP_BEATS = 0;
var WARP_COMPLEX = 4;
var WARP_COMPLEX_PRO = 6;
var ONE_BAR = 5; // launch quantisation

/** Queue all that one stem needs; the place is chosen with the first. */
function insertStem(request, stem) {
  if (!request.place) request.place = choosePlace();
  if (request.place === "preview") return;
  later(function () {
    if (request.failure) return;
    now.inserting = request;
    if (request.place === "session") insertInSession(request, stem);
    else insertInArrangement(request, stem);
  });
}

function choosePlace() {
  var place = PLACES[wish.place];
  if (place === "preview" || !canInsert()) return "preview";
  if (place === "lanes" && !canUseLanes()) return "arrangement";
  return place;
}

function insertFailed(error) {
  var request = now.inserting;
  if (!request) return post("Riffbridge: " + error.message + "\n");
  request.failure = error.isFinal ? error.message : "Live did not take the clip: " + error.message + " Fire auditions it.";
  status(request.failure);
}

function insertInSession(request, stem) {
  var track = stemTrack(request, 0);
  if (request.rows === null) request.rows = emptyRows(track, stem.count);
  var row = request.rows + stem.index;
  var path = "live_set tracks " + track + " clip_slots " + row;
  var slot = at(path);
  if (Number(value(slot, "has_clip"))) {
    request.rows = null; // somebody was faster
    return laterFirst([function () { insertInSession(request, stem); }]);
  }
  slot.call("create_audio_clip", stem.path);
  if (!Number(value(slot, "has_clip"))) throw finalError("Live did not take " + fileName(stem.path) + ". Fire auditions it.");
  laterFirst(clipSteps(request, stem, path + " clip").concat([function () {
    rememberRow(stem, request.trackName, row);
  }]));
}

/** The track for these stems: found by its name or made at the end. `number` > 0 for further tracks. */
function stemTrack(request, number) {
  request.trackName = "Riffbridge " + request.name;
  var name = request.trackName + (number ? " " + (number + 1) : "");
  var found = trackNamed(name);
  if (found < 0) return newTrack(name);
  var track = at("live_set tracks " + found);
  if (Number(value(track, "is_frozen"))) throw finalError("The track '" + name + "' is frozen. Unfreeze or rename it.");
  if (Number(value(track, "is_foldable")) || !Number(value(track, "has_audio_input"))) {
    throw finalError("The track '" + name + "' takes no audio clips. Rename it, then press Generate again.");
  }
  return found;
}

function newTrack(name) {
  at("live_set").call("create_audio_track", -1);
  var number = trackCount() - 1;
  var track = at("live_set tracks " + number);
  track.set("name", name);
  track.set("color", COLOURS[wish.part]);
  track.set("current_monitoring_state", 2); // off: it only plays its clips
  return number;
}

/** First of `count` empty slots in a row, from the selected scene on; scenes are added when there are not enough. */
function emptyRows(track, count) {
  var scenes = sceneCount();
  var run = 0;
  for (var row = selectedScene(); row < scenes; row++) {
    run = Number(value(at("live_set tracks " + track + " clip_slots " + row), "has_clip")) ? 0 : run + 1;
    if (run === count) return row - count + 1;
  }
  for (var missing = count - run; missing > 0; missing--) at("live_set").call("create_scene", -1);
  return scenes - run;
}

/** What makes a new clip one of ours; each step in a tick of its own. */
function clipSteps(request, stem, path) {
  return [
    function () { at(path).set("warping", 1); },
    function () { fixTempo(stem, at(path)); },
    function () { setWarpMode(at(path)); },
    function () { setLoop(stem, at(path)); },
    function () { setLaunch(request, stem, at(path)); }
  ];
}

function setWarpMode(clip) {
  var modes = String(clip.get("available_warp_modes")).match(/\d+/g) || [];
  var wanted = PARTS[wish.part] === "drums" ? [WARP_BEATS] : [WARP_COMPLEX_PRO, WARP_COMPLEX];
  for (var k = 0; k < wanted.length; k++) {
    if (modes.indexOf(String(wanted[k])) >= 0) return clip.set("warp_mode", wanted[k]);
  }
}

function setLoop(stem, clip) {
  clip.set("looping", 1);
  clip.set("loop_end", stem.beats);
  clip.set("loop_start", 0);
  clip.set("start_marker", 0);
  clip.set("end_marker", stem.beats);
}

function setLaunch(request, stem, clip) {
  clip.set("launch_mode", 0);
  clip.set("launch_quantization", ONE_BAR);
  clip.set("legato", 1); // variations are swapped in phase
  clip.set("color", COLOURS[wish.part]);
  clip.set("name", clipName(request, stem));
}

function clipName(request, stem) {
  return request.name + " v" + (stem.index + 1) + " - seed " + stem.seed;
}

/** Warp markers in order of time. The last is not shown in Live: it carries the tempo behind the one before it. */
function allMarks(clip) {
  return JSON.parse(value(clip, "warp_markers")).warp_markers;
}

function beatsPerSecond(one, other) {
  return (other.beat_time - one.beat_time) / (other.sample_time - one.sample_time);
}

/** Live guesses a tempo when it imports. The stem's is known: put the markers where its bars are. */
function fixTempo(stem, clip) {
  if (!Number(value(clip, "warping"))) throw new Error("warping stayed off.");
  var wanted = wantedMarks(stem);
  var found = allMarks(clip);
  if (isWarpedAs(found, wanted)) return;
  for (var k = 1; k < found.length - 1; k++) clip.call("remove_warp_marker", found[k].beat_time);
  var first = found[0];
  if (first.sample_time > 1e-6) throw finalError("Live set its first warp marker late. Warp the clips by hand.");
  if (first.beat_time !== 0) clip.call("move_warp_marker", first.beat_time, -first.beat_time);
  for (k = 1; k < wanted.length; k++) clip.call("add_warp_marker", wanted[k]);
  if (!isWarpedAs(allMarks(clip), wanted)) throw finalError("Live guessed another tempo. Set the clips' tempo by hand.");
}

/** Beginning and end; under a changing tempo also every bar line. */
function wantedMarks(stem) {
  var marks = [{ beat_time: 0, sample_time: 0 }];
  var frames = stem.cut ? stem.cut.bar_frames : [];
  if (isSteady(frames)) return marks.concat([{ beat_time: stem.beats, sample_time: stem.seconds }]);
  var heard = 0;
  for (var k = 0; k < frames.length; k++) {
    heard += frames[k];
    marks.push({ beat_time: (k + 1) * stem.cut.bar_length, sample_time: heard / stem.rate });
  }
  return marks;
}

function isSteady(frames) {
  for (var k = 1; k < frames.length; k++) if (Math.abs(frames[k] / frames[0] - 1) > TEMPO_ERROR) return false;
  return true;
}

/** Whether the markers put every wanted point where it belongs. */
function isWarpedAs(marks, wanted) {
  for (var k = 1; k < wanted.length; k++) {
    var beat = beatAt(marks, wanted[k].sample_time);
    if (Math.abs(beat - wanted[k].beat_time) > TEMPO_ERROR * wanted[k].beat_time) return false;
  }
  return true;
}

/** The beat at a time of the file: straight between two markers, and on behind the last. */
function beatAt(marks, time) {
  var k = 1;
  while (k < marks.length - 1 && marks[k].sample_time < time) k++;
  if (marks.length < 2) return NaN;
  return marks[k - 1].beat_time + (time - marks[k - 1].sample_time) * beatsPerSecond(marks[k - 1], marks[k]);
}

/** In the arrangement, where the context was heard: lanes of one track, or a track for each variation. */
function insertInArrangement(request, stem) {
  var start = stem.cut ? stem.cut.start_beat : request.facts.bar_origin;
  var inLanes = request.place === "lanes";
  var track = inLanes ? stemTrack(request, 0) : freeTrack(request, start, stem.beats);
  var owner = at("live_set tracks " + track);
  var path = "live_set tracks " + track;
  if (inLanes) {
    owner.call("create_take_lane");
    path += " take_lanes " + (owner.getcount("take_lanes") - 1);
    owner = at(path);
    owner.set("name", clipName(request, stem));
  }
  var before = owner.getcount("arrangement_clips");
  owner.call("create_audio_clip", stem.path, start);
  if (owner.getcount("arrangement_clips") <= before) throw finalError("Live did not take " + fileName(stem.path) + ". Fire auditions it.");
  laterFirst(arrangementSteps(request, stem, path + " arrangement_clips " + clipStarting(owner, path, start)));
}

function arrangementSteps(request, stem, path) {
  return clipSteps(request, stem, path).slice(0, 3).concat([function () {
    var clip = at(path);
    clip.set("looping", 0);
    clip.set("end_marker", stem.beats);
    clip.set("color", COLOURS[wish.part]);
    clip.set("name", clipName(request, stem));
  }]);
}

/** A track of this part on which nothing lies between `start` and its end. */
function freeTrack(request, start, beats) {
  for (var number = 0; ; number++) {
    var track = stemTrack(request, number);
    if (!isOccupied(track, start, start + beats)) return track;
  }
}

function isOccupied(track, start, end) {
  var path = "live_set tracks " + track;
  for (var k = 0; k < at(path).getcount("arrangement_clips"); k++) {
    var clip = at(path + " arrangement_clips " + k);
    if (Number(value(clip, "start_time")) < end && Number(value(clip, "end_time")) > start) return true;
  }
  return false;
}

function clipStarting(owner, path, start) {
  for (var k = 0; k < owner.getcount("arrangement_clips"); k++) {
    if (Number(value(at(path + " arrangement_clips " + k), "start_time")) === start) return k;
  }
  throw finalError("Live put the clip elsewhere. Look at the track's arrangement.");
}
