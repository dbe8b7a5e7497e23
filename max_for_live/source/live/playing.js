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
