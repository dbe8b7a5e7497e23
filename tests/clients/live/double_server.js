// Takes one JSON command a line from the tests, answers one JSON value a line.
"use strict";

const readline = require("readline");

const { Device } = require("./double_max.js");
const { DoubleLive } = require("./double_live.js");

let live = null;
const devices = new Map();

const COMMANDS = {
  live(options) {
    live = new DoubleLive(options);
  },
  device({ name, options }) {
    devices.set(name, new Device(Object.assign({ live }, options)));
  },
  touch: ({ name, control, value }) => devices.get(name).touch(control, value),
  clock: ({ name, outlet, value }) => devices.get(name).clock(outlet, value),
  /** The bridge double speaks to the Live script. */
  bridge({ name, atoms, outlet }) {
    const device = devices.get(name);
    device.boxes.forEach((box) => {
      if (box.kind === "node.script") device.out(box, outlet || 0, atoms);
    });
  },
  /** Words to the bridge, past the Live script. */
  tell({ name, atoms }) {
    devices.get(name).child.send(atoms);
  },
  look({ name }) {
    const device = devices.get(name);
    const voices = {};
    device.boxes.forEach((box) => {
      if (box.kind === "==") voices[box.args[0]] = box.state.value || 0;
    });
    return {
      says: device.says, statuses: device.statuses || [], faults: device.faults, posts: device.posts, heard: device.heard, told: device.told,
      sounds: device.sounds, signals: device.signals, voices, isRecording: Boolean(device.isRecording), saved: device.save(),
      pid: device.child ? device.child.pid : 0,
    };
  },
  ring({ name, ring }) {
    devices.get(name).ring = ring;
  },
  set: () => live.snapshot(),
  /** Change the set as a user would: `change` is a path inside the song, like ["tracks", 0, "is_frozen"]. */
  change({ change, value }) {
    let at = live.song;
    change.slice(0, -1).forEach((key) => { at = at[key]; });
    at[change[change.length - 1]] = value;
  },
  /** The user opens an audio clip in the detail view. */
  selected_clip({ file, loop_start, loop_end }) {
    live.song.detailClip = Object.assign(live.newClip(file, live.readSound(file)), { warping: 1, looping: 1, loop_start, loop_end });
  },
  /** The user drags a clip to another slot of its track. */
  move_clip({ track, row, to }) {
    const slots = live.song.tracks[track].clip_slots;
    slots[to].clip = slots[row].clip;
    slots[to].clip.slot = slots[to];
    slots[row].clip = null;
  },
  /** The Live script is loaded anew, as after an edit. */
  reload_script({ name }) {
    const device = devices.get(name);
    device.boxes.forEach((box) => {
      if (box.kind !== "js") return;
      device.loadScript(box);
      device.guard(() => box.context.loadbang());
    });
  },
  kill_bridge({ name }) {
    devices.get(name).child.kill("SIGKILL");
  },
  option(changes) {
    Object.assign(live, changes);
  },
  reload: () => live.reload(),
  remove: ({ name }) => devices.get(name).remove(),
  quit: () => devices.forEach((device) => device.remove()),
};

readline.createInterface({ input: process.stdin }).on("line", (line) => {
  const asked = JSON.parse(line);
  let answer;
  try {
    answer = { value: COMMANDS[asked.do](asked.with || {}) };
  } catch (error) {
    answer = { error: error.stack };
  }
  process.stdout.write(JSON.stringify(answer) + "\n");
  if (asked.do === "quit") process.exit(0);
}).on("close", () => {
  COMMANDS.quit();
  process.exit(0);
});
