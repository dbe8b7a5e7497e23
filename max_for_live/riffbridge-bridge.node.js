// Made by `python -m max_for_live.build_device` from the files in source/bridge; change those instead.
"use strict";

const RIFF = {"major":1,"minor":1,"messages":{"/riff/hello":{"sender":"client","acked":false,"pairs":false,"types":"siiis","arguments":["client_name","major","minor","reply_port","token"]},"/riff/generate":{"sender":"client","acked":false,"pairs":true,"types":"s","arguments":["request_id"]},"/riff/cancel":{"sender":"client","acked":false,"pairs":false,"types":"s","arguments":["request_id"]},"/riff/query":{"sender":"client","acked":false,"pairs":false,"types":"s","arguments":["request_id"]},"/riff/ack":{"sender":"client","acked":false,"pairs":false,"types":"si","arguments":["request_id","sequence"]},"/riff/status":{"sender":"client","acked":false,"pairs":false,"types":"","arguments":[]},"/riff/ping":{"sender":"client","acked":false,"pairs":false,"types":"i","arguments":["number"]},"/riff/quit":{"sender":"client","acked":false,"pairs":false,"types":"s","arguments":["token"]},"/riff/welcome":{"sender":"server","acked":false,"pairs":false,"types":"iissssiifi","arguments":["major","minor","version","boot_id","pack","device","ready","queue_length","lease_s","granted"]},"/riff/accepted":{"sender":"server","acked":false,"pairs":false,"types":"sif","arguments":["request_id","position","estimate_s"]},"/riff/refused":{"sender":"server","acked":false,"pairs":false,"types":"ssss","arguments":["request_id","code","message","hint"]},"/riff/progress":{"sender":"server","acked":false,"pairs":false,"types":"sifsf","arguments":["request_id","sequence","fraction","stage","eta_s"]},"/riff/stem":{"sender":"server","acked":true,"pairs":false,"types":"siiisiii","arguments":["request_id","sequence","index","count","path","frames","sample_rate","seed"]},"/riff/part":{"sender":"server","acked":true,"pairs":false,"types":"siiisiiii","arguments":["request_id","sequence","index","part","path","start","frames","stem_frames","sample_rate"]},"/riff/done":{"sender":"server","acked":true,"pairs":false,"types":"siifs","arguments":["request_id","sequence","count","elapsed_s","device"]},"/riff/failed":{"sender":"server","acked":true,"pairs":false,"types":"sisss","arguments":["request_id","sequence","code","message","hint"]},"/riff/cancelled":{"sender":"server","acked":true,"pairs":false,"types":"si","arguments":["request_id","sequence"]},"/riff/heartbeat":{"sender":"server","acked":false,"pairs":false,"types":"siis","arguments":["boot_id","uptime_s","queue_length","running_request_id"]},"/riff/status.reply":{"sender":"server","acked":false,"pairs":false,"types":"s","arguments":["json"]},"/riff/pong":{"sender":"server","acked":false,"pairs":false,"types":"i","arguments":["number"]}},"pairs":{"context":{"type":"s"},"context_start":{"type":"i"},"context_frames":{"type":"i"},"ring":{"type":"s"},"length_frames":{"type":"i"},"out_dir":{"type":"s"},"name":{"type":"s"},"prompt":{"type":"s"},"reference":{"type":"s"},"blend":{"type":"f"},"prompt_to":{"type":"s"},"prompt_position":{"type":"f"},"tempo":{"type":"f"},"beats_per_bar":{"type":"i"},"beat_unit":{"type":"i"},"grid":{"type":"s"},"variations":{"type":"i"},"seed":{"type":"i"},"steps":{"type":"i"},"guidance":{"type":"f"},"prompt_guidance":{"type":"f"},"init":{"type":"s"},"strength":{"type":"f"},"redo_start":{"type":"i"},"redo_frames":{"type":"i"},"loop":{"type":"i"},"sample_rate":{"type":"i"},"format":{"type":"s"},"channels":{"type":"i"},"loudness":{"type":"s"},"stream":{"type":"i"},"lane":{"type":"s"},"expires_ms":{"type":"i"}}};

