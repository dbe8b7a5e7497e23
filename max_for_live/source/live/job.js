// What becomes of a request: waiting, progress, stems, and one of three ends.

/** `asked`: see `whatIsAsked`; its `beats` are the context's, 0 when only the stems can tell. The rest is filled in as
 *  stems come and become clips: their place (see PLACES), the track, the first row of their slots, and why inserting
 *  ended. */
function newRequest(id, asked) {
  return {
    id: id, name: asked.name, part: asked.part, beats: asked.beats, tempo: asked.tempo, barOrigin: asked.barOrigin,
    stems: [], place: "", trackName: "", rows: null, failure: ""
  };
}

/** Whether a word of the bridge is about the request under way; the first about one of the last session takes it up. */
function isCurrent(id) {
  if (!now.request && id === stored.pending) {
    now.request = newRequest(id, stored.asked || whatIsAsked(songFacts(), 0)); // older devices did not store it
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
  if (!isCurrent(id) || hasStem(now.request, index)) return; // a bridge that was started again tells it again
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

function hasStem(request, index) {
  for (var k = 0; k < request.stems.length; k++) if (request.stems[k].index === index) return true;
  return false;
}

/** A stem without a ring lasts as long as its file, at the tempo that was asked for. */
function beatsOf(seconds) {
  return Math.round(seconds * now.request.tempo / 60 * 1000) / 1000;
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
  stored.asked = null;
  store();
  showProgress(0);
}
