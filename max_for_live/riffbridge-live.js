// Made by `python -m max_for_live.build_device` from the files in source/live; change those instead.

// device.js -----------------------------------------------------------------------

// The Live side of the device: what is asked for, what happens, what Live is told. ES5, for Max's `js` and `v8` alike.
// Nothing here touches the network (the bridge does) or audio (the patch does).

autowatch = 0;
inlets = 1;
outlets = 5;

// The outlets.
var TO_BRIDGE = 0;
var TO_FACE = 1;
var TO_RING = 2;
var TO_PLAYER = 3;
var TO_STORE = 4;

var VERSION = "1.0";

// What the menus of the face mean: a menu sends the number of its line (builder/parameters.py has the words on it).
var PARTS = ["", "drums", "bass", "piano", "electric piano", "organ", "guitar", "strings", "brass", "winds",
  "mallets", "pad", "lead"]; // the first: as the prompt says
var COLOURS = [0x8c8c8c, 0xd04a3a, 0x3a7bd0, 0xd0a03a, 0xc7783a, 0x9c5fd0, 0x5fb04a, 0x3ab0a6, 0xd06fa0, 0x6f9cd0,
  0xb0c23a, 0x7a6fd0, 0xe08a3a]; // of each part's tracks and clips
var BARS = [1, 2, 4, 8, 16];
var STEPS = [2, 0, 12]; // Draft, Normal (the pack's), Fine
var SOURCES = ["ring", "clip", "drop"];
var PLACES = ["session", "arrangement", "lanes", "preview"];

// What the performer has set; every control of the face writes one of these.
var wish = {
  prompt: "", part: 2, bars: 2, variations: 2, influence: 50, strength: 50, quality: 1, loop: 1,
  seed: 0, seedLock: 0, source: 0, place: 0, nudge: 0, audition: 0, context: "", style: ""
};

// What is going on. phase: idle, grabbing, asked (sent, generating), ready. captures: the folder for them.
var now = {
  isInit: false, isBridgeReady: false, phase: "idle", link: "down", captures: "",
  request: null, lastContext: null
};

/** `init` comes from live.thisdevice, again after presets and edits, and again when this script was reloaded. */
function init() {
  now.isInit = true;
  loadStored();
  outlet(TO_RING, "record", 1);
  greetBridge();
  watchStems();
  reloadPlayer();
}

function loadbang() {
  outlet(TO_FACE, "boot"); // the patch answers with `init_again` if the device was ready before this script was
}

/** This script was loaded anew in a running device: nobody else will speak first. */
function init_again() {
  now.isBridgeReady = true;
  init();
}

var LINE = 100; // characters that fit on the face

/** A line for the performer; one that does not fit is in the Max window, whole. */
function status(text) {
  outlet(TO_FACE, "status", oneLine(text));
  if (text.length > LINE) post(text + "\n");
}

function oneLine(text) {
  var flat = String(text).replace(/\s+/g, " ");
  if (flat.length <= LINE) return flat;
  return flat.slice(0, flat.lastIndexOf(" ", LINE - 1)) + "\u2026";
}

function showProgress(fraction) {
  outlet(TO_FACE, "progress", fraction);
}

// controls.js ---------------------------------------------------------------------

// One function per control of the face.

function prompt() {
  wish.prompt = textOf(arguments);
}

function part(index) {
  wish.part = index;
}

function bars(index) {
  wish.bars = index;
}

function variations(index) {
  wish.variations = index;
}

function influence(percent) {
  wish.influence = percent;
}

function strength(percent) {
  wish.strength = percent;
}

function quality(index) {
  wish.quality = index;
}

function loop(isOn) {
  wish.loop = isOn;
}

function seed(number) {
  wish.seed = Math.round(number);
}

function seed_lock(isOn) {
  wish.seedLock = isOn;
}

function source(index) {
  wish.source = index;
}

function place(index) {
  wish.place = index;
}

function nudge(ms) {
  wish.nudge = ms;
}

function audition_on(isOn) {
  wish.audition = isOn;
  if (!isOn) stopPlayer();
}

