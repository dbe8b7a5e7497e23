// Joins the parts and speaks with Max. Words to and from the Live script: see the manual for developers.

const childProcess = require("child_process");
const maxApi = require("max-api");

let link = null;
let requests = null;
let uuid = "";

function tell(...atoms) {
  const sent = maxApi.outlet(...atoms);
  if (sent && sent.catch) sent.catch(() => {});
}

/** `hello` <json>: id of the device and what it runs in. May come again; only the first opens the line. */
function hello(json) {
  if (link) {
    tell("newid", uuid); // a reloaded Live script asks again
    tellPaths();
    tell("link", link.state || "down", link.text);
    return;
  }
  uuid = claimId(JSON.parse(json).uuid);
  tell("newid", uuid);
  link = new Link("live-" + uuid, (address, told) => requests.hear(address, told), linkChanged);
  requests = new Requests(link, tell);
}

function linkChanged(state, text, isNewServer) {
  tellPaths();
  tell("link", state, text);
  if (isNewServer) requests.greet();
}

function tellPaths() {
  try {
    tell("paths", captureFolder(link.server));
  } catch (error) {
    tell("link", "refused", "No folder for captures: " + error.message);
  }
}

/** `generate` <id> <json>: {pairs, ring: {path, ...note} or null, project: folder of the set or ""}. */
function generate(id, json) {
  const asked = JSON.parse(json);
  const pairs = asked.pairs;
  ["context", "reference", "init"].forEach((name) => {
    if (pairs[name]) pairs[name] = nativePath(pairs[name]);
  });
  try {
    const folder = stemFolder(nativePath(asked.project));
    if (folder) pairs.out_dir = folder;
    if (asked.ring) noteRing(asked.ring, pairs);
  } catch (error) {
    tell("fail", id, "folder-not-writable", "The note of the capture was not written: " + error.message);
    return;
  }
  requests.generate(id, pairs);
}

function noteRing(ring, pairs) {
  const wav = nativePath(ring.path);
  const note = noteBeside(wav);
  fs.writeFileSync(note, JSON.stringify(ring, null, 1));
  pairs.context = wav;
  pairs.ring = note;
  pruneCaptures(path.dirname(wav), uuid);
}

/** `start`: run the server as it was run last, on its own, so that it lives on when Live ends. */
function startServer() {
  const known = readJson(path.join(stateFolder(), "launcher.json"));
  const command = known && Array.isArray(known.command) ? known.command : ["riffbridge", "serve"];
  const options = { detached: true, stdio: "ignore", cwd: (known && known.folder) || os.homedir() };
  const child = childProcess.spawn(command[0], command.slice(1), options);
  child.on("error", () => tell("link", "down", "riffbridge was not found. Run once in a terminal: riffbridge serve"));
  child.unref();
  tell("link", "loading", "Starting the server.");
}

function reveal(file) {
  const native = nativePath(file);
  const commands = { darwin: ["open", "-R", native], win32: ["explorer", "/select," + path.win32.normalize(native)] };
  const command = commands[process.platform] || ["xdg-open", path.dirname(native)];
  childProcess.spawn(command[0], command.slice(1), { stdio: "ignore" }).on("error", () => {});
}

/** `report` <json>: the self-test of the Live script, with what only this side knows. */
function report(json) {
  const all = Object.assign(JSON.parse(json), {
    node: process.version,
    platform: process.platform + " " + os.release(),
    max_environment: process.env.MAX_ENV || "",
    server: link && link.server ? link.server.version : "",
    link: link ? link.state : "",
  });
  const file = path.join(captureFolder(link && link.server), "selftest_" + uuid + ".json");
  if (all.capture) all.capture_bytes = sizeOf(all.capture);
  fs.writeFileSync(file, JSON.stringify(all, null, 1));
  tell("reported", maxPath(file));
}

function sizeOf(file) {
  try {
    return fs.statSync(nativePath(file)).size;
  } catch (error) {
    return -1;
  }
}

/** Nothing that goes wrong in one message may end the process: that would be silence for the rest of the set. */
function guarded(name, handler) {
  maxApi.addHandler(name, (...atoms) => {
    try {
      handler(...atoms);
    } catch (error) {
      tell("fail", "", "internal", "The bridge could not do '" + name + "': " + error.message);
    }
  });
}

guarded("hello", hello);
guarded("generate", generate);
guarded("resume", (id) => requests.generate(String(id), null));
guarded("cancel", (id) => requests.cancel(String(id)));
guarded("start", startServer);
guarded("reveal", reveal);
guarded("report", report);
tell("ready", RIFF.major + "." + RIFF.minor);