// osc.js --------------------------------------------------------------------------

// OSC 1.0 on the wire: what riff/1 needs of it. Numbers are big-endian, strings end in zeros and fill up to 4 bytes.

const LONGEST_DATAGRAM = 8000; // the server reads no more

function oscString(text) {
  const bytes = Buffer.from(text, "utf8");
  return Buffer.concat([bytes, Buffer.alloc(4 - (bytes.length % 4))]);
}

function oscNumber(kind, value) {
  const bytes = Buffer.alloc(4);
  if (kind === "i") bytes.writeInt32BE(Math.round(value), 0);
  else bytes.writeFloatBE(value, 0);
  return bytes;
}

/** One message as bytes. `types` has a letter (i, f or s) for each value. */
function encodeMessage(address, types, values) {
  const parts = values.map((value, k) => (types[k] === "s" ? oscString(String(value)) : oscNumber(types[k], value)));
  return Buffer.concat([oscString(address), oscString("," + types)].concat(parts));
}

/** The messages in a datagram as {address, values}; throws on anything malformed. */
function decodePacket(bytes) {
  const reader = { bytes, at: 0 };
  const first = readString(reader);
  if (first !== "#bundle") return [readMessage(reader, first)];
  reader.at += 8; // the time tag; everything is for now
  const found = [];
  while (reader.at < bytes.length) {
    const size = readBytes(reader, 4).readInt32BE(0);
    if (size <= 0 || size % 4) throw new Error("bundle element of " + size + " bytes");
    found.push.apply(found, decodePacket(readBytes(reader, size)));
  }
  return found;
}

function readMessage(reader, address) {
  const types = readString(reader);
  if (address[0] !== "/" || types[0] !== ",") throw new Error("not an OSC message");
  return { address, values: types.slice(1).split("").map((kind) => readValue(reader, kind)) };
}

function readValue(reader, kind) {
  if (kind === "s") return readString(reader);
  if (kind === "i") return readBytes(reader, 4).readInt32BE(0);
  if (kind === "f") return readBytes(reader, 4).readFloatBE(0);
  throw new Error("type " + kind); // the server sends no other
}

function readBytes(reader, count) {
  if (reader.at + count > reader.bytes.length) throw new Error("cut off");
  reader.at += count;
  return reader.bytes.slice(reader.at - count, reader.at);
}

function readString(reader) {
  const end = reader.bytes.indexOf(0, reader.at);
  if (end < 0) throw new Error("string without end");
  const text = reader.bytes.toString("utf8", reader.at, end);
  readBytes(reader, (end - reader.at + 4) & ~3);
  return text;
}

// places.js -----------------------------------------------------------------------

// Folders and files: where the server announces itself, where captures go, whose id this is.

const crypto = require("crypto");
const fs = require("fs");
const os = require("os");
const path = require("path");

const CAPTURES_KEPT = 8; // a minute of ring is 49 MB

/** The server's state folder on this system (the same rule as platformdirs). */
function stateFolder() {
  if (process.env.RIFFBRIDGE_STATE) return process.env.RIFFBRIDGE_STATE;
  const home = os.homedir();
  if (process.platform === "darwin") return path.join(home, "Library", "Application Support", "riffbridge");
  if (process.platform === "win32") return path.join(process.env.LOCALAPPDATA || home, "riffbridge");
  return path.join(process.env.XDG_STATE_HOME || path.join(home, ".local", "state"), "riffbridge");
}

function readJson(file) {
  try {
    return JSON.parse(fs.readFileSync(file, "utf8"));
  } catch (error) {
    return null;
  }
}

/** What state.json says, null when there is no server or its process is gone. */
function findServer() {
  const found = readJson(path.join(stateFolder(), "state.json"));
  return found && typeof found.port === "number" && isAlive(found.pid) ? found : null;
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}

/** Max writes "Macintosh HD:/Users/..." on a Mac; everybody else wants "/Users/...". */
function nativePath(text) {
  const mac = process.platform === "darwin" && /^[^/]+:(\/.*)$/.exec(text);
  return mac ? mac[1] : text;
}

