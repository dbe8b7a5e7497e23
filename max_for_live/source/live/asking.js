// From the button to the bridge: capture what was played, say what is wanted, follow the job.

var CAPTURE_LIMIT_MS = 10000;
var SEEDS = 10000; // what the number box shows without rounding; variation k uses seed + k

function generate() {
  if (now.phase === "grabbing") return;
  if (now.link !== "up") return status(notLinked());
  if (!wish.seedLock) newSeed();
  if (SOURCES[wish.source] === "ring") grabRing(function (ring) { ask({}, ring); });
  else if (SOURCES[wish.source] === "clip") askAbout(clipContext());
  else askAbout(dropContext());
}

function notLinked() {
  if (now.link === "loading") return "The server is loading its models. Press Generate again in a moment.";
  if (!now.isBridgeReady) return NO_BRIDGE;
  return "The server is not running. Press Start.";
}

function newSeed() {
  wish.seed = Math.floor(Math.random() * SEEDS);
  outlet(TO_FACE, "seed", wish.seed);
}

function askAbout(context) {
  if (context.text) status(context.text);
  else ask(context, null);
}

/** Write the ring to a file; `then` gets its note. */
function grabRing(then) {
  now.phase = "grabbing";
  now.head = -1;
  now.afterGrab = then;
  now.capture = now.captures + "/ring_" + stored.uuid + "_" + new Date().getTime() + ".wav";
  status("Taking the last " + BARS[wish.bars] + " bars.");
  outlet(TO_RING, "grab", now.capture);
  now.deadline = new Task(captureLate, this);
  now.deadline.schedule(CAPTURE_LIMIT_MS);
}

function captureLate() {
  if (now.phase !== "grabbing") return;
  now.phase = "idle";
  outlet(TO_RING, "record", 1);
  status("The capture was not written. Switch Live's audio on and check the disk, then try again.");
}

/** `head` 0..1: where in the ring the recorder stood. */
function head(fraction) {
  now.head = fraction;
}

/** `written`: the ring lies on the disk. */
function written() {
  if (now.phase !== "grabbing") return;
  now.deadline.cancel();
  now.phase = "idle";
  var note = songFacts();
  note.path = now.capture;
  note.bars = BARS[wish.bars];
  note.nudge_ms = wish.nudge;
  note.head = now.head;
  note.roles = ["left", "right", "beat phase", "beat number / 65536"];
  now.afterGrab(note);
}

/** The file behind the clip that the detail view shows, in its own frames. */
function clipContext() {
  var clip = at("live_set view detail_clip");
  if (!exists(clip) || !Number(value(clip, "is_audio_clip"))) return { text: "Select an audio clip first." };
  var span = clipSpan(clip);
  if (!span) return { text: "This clip's warping is not straight: choose Last bars, or consolidate the clip." };
  var rate = Number(value(clip, "sample_rate"));
  var start = Math.max(0, Math.round(span.start * rate));
  var frames = Math.min(Math.round(span.end * rate), Number(value(clip, "sample_length"))) - start;
  return { context: String(value(clip, "file_path")), context_start: start, context_frames: frames, beats: span.beats };
}

/** Start and end of the clip in seconds of its file, and its beats; null when its tempo wanders. */
function clipSpan(clip) {
  var start = Number(value(clip, "loop_start"));
  var end = Number(value(clip, "loop_end"));
  if (!Number(value(clip, "warping"))) {
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
  return { text: "Drop an audio file on 'Context' first, or choose Last bars." };
}

/** Send a request. `extra` are pairs, `ring` the note of a capture; the context is kept for Vary. */
function ask(extra, ring) {
  var facts = ring || songFacts();
  var request = { id: newRequestId(), name: partName(), facts: facts, beats: extra.beats || 0, stems: [], rows: null };
  var pairs = pairsOf(facts, request.name);
  for (var name in extra) if (name !== "beats") pairs[name] = extra[name];
  now.lastContext = { ring: ring, extra: contextOf(extra) };
  now.request = request;
  now.phase = "asked";
  stored.pending = request.id;
  store();
  showProgress(0);
  status("Asking for " + pairs.variations + " x " + request.name + ".");
  outlet(TO_BRIDGE, "generate", request.id, JSON.stringify({ pairs: pairs, ring: ring, project: projectFolder() }));
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

/** Make the variation that plays (or is chosen) anew, near to it or far from it, over the same bars. */
function vary() {
  var stem = stored.stems[playing.chosen];
  if (now.link !== "up") return status(notLinked());
  if (!stem || !now.lastContext) return status("Generate first, then vary what plays.");
  if (!wish.seedLock) newSeed();
  var extra = { init: stem.path, strength: wish.strength / 100 };
  for (var name in now.lastContext.extra) extra[name] = now.lastContext.extra[name];
  ask(extra, now.lastContext.ring);
}

function cancel() {
  if (now.phase === "asked") outlet(TO_BRIDGE, "cancel", now.request.id);
}

function isCurrent(id) {
  if (!now.request && id === stored.pending) {
    now.request = { id: id, name: partName(), facts: songFacts(), beats: 0, stems: [], rows: null }; // of the last session
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
  if (!isCurrent(id)) return;
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

/** A stem without a ring lasts as long as its file, at the tempo of the set. */
function beatsOf(seconds) {
  return Math.round(seconds * now.request.facts.tempo / 60 * 1000) / 1000;
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
  store();
  showProgress(0);
}
