// A small interpreter of the message objects that the device uses: it loads the built .amxd, runs both scripts joined as
// wired, and lets a test press buttons. Signals are not computed; a ring comes from a file that the test made.
"use strict";

const childProcess = require("child_process");
const fs = require("fs");
const path = require("path");
const vm = require("vm");

const { liveApiOf } = require("./double_live.js");

/** The patcher inside a device file, read as Max reads it: chunk by chunk, lengths little-endian. */
function readDevice(file) {
  const bytes = fs.readFileSync(file);
  for (let at = 0; at < bytes.length; ) {
    const length = bytes.readUInt32LE(at + 4);
    if (at + 8 + length > bytes.length) throw new Error("device file exceeds its size");
    const payload = bytes.slice(at + 8, at + 8 + length);
    if (bytes.toString("latin1", at, at + 4) === "ptch") return JSON.parse(payload.toString("utf8").replace(/\0$/, "")).patcher;
    at += 8 + length;
  }
  throw new Error("no patcher in " + file);
}

function atomOf(word) {
  return /^-?(\d+\.?\d*|\.\d+)$/.test(word) ? Number(word) : word;
}

function atomsOf(text) {
  return text.split(/\s+/).filter(Boolean).map(atomOf);
}

class Device {
  /** `options`: file, live (DoubleLive), bridge ("process" or "recorded"), env, ring ({file, head}), saved. */
  constructor(options) {
    Object.assign(this, { faults: [], posts: [], heard: [], told: [], signals: [], sounds: {}, says: {}, isRemoved: false }, options);
    this.folder = path.dirname(options.file);
    this.gate = { isOpen: false };
    this.boxes = new Map();
    this.cords = new Map();
    this.names = new Map();
    this.receivers = new Map();
    const patcher = readDevice(options.file);
    patcher.boxes.forEach((held) => this.addBox(held.box));
    patcher.lines.forEach((held) => this.addCord(held.patchline));
    this.begin();
  }

  addBox(box) {
    const words = box.maxclass === "newobj" ? box.text.split(/\s+/) : [box.maxclass];
    const made = { id: box.id, json: box, kind: words[0], args: words.slice(1).map(atomOf), state: {} };
    this.boxes.set(box.id, made);
    if (box.varname) this.names.set(box.varname, made);
    if (made.kind === "r") this.receivers.set(made.args[0], (this.receivers.get(made.args[0]) || []).concat([made]));
  }

  addCord(line) {
    const key = line.source.join(":");
    const target = this.boxes.get(line.destination[0]);
    // A script box that was saved with too few ports loses its cords when Max loads it.
    if (line.source[1] >= this.boxes.get(line.source[0]).json.numoutlets) return;
    this.cords.set(key, (this.cords.get(key) || []).concat([{ target, inlet: line.destination[1] }]));
  }

  begin() {
    this.boxes.forEach((box) => {
      if (box.kind === "js") this.loadScript(box);
    });
    this.boxes.forEach((box) => this.restore(box));
    this.boxes.forEach((box) => {
      if (box.kind === "js" && box.context.loadbang) this.guard(() => box.context.loadbang());
    });
    setImmediate(() => {
      this.gate.isOpen = true;
      this.boxes.forEach((box) => {
        if (box.kind === "live.thisdevice") this.out(box, 0, ["bang"]);
        if (box.kind === "node.script" && this.bridge === "process") this.startBridge(box);
      });
    });
  }

  /** A parameter comes back with the set's value, or its initial one, and says so. */
  restore(box) {
    const block = (box.json.saved_attribute_attributes || {}).valueof;
    if (!block) return;
    const saved = this.saved && this.saved[block.parameter_longname];
    const value = saved !== undefined ? saved : (block.parameter_initial || [])[0];
    box.state.value = value;
    if (value === undefined || value === "" || !block.parameter_initial_enable && saved === undefined) return;
    this.out(box, 0, box.kind === "textedit" ? ["text"].concat(atomsOf(String(value))) : [value]);
  }

  /** What Live would save with the set. */
  save() {
    const saved = {};
    this.boxes.forEach((box) => {
      const block = (box.json.saved_attribute_attributes || {}).valueof;
      if (block && block.parameter_invisible < 2 && box.state.value !== undefined) {
        saved[block.parameter_longname] = box.state.value;
      }
    });
    return saved;
  }