/** The enum "Variation": choosing another launches it. (A set that is loaded tells its value, too: nothing is new.) */
function variation(index) {
  var isNew = now.isInit && index !== playing.wanted;
  playing.wanted = index;
  if (isNew) fire(index + 1);
}

function drop_context() {
  wish.context = textOf(arguments);
  outlet(TO_FACE, "source", SOURCES.indexOf("drop"));
  wish.source = SOURCES.indexOf("drop");
  status("Context: " + fileName(wish.context) + ". Press Generate.");
}

function drop_style() {
  wish.style = textOf(arguments);
  status("Style: " + fileName(wish.style) + ". Clear takes it away.");
}

function clear_style() {
  wish.style = "";
  status("No style file.");
}

function start_server() {
  outlet(TO_BRIDGE, "start");
}

function textOf(atoms) {
  var words = Array.prototype.slice.call(atoms);
  if (words[0] === "text") words.shift(); // textedit puts the word in front
  return words.join(" ");
}

function fileName(path) {
  return path.replace(/^.*[\/\\]/, "");
}

// from_bridge.js ------------------------------------------------------------------

// What the bridge says: about itself, the line to the server, and (passed on to job.js) the request.

var RESTARTS = 3;
var RESTART_MS = 2000;
var restarts = 0;
var restartTask = null; // held, so that it is there when its time comes
var NO_BRIDGE = "The bridge script does not run. Keep all files of Riffbridge in one folder, then load the device again.";

/** One word of the bridge. */
function node(word) {
  var atoms = Array.prototype.slice.call(arguments, 1);
  var known = {
    ready: bridgeReady, newid: bridgeId, link: bridgeLink, paths: bridgePaths, reported: bridgeReported,
    accepted: jobAccepted, progress: jobProgress, stem: jobStem, done: jobDone, fail: jobFailed, cancelled: jobCancelled
  };
  if (known[word]) known[word].apply(null, atoms);
}

function greetBridge() {
  if (!now.isInit || !now.isBridgeReady) return;
  outlet(TO_BRIDGE, "hello", JSON.stringify({ uuid: stored.uuid, live: liveVersion().join("."), device: VERSION }));
  if (stored.pending) outlet(TO_BRIDGE, "resume", stored.pending);
}

function bridgeReady() {
  now.isBridgeReady = true;
  greetBridge();
}

function bridgeId(uuid) {
  if (uuid === stored.uuid) return;
  stored.uuid = uuid; // the set holds a copy of this device; the original keeps the id
  store();
}

function bridgeLink(state, text) {
  now.link = state;
  outlet(TO_FACE, "lamp", state === "up" ? 2 : state === "loading" ? 1 : 0);
  if (now.phase === "asked" && state === "down") text = "The server stopped. Press Start; this request goes on then.";
  if (now.phase !== "asked" || state !== "up") status(text);
}

function bridgePaths(captures) {
  now.captures = captures;
}

function bridgeReported(path) {
  status("Self-test written: " + path);
}

/** The process of the bridge, as node.script tells of it. */
function lifecycle(event) {
  if (event !== "terminated" && event !== "error") return;
  now.isBridgeReady = false;
  now.link = "down";
  outlet(TO_FACE, "lamp", 0);
  if (restarts >= RESTARTS) return status(NO_BRIDGE);
  restarts += 1;
  status("The bridge script stopped. Starting it again.");
  restartTask = new Task(function () { outlet(TO_BRIDGE, "script", "start"); }, this);
  restartTask.schedule(RESTART_MS);
}

/** Why nothing can be asked for now. */
function notLinked() {
  if (now.link === "loading") return "The server is loading its models. Press Generate again in a moment.";
  if (!now.isBridgeReady) return NO_BRIDGE;
  return "The server is not running. Press Start.";
}

// context.js ----------------------------------------------------------------------

// What a stem is to go with: the bars just played (the ring), the selected clip, or a dropped file.

var CAPTURE_LIMIT_MS = 10000;
var capture = { path: "", head: -1, then: null, deadline: null };

