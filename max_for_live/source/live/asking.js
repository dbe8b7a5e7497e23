// From the button to the bridge: say what is wanted, in the words of the protocol.

var SEEDS = 10000; // what the number box shows without rounding; variation k uses seed + k

function generate() {
  if (now.phase === "grabbing") return;
  if (now.link !== "up") return status(notLinked());
  drawSeed();
  if (SOURCES[wish.source] === "ring") grabRing(function (ring) { ask({}, ring); });
  else if (SOURCES[wish.source] === "clip") askAbout(clipContext());
  else askAbout(dropContext());
}

/** Make the variation that plays (or is chosen) anew, near to it or far from it, over the same bars. */
function vary() {
  var stem = stored.stems[playing.chosen];
  if (now.link !== "up") return status(notLinked());
  if (!stem || !now.lastContext) return status("Generate first, then vary what plays.");
  drawSeed();
  var extra = { init: stem.path, strength: wish.strength / 100 };
  for (var name in now.lastContext.extra) extra[name] = now.lastContext.extra[name];
  ask(extra, now.lastContext.ring);
}

function drawSeed() {
  if (wish.seedLock) return;
  wish.seed = Math.floor(Math.random() * SEEDS);
  outlet(TO_FACE, "seed", wish.seed);
}

function askAbout(context) {
  if (context.problem) status(context.problem);
  else ask(context, null);
}

/** Send a request. `extra`: pairs, and `beats` where the context's length is known; `ring`: the note of a capture.
 *  The context is kept for Vary. */
function ask(extra, ring) {
  var facts = ring || songFacts();
  var asked = whatIsAsked(facts, extra.beats || 0);
  var request = newRequest(newRequestId(), asked);
  var pairs = pairsOf(facts, request.name);
  for (var name in extra) if (name !== "beats") pairs[name] = extra[name];
  now.lastContext = { ring: ring, extra: contextOf(extra) };
  now.request = request;
  now.phase = "asked";
  stored.pending = request.id;
  stored.asked = asked;
  store();
  showProgress(0);
  status("Asking for " + pairs.variations + " x " + request.name + ".");
  outlet(TO_BRIDGE, "generate", request.id, JSON.stringify({ pairs: pairs, ring: ring, project: projectFolder() }));
}

/** What must be known of a request when its stems come: by then the face and the set may say something else. */
function whatIsAsked(facts, beats) {
  return { name: partName(), part: wish.part, beats: beats, tempo: facts.tempo, barOrigin: facts.bar_origin };
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

function cancel() {
  if (now.phase === "asked") outlet(TO_BRIDGE, "cancel", now.request.id);
}
