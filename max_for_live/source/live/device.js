// The Live side of the device: what is asked for, what happens, what Live is told. ES5, for Max's `js` and `v8` alike.
// Nothing here touches the network (the bridge does) or audio (the patch does).

autowatch = 0;
inlets = 1;
outlets = 5;

var TO_BRIDGE = 0;
var TO_FACE = 1;
var TO_RING = 2;
var TO_PLAYER = 3;
var TO_STORE = 4;

var VERSION = "1.0";
var PARTS = ["", "drums", "bass", "piano", "electric piano", "organ", "guitar", "strings", "brass", "winds",
  "mallets", "pad", "lead"]; // the first: as the prompt says
var BARS = [1, 2, 4, 8, 16];
var STEPS = [2, 0, 12]; // Draft, Normal (the pack's), Fine
var SOURCES = ["ring", "clip", "drop"];
var PLACES = ["session", "arrangement", "lanes", "preview"];

// What the performer has set; every control of the face writes one of these.
var wish = {
  prompt: "", part: 2, bars: 2, variations: 2, influence: 50, strength: 50, quality: 1, loop: 1,
  seed: 0, seedLock: 0, source: 0, place: 0, nudge: 0, audition: 0, context: "", style: ""
};

// What is going on. phase: idle, grabbing, asked (sent, generating), ready.
var now = {
  isInit: false, isBridgeReady: false, phase: "idle", link: "down", captures: "", head: -1,
  request: null, inserting: null, lastContext: null, deadline: null, restarts: 0
};

function status(text) {
  outlet(TO_FACE, "status", oneLine(text));
  if (text.length > LINE) post(text + "\n");
}

var LINE = 100; // characters that fit on the face

function oneLine(text) {
  var flat = String(text).replace(/\s+/g, " ");
  if (flat.length <= LINE) return flat;
  return flat.slice(0, flat.lastIndexOf(" ", LINE - 1)) + "\u2026";
}

function showProgress(fraction) {
  outlet(TO_FACE, "progress", fraction);
}

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

function greetBridge() {
  if (!now.isInit || !now.isBridgeReady) return;
  outlet(TO_BRIDGE, "hello", JSON.stringify({ uuid: stored.uuid, live: liveVersion().join("."), device: VERSION }));
  if (stored.pending) outlet(TO_BRIDGE, "resume", stored.pending);
}

/** Words of the bridge. */
function node(word) {
  var atoms = Array.prototype.slice.call(arguments, 1);
  var known = {
    ready: bridgeReady, newid: bridgeId, link: bridgeLink, paths: bridgePaths, reported: bridgeReported,
    accepted: jobAccepted, progress: jobProgress, stem: jobStem, done: jobDone, fail: jobFailed, cancelled: jobCancelled
  };
  if (known[word]) known[word].apply(null, atoms);
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

var RESTARTS = 3;
var RESTART_MS = 2000;

/** The process of the bridge, as node.script tells of it. */
function lifecycle(event) {
  if (event !== "terminated" && event !== "error") return;
  now.isBridgeReady = false;
  now.link = "down";
  outlet(TO_FACE, "lamp", 0);
  if (now.restarts >= RESTARTS) return status(NO_BRIDGE);
  now.restarts += 1;
  status("The bridge script stopped. Starting it again.");
  now.restart = new Task(function () { outlet(TO_BRIDGE, "script", "start"); }, this);
  now.restart.schedule(RESTART_MS);
}

var NO_BRIDGE = "The bridge script does not run. Keep all files of Riffbridge in one folder, then load the device again.";
