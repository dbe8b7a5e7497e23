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
