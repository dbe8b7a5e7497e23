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
