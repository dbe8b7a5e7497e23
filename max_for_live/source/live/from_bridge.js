// What the bridge says: about itself, the line to the server, and (passed on to job.js) the request.

var RESTARTS = 3;
var RESTART_MS = 2000;
var restarts = 0;
var restartTask = null; // held, so that it is there when its time comes
var NO_BRIDGE = "The bridge script does not run. Keep all files of Riffbridge in one folder, then load the device again.";

/** One word of the bridge. */
function node(word) {
  var atoms = Array.prototype.slice.call(arguments, 1);
  var known = {
    ready: bridgeReady, newid: bridgeId, link: bridgeLink, paths: bridgePaths, reported: bridgeReported,
    accepted: jobAccepted, progress: jobProgress, stem: jobStem, done: jobDone, fail: jobFailed, cancelled: jobCancelled
  };
  if (known[word]) known[word].apply(null, atoms);
}

function greetBridge() {
  if (!now.isInit || !now.isBridgeReady) return;
  outlet(TO_BRIDGE, "hello", JSON.stringify({ uuid: stored.uuid, live: liveVersion().join("."), device: VERSION }));
  if (stored.pending) outlet(TO_BRIDGE, "resume", stored.pending);
}

function bridgeReady() {
  now.isBridgeReady = true;
  greetBridge();
}

function bridgeId(uuid) {
  if (uuid === stored.uuid) return;
  stored.uuid = uuid; // the set holds a copy of this device; the original keeps the id
  store();
}

function bridgeLink(state, text) {
  now.link = state;
  outlet(TO_FACE, "lamp", state === "up" ? 2 : state === "loading" ? 1 : 0);
  if (now.phase === "asked" && state === "down") text = "The server stopped. Press Start; this request goes on then.";
  if (now.phase !== "asked" || state !== "up") status(text);
}

function bridgePaths(captures) {
  now.captures = captures;
}

function bridgeReported(path) {
  status("Self-test written: " + path);
}

/** The process of the bridge, as node.script tells of it. */
function lifecycle(event) {
  if (event !== "terminated" && event !== "error") return;
  now.isBridgeReady = false;
  now.link = "down";
  outlet(TO_FACE, "lamp", 0);
  if (restarts >= RESTARTS) return status(NO_BRIDGE);
  restarts += 1;
  status("The bridge script stopped. Starting it again.");
  restartTask = new Task(function () { outlet(TO_BRIDGE, "script", "start"); }, this);
  restartTask.schedule(RESTART_MS);
}

/** Why nothing can be asked for now. */
function notLinked() {
  if (now.link === "loading") return "The server is loading its models. Press Generate again in a moment.";
  if (!now.isBridgeReady) return NO_BRIDGE;
  return "The server is not running. Press Start.";
}
