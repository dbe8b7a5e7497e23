// Stems become clips: on a track of their own, in empty places only, in time. One small step per tick.

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

function clipStarting(owner, path, start) {
  for (var k = 0; k < owner.getcount("arrangement_clips"); k++) {
    if (Number(value(at(path + " arrangement_clips " + k), "start_time")) === start) return k;
  }
  throw finalError("Live put the clip elsewhere. Look at the track's arrangement.");
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

function arrangementSteps(request, stem, path) {
  return clipSteps(request, stem, path).slice(0, 3).concat([function () {
    var clip = at(path);
    clip.set("looping", 0);
    clip.set("end_marker", stem.beats);
    clip.set("color", COLOURS[wish.part]);
    clip.set("name", clipName(request, stem));
  }]);
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
