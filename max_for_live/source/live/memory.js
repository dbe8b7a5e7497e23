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