/** Write the ring to a file; `then` gets its note. */
function grabRing(then) {
  now.phase = "grabbing";
  capture.head = -1;
  capture.then = then;
  capture.path = now.captures + "/ring_" + stored.uuid + "_" + new Date().getTime() + ".wav";
  status("Taking the last " + BARS[wish.bars] + " bars.");
  outlet(TO_RING, "grab", capture.path);
  capture.deadline = new Task(captureLate, this);
  capture.deadline.schedule(CAPTURE_LIMIT_MS);
}

function captureLate() {
  if (now.phase !== "grabbing") return;
  now.phase = "idle";
  outlet(TO_RING, "record", 1);
  status("The capture was not written. Switch Live's audio on and check the disk, then try again.");
}

/** `head` 0..1: where in the ring the recorder stood. */
function head(fraction) {
  capture.head = fraction;
}

/** `written`: the ring lies on the disk. */
function written() {
  if (now.phase !== "grabbing") return;
  capture.deadline.cancel();
  now.phase = "idle";
  var note = songFacts();
  note.path = capture.path;
  note.bars = BARS[wish.bars];
  note.nudge_ms = wish.nudge;
  note.head = capture.head;
  note.roles = ["left", "right", "beat phase", "beat number / 65536"];
  capture.then(note);
}

/** The file behind the clip that the detail view shows, in its own frames; or what speaks against it. */
function clipContext() {
  var clip = at("live_set view detail_clip");
  if (!exists(clip) || !numberOf(clip, "is_audio_clip")) return { problem: "Select an audio clip first." };
  var span = clipSpan(clip);
  if (!span) return { problem: "This clip's warping is not straight: choose Last bars, or consolidate the clip." };
  var rate = numberOf(clip, "sample_rate");
  var start = Math.max(0, Math.round(span.start * rate));
  var frames = Math.min(Math.round(span.end * rate), numberOf(clip, "sample_length")) - start;
  return { context: String(value(clip, "file_path")), context_start: start, context_frames: frames, beats: span.beats };
}

/** Start and end of the clip in seconds of its file, and its beats; null when its tempo wanders. */
function clipSpan(clip) {
  var start = numberOf(clip, "loop_start");
  var end = numberOf(clip, "loop_end");
  if (!numberOf(clip, "warping")) {
    return { start: start, end: end, beats: (end - start) * songFacts().tempo / 60 };
  }
  var marks = allMarks(clip);
  var rate = beatsPerSecond(marks[0], marks[marks.length - 1]);
  for (var k = 1; k < marks.length; k++) {
    if (Math.abs(beatsPerSecond(marks[k - 1], marks[k]) / rate - 1) > TEMPO_ERROR) return null;
  }
  function seconds(beat) {
    return marks[0].sample_time + (beat - marks[0].beat_time) / rate;
  }
  return { start: seconds(start), end: seconds(end), beats: end - start };
}

function dropContext() {
  if (wish.context) return { context: wish.context };
  return { problem: "Drop an audio file on 'Context' first, or choose Last bars." };
}

// asking.js -----------------------------------------------------------------------

// From the button to the bridge: say what is wanted, in the words of the protocol.

var SEEDS = 10000; // what the number box shows without rounding; variation k uses seed + k

function generate() {
  if (now.phase === "grabbing") return;
  if (now.link !== "up") return status(notLinked());
  drawSeed();
  if (SOURCES[wish.source] === "ring") grabRing(function (ring) { ask({}, ring); });
  else if (SOURCES[wish.source] === "clip") askAbout(clipContext());
  else askAbout(dropContext());
}

/** Make the variation that plays (or is chosen) anew, near to it or far from it, over the same bars. */
function vary() {
  var stem = stored.stems[playing.chosen];
  if (now.link !== "up") return status(notLinked());
  if (!stem || !now.lastContext) return status("Generate first, then vary what plays.");
  drawSeed();
  var extra = { init: stem.path, strength: wish.strength / 100 };
  for (var name in now.lastContext.extra) extra[name] = now.lastContext.extra[name];
  ask(extra, now.lastContext.ring);
}

function drawSeed() {
  if (wish.seedLock) return;
  wish.seed = Math.floor(Math.random() * SEEDS);
  outlet(TO_FACE, "seed", wish.seed);
}

function askAbout(context) {
  if (context.problem) status(context.problem);
  else ask(context, null);
}