/** How Max wants it, on every system. */
function maxPath(file) {
  return file.split(path.sep).join("/");
}

/** The JSON that belongs to a WAV: what a ring holds, how a stem was made. */
function noteBeside(wav) {
  return wav.replace(/\.wav$/, ".json");
}

/** Where rings are written; made if it is not there. */
function captureFolder(server) {
  const exchange = server ? server.exchange_folder : path.join(os.homedir(), "Music", "Riffbridge");
  const folder = path.join(exchange, "Captures");
  fs.mkdirSync(folder, { recursive: true });
  return maxPath(folder);
}

/** Remove all but the newest captures of this device; never another's. */
function pruneCaptures(folder, uuid) {
  const own = fs.readdirSync(folder).filter((name) => name.indexOf("ring_" + uuid + "_") === 0);
  const captureOf = (name) => name.replace(/\.(wav|json)$/, "");
  const captures = Array.from(new Set(own.map(captureOf))).sort(); // their names end in the time
  const kept = new Set(captures.slice(-CAPTURES_KEPT));
  own.filter((name) => !kept.has(captureOf(name))).forEach((name) => {
    fs.unlinkSync(path.join(folder, name));
  });
}

/** Stems of a saved set go into its project, so that "Collect All and Save" finds them; else where the server likes. */
function stemFolder(project) {
  if (!project) return null;
  const today = new Date();
  const two = (number) => (number < 10 ? "0" : "") + number;
  const day = [today.getFullYear(), two(today.getMonth() + 1), two(today.getDate())].join("-");
  return path.join(project, "Samples", "Generated", "Riffbridge", day);
}

/** Make `uuid` ours; a copied device brings the id of its original, and then a new one is returned. */
function claimId(uuid) {
  const folder = path.join(stateFolder(), "live");
  try {
    fs.mkdirSync(folder, { recursive: true });
    const file = path.join(folder, uuid + ".json");
    const owner = readJson(file);
    if (owner && owner.pid !== process.pid && isAlive(owner.pid)) return claimId(newId());
    fs.writeFileSync(file, JSON.stringify({ pid: process.pid }));
    process.on("exit", () => {
      try {
        fs.unlinkSync(file);
      } catch (error) {
        // gone already
      }
    });
  } catch (error) {
    // A folder that cannot be written only costs the guard against copies.
  }
  return uuid;
}

function newId() {
  return crypto.randomBytes(8).toString("hex");
}

// link.js -------------------------------------------------------------------------

// The line to the server: find it, greet it, notice when it is gone or another, never give up.

const dgram = require("dgram");

const LOOK_MS = 250; // how often everything here is looked at
const SEARCH_MS = 1000; // between hellos while there is no answer
const RENEW_MS = 5000; // a third of the lease
const GONE_MS = 4000; // four missed heartbeats

class Link {
  /** `onMessage(address, told)` for everything but greetings, `onState(state, text, isNewServer)` for changes. */
  constructor(clientName, onMessage, onState) {
    this.clientName = clientName;
    this.onMessage = onMessage;
    this.onState = onState;
    this.server = null; // what state.json said
    this.bootId = "";
    this.state = ""; // down, refused, loading or up
    this.text = ""; // why, for the face
    this.heardMs = 0;
    this.greetedMs = 0;
    this.socket = dgram.createSocket("udp4");
    this.socket.on("message", (bytes, from) => this.receive(bytes, from));
    this.socket.on("error", () => {}); // a closed port on the other side; the heartbeat tells
    this.socket.bind(0, "127.0.0.1", () => this.look());
    this.timer = setInterval(() => this.look(), LOOK_MS);
  }

  get isUp() {
    return this.state === "up" || this.state === "loading";
  }

  send(address, values, types) {
    if (!this.server) return;
    const bytes = encodeMessage(address, types || RIFF.messages[address].types, values);
    if (bytes.length > LONGEST_DATAGRAM) throw new Error("Too long for one message: shorten the prompt or the paths.");
    this.socket.send(bytes, this.server.port, this.server.host);
  }

