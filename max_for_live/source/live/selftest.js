// The Self-test button: what can be found out in a real Live without changing the set, as a JSON report.

function selftest() {
  if (!now.isBridgeReady) return status(notLinked());
  if (now.phase === "grabbing" || now.phase === "asked") return status("Wait until the request is finished.");
  status("Self-test: writing a capture.");
  grabRing(reportWith);
}

function reportWith(ring) {
  var slot = at("live_set tracks 0 clip_slots 0");
  var report = {
    device: VERSION,
    live: liveVersion().join("."),
    engine: typeof Symbol === "undefined" ? "js" : "v8",
    facts: ring,
    capture: ring.path,
    head: ring.head,
    phase: now.phase,
    link_seen: now.link,
    can_insert: canInsert(),
    slot_knows_create_audio_clip: String(slot.info).indexOf("create_audio_clip") >= 0,
    tracks: trackCount(),
    scenes: sceneCount(),
    project: projectFolder(),
    stems: stored.stems.length
  };
  outlet(TO_BRIDGE, "report", JSON.stringify(report));
}