/** Send a request. `extra`: pairs, and `beats` where the context's length is known; `ring`: the note of a capture.
 *  The context is kept for Vary. */
function ask(extra, ring) {
  var facts = ring || songFacts();
  var asked = whatIsAsked(facts, extra.beats || 0);
  var request = newRequest(newRequestId(), asked);
  var pairs = pairsOf(facts, request.name);
  for (var name in extra) if (name !== "beats") pairs[name] = extra[name];
  now.lastContext = { ring: ring, extra: contextOf(extra) };
  now.request = request;
  now.phase = "asked";
  stored.pending = request.id;
  stored.asked = asked;
  store();
  showProgress(0);
  status("Asking for " + pairs.variations + " x " + request.name + ".");
  outlet(TO_BRIDGE, "generate", request.id, JSON.stringify({ pairs: pairs, ring: ring, project: projectFolder() }));
}

/** What must be known of a request when its stems come: by then the face and the set may say something else. */
function whatIsAsked(facts, beats) {
  return { name: partName(), part: wish.part, beats: beats, tempo: facts.tempo, barOrigin: facts.bar_origin };
}

function contextOf(extra) {
  var kept = {};
  for (var name in extra) if (name !== "init" && name !== "strength") kept[name] = extra[name];
  return kept;
}

function newRequestId() {
  return stored.uuid.slice(0, 6) + "-" + new Date().getTime().toString(36) + "-" + Math.floor(Math.random() * 1e6);
}

function partName() {
  var part = PARTS[wish.part] || wish.prompt || "stem";
  return part.charAt(0).toUpperCase() + part.slice(1, 40);
}

function pairsOf(facts, name) {
  var pairs = {
    name: name.replace(/[^A-Za-z0-9 _-]/g, "") || "stem",
    prompt: PARTS[wish.part] ? PARTS[wish.part] + (wish.prompt ? ", " + wish.prompt : "") : wish.prompt,
    tempo: facts.tempo, beats_per_bar: facts.beats_per_bar, beat_unit: facts.beat_unit,
    variations: wish.variations + 1, seed: wish.seed, lane: "live-" + stored.uuid
  };
  if (wish.loop) pairs.loop = 1;
  if (STEPS[wish.quality]) pairs.steps = STEPS[wish.quality];
  if (wish.influence !== 50) pairs.guidance = Math.round(wish.influence * 4) / 100; // 50 %: as the pack likes
  if (wish.style) pairs.reference = wish.style;
  return pairs;
}

function cancel() {
  if (now.phase === "asked") outlet(TO_BRIDGE, "cancel", now.request.id);
}

// job.js --------------------------------------------------------------------------

// What becomes of a request: waiting, progress, stems, and one of three ends.

/** `asked`: see `whatIsAsked`; its `beats` are the context's, 0 when only the stems can tell. The rest is filled in as
 *  stems come and become clips: their place (see PLACES), the track, the first row of their slots, and why inserting
 *  ended. */
function newRequest(id, asked) {
  return {
    id: id, name: asked.name, part: asked.part, beats: asked.beats, tempo: asked.tempo, barOrigin: asked.barOrigin,
    stems: [], place: "", trackName: "", rows: null, failure: ""
  };
}

/** Whether a word of the bridge is about the request under way; the first about one of the last session takes it up. */
function isCurrent(id) {
  if (!now.request && id === stored.pending) {
    now.request = newRequest(id, stored.asked || whatIsAsked(songFacts(), 0)); // older devices did not store it
    now.phase = "asked";
  }
  return now.request !== null && now.request.id === id && now.phase === "asked";
}

function jobAccepted(id, position, estimate) {
  if (!isCurrent(id)) return;
  if (position > 0) status("Waiting: " + position + " before this one, about " + Math.ceil(estimate) + " s.");
  else status(now.request.name + ": about " + Math.ceil(estimate) + " s.");
}

function jobProgress(id, fraction, stage, eta) {
  if (!isCurrent(id)) return;
  showProgress(fraction);
  status(now.request.name + ": " + Math.round(fraction * 100) + " % " + stage + ", " + Math.ceil(eta) + " s left.");
}