  loadScript(box) {
    const device = this;
    const sandbox = {
      LiveAPI: liveApiOf(this.live, this.gate),
      Task: taskClass(this),
      outlet(number) {
        const atoms = Array.prototype.slice.call(arguments, 1);
        const flat = [].concat.apply([], atoms);
        if (!flat.every((atom) => typeof atom === "string" || Number.isFinite(atom))) throw new Error("outlet of no atom: " + atoms);
        if (number >= box.context.outlets) throw new Error("outlet " + number + " is not there");
        device.out(box, number, flat);
      },
      post: (text) => this.posts.push(String(text)),
    };
    box.context = vm.createContext(sandbox);
    const file = path.join(this.folder, box.args[0]);
    vm.runInContext(fs.readFileSync(file, "utf8"), box.context, { filename: file });
  }

  startBridge(box) {
    const env = Object.assign({}, process.env, this.env, { NODE_PATH: path.join(__dirname, "max_double"), MAX_ENV: "maxforlive" });
    const options = { env, execArgv: [], stdio: ["ignore", "ignore", "pipe", "ipc"] };
    const child = childProcess.fork(path.join(this.folder, box.args[0]), [], options);
    this.child = child;
    child.on("message", (told) => {
      if (this.isRemoved) return;
      if (told.isFault) this.faults.push(told.post);
      if (told.outlet) this.told.push(told.outlet);
      if (told.outlet) this.out(box, 0, told.outlet);
    });
    child.stderr.on("data", (bytes) => this.faults.push(bytes.toString()));
    child.on("exit", () => {
      if (!this.isRemoved) this.out(box, 1, ["terminated"]);
    });
  }

  guard(action) {
    try {
      action();
    } catch (error) {
      this.faults.push(error.stack);
    }
  }

  out(box, outlet, atoms) {
    if (this.isRemoved) return;
    (this.cords.get(box.id + ":" + outlet) || []).forEach((cord) => this.send(cord.target, cord.inlet, atoms));
  }

  send(box, inlet, atoms) {
    if (box.kind.endsWith("~")) this.signals.push([box.json.text, inlet].concat(atoms));
    const handler = OBJECTS[box.kind];
    if (handler) this.guard(() => handler.call(this, box, inlet, atoms));
    else if (!box.kind.endsWith("~")) this.faults.push("the interpreter does not know " + box.kind);
  }

  /** The performer touches a control, by its long name. */
  touch(name, value) {
    const box = this.names.get(name);
    if (!box) throw new Error("no control " + name);
    if (box.kind === "live.text" && !box.json.mode) return this.out(box, 0, [typeof value === "number" ? value : "bang"]);
    if (box.kind === "live.drop") return this.out(box, 0, [value]);
    box.state.value = value;
    this.out(box, 0, box.kind === "textedit" ? ["text"].concat(atomsOf(value)) : [value]);
  }

  /** The clock of the song, as plugsync~ tells it. */
  clock(outlet, value) {
    this.boxes.forEach((box) => {
      if (box.kind === "plugsync~") this.out(box, outlet, [value]);
    });
  }

  remove() {
    this.boxes.forEach((box) => {
      if (box.kind === "js" && box.context.notifydeleted) this.guard(() => box.context.notifydeleted());
    });
    this.isRemoved = true;
    if (this.child) this.child.kill("SIGKILL"); // nothing is cleaned up for us
  }
}

function taskClass(device) {
  return class Task {
    constructor(action, owner) {
      this.action = action;
      this.owner = owner;
    }

    schedule(ms) {
      this.cancel();
      this.timer = setTimeout(() => {
        if (!device.isRemoved) device.guard(() => this.action.call(this.owner));
      }, Math.max(1, ms));
    }

    cancel() {
      clearTimeout(this.timer);
    }
  };
}

function same(one, other) {
  return one === other || (typeof one === "number" && typeof other === "number" && one === other);
}

