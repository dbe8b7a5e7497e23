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