function jobStem(id, index, count, path, json) {
  if (!isCurrent(id) || hasStem(now.request, index)) return; // a bridge that was started again tells it again
  var about = JSON.parse(json);
  var stem = { index: index, count: count, path: path, seed: about.seed, cut: about.cut || null };
  stem.seconds = about.frames / about.sample_rate;
  stem.rate = about.context_rate || about.sample_rate;
  stem.beats = about.cut ? about.cut.bars * about.cut.bar_length : now.request.beats || beatsOf(stem.seconds);
  now.request.stems.push(stem);
  keepStem(stem);
  outlet(TO_PLAYER, "load", index + 1, path);
  insertStem(now.request, stem);
}

function hasStem(request, index) {
  for (var k = 0; k < request.stems.length; k++) if (request.stems[k].index === index) return true;
  return false;
}

/** A stem without a ring lasts as long as its file, at the tempo that was asked for. */
function beatsOf(seconds) {
  return Math.round(seconds * now.request.tempo / 60 * 1000) / 1000;
}

function jobDone(id) {
  if (!isCurrent(id)) return;
  var request = now.request;
  endJob();
  later(function () { status(readyText(request)); });
}

function readyText(request) {
  var count = request.stems.length;
  var cut = count ? request.stems[0].cut : null;
  var heard = cut && cut.bars < cut.bars_wanted ? fewerText(cut) : "";
  if (request.failure) return heard + request.failure;
  if (request.place === "preview") return heard + previewText(count);
  return heard + count + (count === 1 ? " variation" : " variations") + " on '" + request.trackName + "'. Press Fire.";
}

function fewerText(cut) {
  return "Only " + cut.bars + " of " + cut.bars_wanted + " bars " + (cut.bars === 1 ? "was" : "were") + " heard. ";
}

function previewText(count) {
  if (canInsert()) return count + " to audition. Press Fire; choose To slots for clips.";
  return "Preview only: inserting needs Live 12.0.5. Press Fire, or Reveal and drag the files.";
}

function jobFailed(id, code, text) {
  if (id === "") return status(text);
  if (!isCurrent(id) || code === "replaced") return;
  endJob();
  status(text);
}

function jobCancelled(id) {
  if (!isCurrent(id)) return;
  endJob();
  status("Cancelled.");
}

function endJob() {
  now.phase = "ready";
  stored.pending = "";
  stored.asked = null;
  store();
  showProgress(0);
}

// song.js -------------------------------------------------------------------------

// Reading the Live set. `get` always gives an array, "id" 0 is nothing, ids do not outlive the session.

function at(path) {
  return new LiveAPI(path);
}

function exists(api) {
  return Number(api.id) !== 0;
}

function value(api, property) {
  var found = api.get(property);
  return found && found.length !== undefined && typeof found !== "string" ? found[0] : found;
}

/** A property as a number; switches are 0 or 1. */
function numberOf(api, property) {
  return Number(value(api, property));
}

function liveVersion() {
  var app = at("live_app");
  return [app.call("get_major_version"), app.call("get_minor_version"), app.call("get_bugfix_version")].map(Number);
}

function isAtLeast(major, minor, bugfix) {
  var found = liveVersion();
  var wanted = [major, minor, bugfix];
  for (var k = 0; k < 3; k++) if (found[k] !== wanted[k]) return found[k] > wanted[k];
  return true;
}

function canInsert() {
  return isAtLeast(12, 0, 5); // create_audio_clip
}

function canUseLanes() {
  return isAtLeast(12, 3, 5);
}

/** Tempo, metre, position, key and folder of the set, as they are now. */
function songFacts() {
  var song = at("live_set");
  var facts = {
    tempo: value(song, "tempo"),
    beats_per_bar: value(song, "signature_numerator"),
    beat_unit: value(song, "signature_denominator"),
    song_beat: value(song, "current_song_time"),
    key: value(song, "root_note") + " " + value(song, "scale_name")
  };
  facts.bar_origin = barStart(song, facts);
  return facts;
}

