// Launching: clips where there are clips, else the device's own player, which every Live can use.

var playing = { chosen: 0, wanted: 0, observers: [] };

function fire(number) {
  var index = number - 1;
  var stem = stored.stems[index];
  if (!stem) return status("There is no variation " + number + " yet. Press Generate.");
  playing.chosen = index;
  if (wish.audition) return audition(number);
  var path = pathOfClip(stem);
  if (!path) return audition(number);
  outlet(TO_PLAYER, "play", 0);
  later(function () { at(path).call("fire"); });
}

function audition(number) {
  outlet(TO_PLAYER, "length", stored.stems[number - 1].beats, stored.stems[number - 1].seconds * 1000);
  outlet(TO_PLAYER, "play", number);
  outlet(TO_FACE, "playing", number);
  status("Auditioning " + number + " from the next bar, while Live plays.");
}

function next() {
  if (!stored.stems.length) return status("There is no variation yet. Press Generate.");
  fire((playing.chosen + 1) % stored.stems.length + 1);
}

function stop() {
  outlet(TO_PLAYER, "play", 0);
  for (var k = 0; k < stored.stems.length; k++) if (stored.stems[k]) stopTrack(stored.stems[k].track);
}

function stopTrack(name) {
  var number = name ? trackNamed(name) : -1;
  if (number >= 0) later(function () { at("live_set tracks " + number).call("stop_all_clips"); });
}

/** Path of the clip that holds a stem, wherever it was moved on its track; empty when it is gone. */
function pathOfClip(stem) {
  var track = stem.track ? trackNamed(stem.track) : -1;
  if (track < 0) return "";
  var rows = [stem.row];
  for (var row = 0; row < sceneCount(); row++) if (row !== stem.row) rows.push(row);
  for (var k = 0; k < rows.length; k++) {
    var path = "live_set tracks " + track + " clip_slots " + rows[k] + " clip";
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
  var name = stored.stems[0] ? stored.stems[0].track : "";
  var number = name ? trackNamed(name) : -1;
  if (number < 0) return;
  var observer = new LiveAPI(slotStarted, "live_set tracks " + number);
  observer.property = "playing_slot_index";
  playing.observers.push(observer);
}

function slotStarted(told) {
  if (told[0] !== "playing_slot_index") return;
  for (var k = 0; k < stored.stems.length; k++) {
    if (stored.stems[k] && stored.stems[k].row === told[1]) {
      playing.chosen = k;
      outlet(TO_FACE, "playing", k + 1);
    }
  }
}

function reloadPlayer() {
  for (var k = 0; k < stored.stems.length; k++) {
    if (stored.stems[k]) outlet(TO_PLAYER, "load", k + 1, stored.stems[k].path);
  }
}

function reveal() {
  var stem = stored.stems[playing.chosen];
  if (stem) outlet(TO_BRIDGE, "reveal", stem.path);
  else status("There is no variation yet. Press Generate.");
}
