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