/** Where the bar that plays now began (quarters): the metre may have changed since the beginning of the song. */
function barStart(song, facts) {
  var told = String(song.call("get_current_beats_song_time")).split("."); // bars.beats.sixteenths.ticks, from 1
  if (told.length < 3) return 0;
  var inBar = (Number(told[1]) - 1) * 4 / facts.beat_unit + (Number(told[2]) - 1) / 4 + facts.song_beat % 0.25;
  return Math.round((facts.song_beat - inBar) * 16) / 16;
}

/** Folder of the saved set; empty for a new one. */
function projectFolder() {
  var path = String(value(at("live_set"), "file_path") || "");
  return path.replace(/[\/\\][^\/\\]*$/, "");
}

function trackCount() {
  return at("live_set").getcount("tracks");
}

function sceneCount() {
  return at("live_set").getcount("scenes");
}

function trackPath(track) {
  return "live_set tracks " + track;
}

function slotPath(track, row) {
  return trackPath(track) + " clip_slots " + row;
}

/** Number of the track with this name, -1 when there is none (and for no name). */
function trackNamed(name) {
  if (!name) return -1;
  for (var k = 0; k < trackCount(); k++) {
    if (String(value(at(trackPath(k)), "name")) === name) return k;
  }
  return -1;
}

/** Number of the scene that is selected. */
function selectedScene() {
  var selected = at("live_set view selected_scene");
  for (var k = 0; k < sceneCount(); k++) if (at("live_set scenes " + k).id === selected.id) return k;
  return 0;
}

// queue.js ------------------------------------------------------------------------

// Every change of the set goes through this queue, one per tick of Max's low-priority thread: Live refuses changes
// inside its own notifications and inside undo, and some changes are only readable a tick later.

var RETRY_MS = 50;
var queued = [];
var queueTask = null;

/** Do `step` in a later tick, after all that was asked for before. When it fails, twice or for good, `failed` is told the
 *  error: only who asked for the step knows what that means for the performer. */
function later(step, failed) {
  queued.push({ step: step, failed: failed, isRetry: false });
  if (!queueTask) runQueueIn(0);
}

/** Do several steps in a row, before anything else that waits. */
function laterFirst(steps, failed) {
  for (var k = steps.length - 1; k >= 0; k--) queued.unshift({ step: steps[k], failed: failed, isRetry: false });
}

function runQueueIn(ms) {
  queueTask = new Task(runQueue, this);
  queueTask.schedule(ms);
}

function runQueue() {
  queueTask = null;
  var next = queued.shift();
  if (!next) return;
  var waitMs = 0;
  try {
    next.step();
  } catch (error) {
    waitMs = RETRY_MS;
    if (!next.isRetry && !error.isFinal) queued.unshift({ step: next.step, failed: next.failed, isRetry: true });
    else if (next.failed) next.failed(error);
    else post("Riffbridge: " + error.message + "\n");
  }
  if (queued.length && !queueTask) runQueueIn(waitMs);
}

/** An error that trying again cannot mend, in words for the face. */
function finalError(text) {
  var error = new Error(text);
  error.isFinal = true;
  return error;
}

// inserting.js --------------------------------------------------------------------

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

// tracks.js -----------------------------------------------------------------------

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

// warping.js ----------------------------------------------------------------------

// Beats against seconds in a clip. Live guesses a tempo when it imports a file; ours is known.

var TEMPO_ERROR = 0.005; // Live halves or doubles when it guesses wrong
var WARP_BEATS = 0;
var WARP_COMPLEX = 4;
var WARP_COMPLEX_PRO = 6;

/** Warp markers in order of time. The last is not shown in Live: it carries the tempo behind the one before it. */
function allMarks(clip) {
  return JSON.parse(value(clip, "warp_markers")).warp_markers;
}

function beatsPerSecond(one, other) {
  return (other.beat_time - one.beat_time) / (other.sample_time - one.sample_time);
}

/** The beat at a time of the file: straight between two markers, and on behind the last. */
function beatAt(marks, time) {
  var k = 1;
  while (k < marks.length - 1 && marks[k].sample_time < time) k++;
  if (marks.length < 2) return NaN;
  return marks[k - 1].beat_time + (time - marks[k - 1].sample_time) * beatsPerSecond(marks[k - 1], marks[k]);
}

