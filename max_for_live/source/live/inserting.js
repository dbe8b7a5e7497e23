// Stems become clips: on a track of their own, in empty places only, in time. One small step per tick.

var TRIGGER = 0; // launch mode
var ONE_BAR = 5; // launch quantisation

/** Queue all that one stem needs; the place is chosen with the first. One that got its clip before a reload keeps it. */
function insertStem(request, stem) {
  var kept = keptOf(stem);
  if (kept.place) return recallClip(request, stem, kept);
  if (!request.place) request.place = choosePlace();
  if (request.place === "preview") return;
  later(function () {
    if (request.failure) return;
    if (request.place === "session") insertInSession(request, stem);
    else insertInArrangement(request, stem);
  }, insertFailed(request));
}

/** What the other stems of the request must know of one that is inserted. */
function recallClip(request, stem, kept) {
  request.place = kept.place;
  request.trackName = trackNameOf(request);
  if (kept.row >= 0) request.rows = kept.row - stem.index;
}

function choosePlace() {
  var place = PLACES[wish.place];
  if (place === "preview" || !canInsert()) return "preview";
  if (place === "lanes" && !canUseLanes()) return "arrangement";
  return place;
}

/** Who is told when there is no clip. */
function insertFailed(request) {
  return function (error) {
    var text = "Live did not take the clip: " + error.message + " Fire auditions it.";
    endInserting(request, error.isFinal ? error.message : text);
  };
}

/** Who is told when there is a clip that could not be made one of ours. */
function finishFailed(request) {
  return function (error) {
    var text = "The clip is there, but unfinished: check its warping and loop. Live says: " + error.message;
    endInserting(request, error.isFinal ? error.message : text);
  };
}

/** No further stem of the request is inserted. What failed first is said. */
function endInserting(request, text) {
  if (request.failure) return;
  request.failure = text;
  status(text);
}

function insertInSession(request, stem) {
  var track = stemTrack(request, 0);
  if (request.rows === null) request.rows = emptyRows(track, stem.count);
  var row = request.rows + stem.index;
  var path = slotPath(track, row);
  var slot = at(path);
  if (numberOf(slot, "has_clip")) {
    request.rows = null; // somebody was faster
    return laterFirst([function () { insertInSession(request, stem); }], insertFailed(request));
  }
  slot.call("create_audio_clip", stem.path);
  if (!numberOf(slot, "has_clip")) throw notTaken(stem);
  rememberPlace(stem, request.place);
  laterFirst(sessionSteps(request, stem, path + " clip").concat([function () {
    rememberRow(stem, request.trackName, row);
  }]), finishFailed(request));
}

/** In the arrangement, where the context was heard: lanes of one track, or a track for each variation. */
function insertInArrangement(request, stem) {
  var start = stem.cut ? stem.cut.start_beat : request.barOrigin;
  var inLanes = request.place === "lanes";
  var track = inLanes ? stemTrack(request, 0) : freeTrack(request, start, stem.beats);
  var path = trackPath(track);
  var owner = at(path);
  if (inLanes) {
    owner.call("create_take_lane");
    path += " take_lanes " + (owner.getcount("take_lanes") - 1);
    owner = at(path);
    owner.set("name", clipName(request, stem));
  }
  var before = owner.getcount("arrangement_clips");
  owner.call("create_audio_clip", stem.path, start);
  if (owner.getcount("arrangement_clips") <= before) throw notTaken(stem);
  rememberPlace(stem, request.place);
  var clipPath = path + " arrangement_clips " + clipStarting(owner, path, start);
  laterFirst(arrangementSteps(request, stem, clipPath), finishFailed(request));
}

function notTaken(stem) {
  return finalError("Live did not take " + fileName(stem.path) + ". Fire auditions it.");
}

function clipStarting(owner, path, start) {
  for (var k = 0; k < owner.getcount("arrangement_clips"); k++) {
    if (numberOf(at(path + " arrangement_clips " + k), "start_time") === start) return k;
  }
  throw finalError("Live put the clip elsewhere. Look at the track's arrangement.");
}

/** What makes a clip in a slot one of ours; each step in a tick of its own. */
function sessionSteps(request, stem, path) {
  return warpSteps(request, stem, path).concat([
    function () { setLoop(stem, at(path)); },
    function () { setLaunch(at(path)); setLook(request, stem, at(path)); }
  ]);
}

/** The same in the arrangement, where a clip has its place and is neither looped nor launched. */
function arrangementSteps(request, stem, path) {
  return warpSteps(request, stem, path).concat([function () {
    var clip = at(path);
    clip.set("looping", 0);
    clip.set("end_marker", stem.beats);
    setLook(request, stem, clip);
  }]);
}

function setLoop(stem, clip) {
  clip.set("looping", 1);
  clip.set("loop_end", stem.beats);
  clip.set("loop_start", 0);
  clip.set("start_marker", 0);
  clip.set("end_marker", stem.beats);
}

function setLaunch(clip) {
  clip.set("launch_mode", TRIGGER);
  clip.set("launch_quantization", ONE_BAR);
  clip.set("legato", 1); // variations are swapped in phase
}

function setLook(request, stem, clip) {
  clip.set("color", COLOURS[request.part]);
  clip.set("name", clipName(request, stem));
}

function clipName(request, stem) {
  return request.name + " v" + (stem.index + 1) + " - seed " + stem.seed;
}