  look() {
    const now = Date.now();
    if (this.isUp && now - this.heardMs > GONE_MS) this.enter("down", "The server stopped. Press Start.");
    const wait = this.state === "up" ? RENEW_MS : SEARCH_MS;
    if (now - this.greetedMs < wait) return;
    this.greetedMs = now;
    if (!this.isUp) this.server = findServer();
    if (!this.server) this.enter("down", "The server is not running. Press Start.");
    else this.hello();
  }

  hello() {
    this.send("/riff/hello", [this.clientName, RIFF.major, RIFF.minor, 0, this.server.token]);
  }

  receive(bytes, from) {
    if (!this.server || from.port !== this.server.port) return;
    let messages;
    try {
      messages = decodePacket(bytes);
    } catch (error) {
      return; // not ours to answer
    }
    this.heardMs = Date.now();
    messages.forEach((message) => this.handle(message.address, message.values));
  }

  handle(address, values) {
    const row = RIFF.messages[address];
    if (!row || row.sender !== "server" || values.length < row.types.length) return;
    if (address === "/riff/welcome") this.welcome(named(address, values));
    else if (address === "/riff/heartbeat") this.beat(values[0]);
    else if (address === "/riff/refused" && !values[0]) this.scold(named(address, values));
    else this.onMessage(address, named(address, values));
  }

  welcome(told) {
    const isNew = told.boot_id !== this.bootId || !this.isUp;
    this.bootId = told.boot_id;
    if (!told.granted) this.enter("refused", "The server did not take our token. Restart it.");
    else if (!told.ready) this.enter("loading", "The server is loading its models.", isNew);
    else this.enter("up", "Ready: " + told.pack + " on " + told.device + ".", isNew);
  }

  beat(bootId) {
    if (this.isUp && bootId !== this.bootId) this.hello();
  }

  scold(told) {
    if (told.code === "version-mismatch" || told.code === "not-authorised") {
      this.enter("refused", told.message + " " + told.hint);
    }
  }

  enter(state, text, isNewServer) {
    if (state === this.state && !isNewServer) return;
    this.state = state;
    this.text = text;
    this.onState(state, text, Boolean(isNewServer));
  }

  close() {
    clearInterval(this.timer);
    this.socket.close();
  }
}

/** Values of a message by the names that the protocol gives them. */
function named(address, values) {
  const told = {};
  RIFF.messages[address].arguments.forEach((name, k) => {
    told[name] = values[k];
  });
  return told;
}

// requests.js ---------------------------------------------------------------------

// Requests: sent until answered, asked about after a restart, every stem told once.

const RESEND_MS = [100, 200, 400, 800, 1600, 1600, 1600, 1600];
const ASK_MS = 500; // between questions about stems that got lost on the way

class Requests {
  /** `tell(word, ...atoms)` speaks to the Live script. */
  constructor(link, tell) {
    this.link = link;
    this.tell = tell;
    this.open = new Map();
  }

  /** Ask for stems. The same id again changes nothing. `pairs` null: for those that an earlier session asked for. */
  generate(id, pairs) {
    if (this.open.has(id)) return;
    const request = {
      id, pairs, timer: null,
      wasSent: false, // to a server that may have it still
      isAnswered: false,
      isCancelled: false,
      fraction: -1, // of the newest progress
      stems: new Set(), // the indices told
      count: -1, // of all stems, once the server is done
    };
    this.open.set(id, request);
    this.post(request);
  }

  cancel(id) {
    const request = this.open.get(id);
    if (!request) return;
    request.isCancelled = true;
    request.isAnswered = false;
    if (this.link.isUp) this.post(request);
    else this.end(request, "cancelled");
  }

  /** A server answered hello: what is open is asked about, whatever it was before. */
  greet() {
    this.open.forEach((request) => {
      request.isAnswered = false;
      this.post(request, request.wasSent);
    });
  }

