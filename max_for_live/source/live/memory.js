// What is saved with the set, as one line of JSON in a parameter: the device's id, the open request and what it asked
// for, the last stems.

var LONGEST_STORED = 30000;
var stored = { uuid: "", pending: "", asked: null, stems: [] };
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

function keepStem(stem) {
  if (now.request.stems.length === 1) stored.stems = []; // the first of a request; they may come in any order
  for (var k = 0; k < stem.count; k++) stored.stems[k] = stored.stems[k] || null;
  stored.stems[stem.index] = {
    path: stem.path, beats: stem.beats, seconds: stem.seconds, seed: stem.seed, track: "", row: -1
  };
  store();
}

function rememberRow(stem, trackName, row) {
  var kept = stored.stems[stem.index];
  if (!kept || kept.path !== stem.path) return;
  kept.track = trackName;
  kept.row = row;
  store();
  watchStems();
}