const OBJECTS = {
  t(box, inlet, atoms) {
    for (let k = box.args.length - 1; k >= 0; k--) {
      const type = box.args[k];
      const value = { b: ["bang"], i: [Math.trunc(Number(atoms[0]))], f: [Number(atoms[0])], s: [atoms[0]], l: atoms }[type];
      this.out(box, k, value || [type]);
    }
  },
  route(box, inlet, atoms) {
    const k = box.args.findIndex((arg) => same(arg, atoms[0]));
    if (k < 0) this.out(box, box.args.length, atoms);
    else this.out(box, k, atoms.length > 1 ? atoms.slice(1) : ["bang"]);
  },
  sel(box, inlet, atoms) {
    const k = box.args.findIndex((arg) => same(arg, atoms[0]));
    if (k < 0) this.out(box, box.args.length, atoms);
    else this.out(box, k, ["bang"]);
  },
  prepend(box, inlet, atoms) {
    this.out(box, 0, box.args.concat(atoms));
  },
  deferlow(box, inlet, atoms) {
    setImmediate(() => this.out(box, 0, atoms));
  },
  gate(box, inlet, atoms) {
    if (inlet === 0) box.state.isOpen = Number(atoms[0]) !== 0;
    else if (box.state.isOpen) this.out(box, 0, atoms);
  },
  change(box, inlet, atoms) {
    if (box.state.value === atoms[0]) return;
    box.state.value = atoms[0];
    this.out(box, 0, atoms);
  },
  i(box, inlet, atoms) {
    if (atoms[0] !== "bang") box.state.value = Math.trunc(Number(atoms[0]));
    if (inlet === 0) this.out(box, 0, [box.state.value || 0]);
  },
  "=="(box, inlet, atoms) {
    box.state.value = Number(Number(atoms[0]) === box.args[0]);
    this.out(box, 0, [box.state.value]);
  },
  "*"(box, inlet, atoms) {
    this.out(box, 0, [Number(atoms[0]) * box.args[0]]);
  },
  "/"(box, inlet, atoms) {
    this.out(box, 0, [Number(atoms[0]) / box.args[0]]);
  },
  dbtoa(box, inlet, atoms) {
    this.out(box, 0, [Math.pow(10, Number(atoms[0]) / 20)]);
  },
  message(box, inlet, atoms) {
    const given = atoms[0] === "bang" ? [] : atoms;
    const replaced = box.json.text.split(/\s+/).map((word) => (/^\$\d$/.test(word) ? given[word[1] - 1] : atomOf(word)));
    this.out(box, 0, replaced);
  },
  s(box, inlet, atoms) {
    (this.receivers.get(box.args[0]) || []).forEach((receiver) => this.out(receiver, 0, atoms));
  },
  pattr(box, inlet, atoms) {
    if (atoms[0] !== "bang") box.state.value = atoms.join(" ");
    this.out(box, 0, [box.state.value]);
  },
  js(box, inlet, atoms) {
    const name = typeof atoms[0] === "number" ? "msg_int" : atoms[0];
    const handler = box.context[name];
    if (typeof handler !== "function") throw new Error("js: no function " + name);
    handler.apply(null, typeof atoms[0] === "number" ? atoms : atoms.slice(1));
  },
  "node.script"(box, inlet, atoms) {
    this.heard.push(atoms);
    if (this.bridge !== "process") return;
    if (atoms[0] === "script") this.startBridge(box);
    else this.child.send(atoms, () => {});
  },
  "record~"(box, inlet, atoms) {
    this.isRecording = Number(atoms[0]) === 1;
  },
  "snapshot~"(box, inlet, atoms) {
    if (atoms[0] === "bang") this.out(box, 0, [this.ring ? this.ring.head : 0]);
  },
  "buffer~"(box, inlet, atoms) {
    if (atoms[0] === "writewave") {
      if (this.isRecording) throw new Error("the ring was written while it was recorded");
      if (!this.ring) return; // the disk is full, or audio is off: nothing ever comes back
      fs.copyFileSync(this.ring.file, atoms[1]);
    } else {
      if (atoms[0] !== "replace" || !fs.existsSync(atoms[1])) throw new Error("buffer~: " + atoms.join(" "));
      this.sounds[box.args[0]] = atoms[1];
    }
    setTimeout(() => this.out(box, 1, ["bang"]), 5);
  },
  "live.comment"(box, inlet, atoms) {
    if (atoms[0] !== "set") throw new Error("live.comment: " + atoms.join(" "));
    this.says[box.json.varname] = atoms.slice(1).join(" ");
    if (box.json.varname === "status") this.statuses = (this.statuses || []).concat([this.says.status]);
  },
  multislider(box, inlet, atoms) {
    if (!(atoms[0] >= 0 && atoms[0] <= 1)) throw new Error("multislider: " + atoms.join(" "));
    this.says.progress = atoms[0];
  },
  "live.numbox": setQuietly,
  "live.menu": setQuietly,
};

function setQuietly(box, inlet, atoms) {
  if (atoms[0] !== "set") throw new Error(box.kind + " would speak: " + atoms.join(" "));
  box.state.value = atoms[1];
}

module.exports = { Device };