/** Warp the clip as its bars lie, step by step: markers are there only a tick after warping was switched on. */
function warpSteps(request, stem, path) {
  return [
    function () { at(path).set("warping", 1); },
    function () { fixTempo(stem, at(path)); },
    function () { setWarpMode(request.part, at(path)); }
  ];
}

/** Live guesses a tempo when it imports. The stem's is known: put the markers where its bars are. */
function fixTempo(stem, clip) {
  if (!numberOf(clip, "warping")) throw new Error("warping stayed off.");
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

function setWarpMode(part, clip) {
  var modes = String(clip.get("available_warp_modes")).match(/\d+/g) || [];
  var wanted = PARTS[part] === "drums" ? [WARP_BEATS] : [WARP_COMPLEX_PRO, WARP_COMPLEX];
  for (var k = 0; k < wanted.length; k++) {
    if (modes.indexOf(String(wanted[k])) >= 0) return clip.set("warp_mode", wanted[k]);
  }
}

// playing.js ----------------------------------------------------------------------

// Launching: clips where there are clips, else the device's own player, which every Live can use.

var NOTHING_YET = "There is no variation yet. Press Generate.";

// chosen: what was fired last, or started by itself; wanted: what the parameter "Variation" says.
var playing = { chosen: 0, wanted: 0, observers: [] };

function fire(number) {
  var index = number - 1;
  var stem = stored.stems[index];
  if (!stem) return status("There is no variation " + number + " yet. Press Generate.");
  playing.chosen = index;
  if (wish.audition) return audition(number);
  var path = pathOfClip(stem);
  if (!path) return audition(number);
  stopPlayer();
  later(function () { at(path).call("fire"); }, function (error) {
    var text = "Clip " + number + " is in its slot, but did not start. Press Fire again, or launch it there.";
    status(text + " Live says: " + error.message);
  });
}

function audition(number) {
  var stem = stored.stems[number - 1];
  outlet(TO_PLAYER, "length", stem.beats, stem.seconds * 1000);
  outlet(TO_PLAYER, "play", number);
  outlet(TO_FACE, "playing", number);
  status("Auditioning " + number + " from the next bar, while Live plays.");
}

function next() {
  if (!stored.stems.length) return status(NOTHING_YET);
  fire((playing.chosen + 1) % stored.stems.length + 1);
}

function stop() {
  stopPlayer();
  eachStem(function (stem) { stopTrack(stem.track); });
}

function stopPlayer() {
  outlet(TO_PLAYER, "play", 0);
}

function stopTrack(name) {
  var track = trackNamed(name);
  if (track < 0) return;
  later(function () { at(trackPath(track)).call("stop_all_clips"); }, function (error) {
    status("'" + name + "' did not stop. Press Stop again, or stop the track itself. Live says: " + error.message);
  });
}

/** Path of the clip that holds a stem, wherever it was moved on its track; empty when it is gone. */
function pathOfClip(stem) {
  var track = trackNamed(stem.track);
  if (track < 0) return "";
  var rows = [stem.row];
  for (var row = 0; row < sceneCount(); row++) if (row !== stem.row) rows.push(row);
  for (var k = 0; k < rows.length; k++) {
    var path = slotPath(track, rows[k]) + " clip";
    var clip = at(path);
    if (exists(clip) && sameFile(String(value(clip, "file_path")), stem.path)) {
      stem.row = rows[k];
      return path;
    }
  }
  return "";
}

function sameFile(one, other) {
  return one.replace(/\\/g, "/") === other.replace(/\\/g, "/");
}

/** Show on the face what plays: Live tells when a slot of our track starts. (Nothing is changed in here.) */
function watchStems() {
  for (var k = 0; k < playing.observers.length; k++) playing.observers[k].property = "";
  playing.observers = [];
  var track = stored.stems[0] ? trackNamed(stored.stems[0].track) : -1;
  if (track < 0) return;
  var observer = new LiveAPI(slotStarted, trackPath(track));
  observer.property = "playing_slot_index";
  playing.observers.push(observer);
}

function slotStarted(told) {
  if (told[0] !== "playing_slot_index") return;
  eachStem(function (stem, index) {
    if (stem.row !== told[1]) return;
    playing.chosen = index;
    outlet(TO_FACE, "playing", index + 1);
  });
}

function reloadPlayer() {
  eachStem(function (stem, index) { outlet(TO_PLAYER, "load", index + 1, stem.path); });
}

function reveal() {
  var stem = stored.stems[playing.chosen];
  if (stem) outlet(TO_BRIDGE, "reveal", stem.path);
  else status(NOTHING_YET);
}

// memory.js -----------------------------------------------------------------------

// What is saved with the set, as one line of JSON in a parameter: the device's id, the open request and what it asked
// for, the last stems and the id of their request.

var LONGEST_STORED = 30000;
var stored = { uuid: "", pending: "", asked: null, stems: [], stemsOf: "" };
var storedText = "";

/** `stored` <text>: the patch hands over what the set holds, before or after `init`. */
function stored_text(text) {
  if (String(text) === storedText) return; // our own, on its way back
  storedText = String(text);
  if (!now.isInit) return;
  loadStored(); // Live was late
  greetBridge();
  reloadPlayer();
}

function loadStored() {
  try {
    var held = JSON.parse(decodeURIComponent(storedText));
    if (typeof held.uuid === "string" && held.stems instanceof Array) stored = held;
  } catch (error) {
    // a new device
  }
  if (!stored.uuid) {
    stored.uuid = newUuid();
    store();
  }
}

function newUuid() {
  var text = "";
  while (text.length < 16) text += Math.floor(Math.random() * 16).toString(16);
  return text;
}

function store() {
  var text = encodeURIComponent(JSON.stringify(stored)); // one symbol, without spaces
  if (text.length > LONGEST_STORED || text === storedText) return;
  storedText = text;
  outlet(TO_STORE, text);
}

/** `use(stem, index)` for the stems that are there; others of the request may be still to come. */
function eachStem(use) {
  for (var k = 0; k < stored.stems.length; k++) if (stored.stems[k]) use(stored.stems[k], k);
}

/** Keep a stem of the request under way. `place`: where its clip is (see PLACES), once there is one. */
function keepStem(stem) {
  if (stored.stemsOf !== now.request.id) stored.stems = []; // the first of a request; they may come in any order
  stored.stemsOf = now.request.id;
  for (var k = 0; k < stem.count; k++) stored.stems[k] = stored.stems[k] || null;
  if (keptOf(stem)) return; // it came before a reload
  stored.stems[stem.index] = {
    path: stem.path, beats: stem.beats, seconds: stem.seconds, seed: stem.seed, place: "", track: "", row: -1
  };
  store();
}

/** What is kept of a stem; null when a later request has taken its place. */
function keptOf(stem) {
  var kept = stored.stems[stem.index];
  return kept && kept.path === stem.path ? kept : null;
}

/** A stem has its clip, even if it is not finished yet. */
function rememberPlace(stem, place) {
  var kept = keptOf(stem);
  if (!kept) return;
  kept.place = place;
  store();
}

/** The clip in a slot is ready to be launched. */
function rememberRow(stem, trackName, row) {
  var kept = keptOf(stem);
  if (!kept) return;
  kept.track = trackName;
  kept.row = row;
  store();
  watchStems();
}

// selftest.js ---------------------------------------------------------------------

// The Self-test button: what can be found out in a real Live without changing the set, as a JSON report.

function selftest() {
  if (!now.isBridgeReady) return status(notLinked());
  if (now.phase === "grabbing" || now.phase === "asked") return status("Wait until the request is finished.");
  status("Self-test: writing a capture.");
  grabRing(reportWith);
}

function reportWith(ring) {
  var slot = at("live_set tracks 0 clip_slots 0");
  var report = {
    device: VERSION,
    live: liveVersion().join("."),
    engine: typeof Symbol === "undefined" ? "js" : "v8",
    facts: ring,
    capture: ring.path,
    head: ring.head,
    phase: now.phase,
    link_seen: now.link,
    can_insert: canInsert(),
    slot_knows_create_audio_clip: String(slot.info).indexOf("create_audio_clip") >= 0,
    tracks: trackCount(),
    scenes: sceneCount(),
    project: projectFolder(),
    stems: stored.stems.length
  };
  outlet(TO_BRIDGE, "report", JSON.stringify(report));
}
