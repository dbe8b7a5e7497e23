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