  /** Send it, and again until it is answered. `asksOnly`: ask about it, as the server may know it. */
  post(request, asksOnly = false, tries = 0) {
    clearTimeout(request.timer);
    if (!this.link.isUp) return; // `greet` comes back to it
    try {
      this.sendOnce(request, asksOnly || tries >= RESEND_MS.length);
    } catch (error) {
      this.end(request, "fail", "bad-arguments", error.message);
      return;
    }
    const wait = RESEND_MS[Math.min(tries, RESEND_MS.length - 1)];
    request.timer = setTimeout(() => {
      if (!request.isAnswered) this.post(request, asksOnly, tries + 1);
    }, wait);
  }

  sendOnce(request, asksOnly) {
    if (request.isCancelled) this.link.send("/riff/cancel", [request.id]);
    else if (asksOnly || !request.pairs) this.link.send("/riff/query", [request.id]);
    else this.sendGenerate(request);
  }

  sendGenerate(request) {
    const names = Object.keys(request.pairs);
    const unknown = names.filter((name) => !RIFF.pairs[name]);
    if (unknown.length) throw new Error("Device and bridge are of different versions: " + unknown.join(", ") + ".");
    const types = names.map((name) => "s" + RIFF.pairs[name].type).join("");
    const values = [].concat.apply([request.id], names.map((name) => [name, request.pairs[name]]));
    request.wasSent = true;
    this.link.send("/riff/generate", values, "s" + types);
  }

  /** A message of the server about some request: the method of its name below takes it, if there is one. */
  hear(address, told) {
    if (RIFF.messages[address].acked) this.link.send("/riff/ack", [told.request_id, told.sequence]);
    const request = this.open.get(told.request_id);
    const handler = this[address.replace("/riff/", "")];
    if (request && handler) handler.call(this, request, told);
  }

  answered(request) {
    if (!request.isCancelled) request.isAnswered = true;
  }

  accepted(request, told) {
    this.answered(request);
    if (request.fraction < 0) this.tell("accepted", request.id, told.position, told.estimate_s);
  }

  progress(request, told) {
    this.answered(request);
    if (told.fraction < request.fraction || request.isCancelled) return;
    request.fraction = told.fraction;
    this.tell("progress", request.id, told.fraction, told.stage, told.eta_s);
  }

  stem(request, told) {
    this.answered(request);
    if (request.stems.has(told.index)) return;
    request.stems.add(told.index);
    this.tell("stem", request.id, told.index, told.count, told.path, JSON.stringify(aboutStem(told)));
    this.finishIfComplete(request);
  }

  done(request, told) {
    this.answered(request);
    request.count = told.count;
    if (!this.finishIfComplete(request)) {
      clearTimeout(request.timer);
      request.timer = setTimeout(() => {
        if (this.open.has(request.id)) this.link.send("/riff/query", [request.id]);
      }, ASK_MS);
    }
  }

  finishIfComplete(request) {
    const isComplete = request.count >= 0 && request.stems.size >= request.count;
    if (isComplete) this.end(request, "done", request.count);
    return isComplete;
  }

  failed(request, told) {
    this.end(request, "fail", told.code, told.message + " " + told.hint);
  }

  refused(request, told) {
    if (told.code === "rate-limited") return; // the resend comes anyway, and later
    if (told.code === "unknown-request" && request.pairs && !request.isCancelled) {
      request.isAnswered = false;
      this.post(request); // the server died before it had written the job down
    } else if (told.code === "unknown-request" && request.isCancelled) this.end(request, "cancelled");
    else this.failed(request, told);
  }

  cancelled(request) {
    this.end(request, "cancelled");
  }

  end(request, word, ...atoms) {
    clearTimeout(request.timer);
    request.isAnswered = true;
    this.open.delete(request.id);
    this.tell(word, request.id, ...atoms);
  }
}

/** What the Live script needs to know of a stem; of a cut ring the server has written it into the recipe. */
function aboutStem(told) {
  const recipe = readJson(noteBeside(told.path)) || {};
  const about = { frames: told.frames, sample_rate: told.sample_rate, seed: told.seed };
  if (recipe.cut) about.cut = recipe.cut;
  if (recipe.context) about.context_rate = recipe.context.sample_rate;
  return about;
}

// main.js -------------------------------------------------------------------------

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
