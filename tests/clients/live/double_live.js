// A strict double of Live's object model as Max's JavaScript sees it: what real devices have tripped over is refused
// here. `get` gives arrays, a wrong path has id 0, nothing may be changed inside a notification or during undo, files
// are looked at, warping takes effect a tick later, the tempo guess may be wrong, members appear with their version.
"use strict";

const fs = require("fs");
const path = require("path");

const SINCE = {
  "ClipSlot.create_audio_clip": [12, 0, 5],
  "Track.create_audio_clip": [12, 0, 5],
  "Track.create_take_lane": [12, 3, 5],
  "Track.take_lanes": [12, 3, 5],
  "TakeLane.create_audio_clip": [12, 3, 5],
};

/** A Live set. `options`: version [a, b, c], tempo, numerator, denominator, tracks, scenes, guess (factor), project. */
class DoubleLive {
  constructor(options) {
    this.version = options.version;
    this.guess = options.guess || 1;
    this.decodeMs = options.decodeMs || 0;
    this.autoWarp = options.autoWarp !== false;
    this.faults = [];
    this.writes = [];
    this.isNotifying = false;
    this.undoRefuses = 0; // so many changes fall into an undo
    this.refuses = ""; // a change that always fails, like "fire" or "set looping"
    this.firstId = 1;
    this.observers = [];
    this.song = {
      kind: "Song", tempo: options.tempo || 120, signature_numerator: options.numerator || 4,
      signature_denominator: options.denominator || 4, current_song_time: options.beat || 0, is_playing: 1,
      root_note: 0, scale_name: "Minor", file_path: options.project || "", selectedScene: options.selectedScene || 0,
      scenes: [], tracks: [], detailClip: null,
    };
    for (let k = 0; k < (options.scenes || 8); k++) this.song.scenes.push({ kind: "Scene" });
    (options.tracks || [{ name: "1-Audio" }]).forEach((track) => this.addTrack(track));
  }

  isAtLeast(version) {
    for (let k = 0; k < 3; k++) if (this.version[k] !== version[k]) return this.version[k] > version[k];
    return true;
  }

  addTrack(given) {
    const track = {
      kind: "Track", name: given.name || this.song.tracks.length + 1 + "-Audio", color: 0, is_frozen: given.is_frozen || 0,
      is_foldable: given.is_foldable || 0, has_audio_input: given.isMidi ? 0 : 1, current_monitoring_state: 1,
      playing_slot_index: -2, fired_slot_index: -1, arrangement_clips: [], take_lanes: [], clip_slots: [],
    };
    this.song.scenes.forEach(() => track.clip_slots.push({ kind: "ClipSlot", track, clip: null }));
    (given.clips || []).forEach((row) => {
      track.clip_slots[row].clip = this.newClip("/someone/elses.wav", { frames: 48000, rate: 48000 });
    });
    this.song.tracks.push(track);
    return track;
  }

  newClip(file, sound) {
    const seconds = sound.frames / sound.rate;
    const beats = (seconds * this.song.tempo / 60) * this.guess;
    return {
      kind: "Clip", file_path: file, is_audio_clip: 1, sample_rate: sound.rate, sample_length: sound.frames, name: "", color: 0,
      warping: this.autoWarp ? 1 : 0, looping: 0, loop_start: 0, loop_end: beats, start_marker: 0, end_marker: beats,
      warp_mode: 0, launch_mode: 0, launch_quantization: 0, legato: 0, is_playing: 0, start_time: 0,
      markers: [{ beat_time: 0, sample_time: 0 }], slope: beats / seconds,
    };
  }

  /** The end of a clip's time on the arrangement. */
  lengthOf(clip) {
    return clip.warping ? clip.end_marker - clip.start_marker : (clip.sample_length / clip.sample_rate) * this.song.tempo / 60;
  }

  fault(text) {
    this.faults.push(text);
  }

  /** Refuse a change where Live refuses it. */
  mayChange(what) {
    if (this.isNotifying) throw new Error("Changes cannot be triggered by notifications. (" + what + ")");
    if (this.undoRefuses > 0) {
      this.undoRefuses -= 1;
      throw new Error("Changes cannot be made during undo. (" + what + ")");
    }
    if (what === this.refuses) throw new Error("Live will not. (" + what + ")");
    this.writes.push(what);
  }

  resolve(text) {
    const words = text.replace(/"/g, "").split(" ");
    if (words[0] === "id") return this.byId.get(Number(words[1])) || null;
    if (words[0] === "live_app") return { kind: "Application" };
    if (words[0] !== "live_set") return null;
    let found = this.song;
    for (let k = 1; k < words.length && found; k++) {
      if (words[k] === "view") found = { kind: "View" };
      else if (words[k] === "selected_scene") found = this.song.scenes[this.song.selectedScene];
      else if (words[k] === "detail_clip") found = this.song.detailClip;
      else if (words[k] === "clip") found = found.clip;
      else {
        const list = words[k] === "take_lanes" && !this.has(found, "take_lanes") ? [] : found[words[k]];
        found = Array.isArray(list) ? list[Number(words[++k])] : null;
      }
    }
    return found || null;
  }

  has(object, member) {
    const since = SINCE[object.kind + "." + member];
    return !since || this.isAtLeast(since);
  }

  idOf(object) {
    if (!object) return 0;
    if (!object.id) object.id = this.firstId++;
    return object.id;
  }

  /** As after closing and opening the set: ids are others, observers are gone. */
  reload() {
    this.firstId += 1000;
    this.observers = [];
    const renew = (object) => {
      if (!object || typeof object !== "object") return;
      delete object.id;
      Object.keys(object).forEach((key) => {
        if (key !== "track" && Array.isArray(object[key])) object[key].forEach(renew);
        else if (key === "clip") renew(object[key]);
      });
    };
    renew(this.song);
  }

  notify(object, property) {
    this.observers.filter((seen) => seen.object === object && seen.property === property).forEach((seen) => {
      this.isNotifying = true;
      try {
        seen.callback([property, object[property]]);
      } finally {
        this.isNotifying = false;
      }
    });
  }

  readSound(file) {
    if (!path.isAbsolute(file)) throw new Error("create_audio_clip: the path is not absolute: " + file);
    if (!fs.existsSync(file)) throw new Error("create_audio_clip: no such file: " + file);
    const until = Date.now() + this.decodeMs;
    while (Date.now() < until); // Live blocks while it decodes
    const bytes = fs.readFileSync(file);
    if (bytes.toString("latin1", 0, 4) !== "RIFF") throw new Error("create_audio_clip: not a WAV: " + file);
    let at = 12;
    let sound = null;
    while (at + 8 <= bytes.length) {
      const name = bytes.toString("latin1", at, at + 4);
      const size = bytes.readUInt32LE(at + 4);
      if (name === "fmt ") sound = { rate: bytes.readUInt32LE(at + 12), block: bytes.readUInt16LE(at + 20) };
      if (name === "data") return { rate: sound.rate, frames: size / sound.block };
      at += 8 + size + (size % 2);
    }
    throw new Error("create_audio_clip: cut off: " + file);
  }

  marksOf(clip) {
    const last = clip.markers[clip.markers.length - 1]; // one more, unseen, carries the tempo behind it
    return clip.markers.concat([{ beat_time: last.beat_time + 1 / 32, sample_time: last.sample_time + 1 / 32 / clip.slope }]);
  }

  /** What tests look at. */
  snapshot() {
    const clipOf = (clip) => clip && Object.assign({}, clip, { marks: this.marksOf(clip), markers: undefined });
    return {
      tracks: this.song.tracks.map((track) => ({
        name: track.name, color: track.color, monitoring: track.current_monitoring_state, playing: track.playing_slot_index,
        slots: track.clip_slots.map((slot) => clipOf(slot.clip)), arrangement: track.arrangement_clips.map(clipOf),
        lanes: track.take_lanes.map((lane) => ({ name: lane.name, clips: lane.arrangement_clips.map(clipOf) })),
      })),
      scenes: this.song.scenes.length, faults: this.faults, writes: this.writes.length,
    };
  }
}

const READABLE = {
  Song: ["tempo", "signature_numerator", "signature_denominator", "current_song_time", "is_playing", "root_note",
    "scale_name", "file_path"],
  Track: ["name", "color", "is_frozen", "is_foldable", "has_audio_input", "current_monitoring_state", "playing_slot_index",
    "fired_slot_index"],
  ClipSlot: ["has_clip"],
  Scene: [],
  TakeLane: ["name"],
  Clip: ["file_path", "is_audio_clip", "sample_rate", "sample_length", "name", "color", "warping", "looping", "loop_start",
    "loop_end", "start_marker", "end_marker", "warp_mode", "available_warp_modes", "launch_mode", "launch_quantization",
    "legato", "is_playing", "start_time", "end_time", "warp_markers"],
  View: [],
  Application: [],
};
const WRITABLE = {
  Track: ["name", "color", "current_monitoring_state"],
  TakeLane: ["name"],
  Clip: ["name", "color", "warping", "looping", "loop_start", "loop_end", "start_marker", "end_marker", "warp_mode",
    "launch_mode", "launch_quantization", "legato"],
};

const COMPUTED = {
  has_clip: (object) => (object.clip ? 1 : 0),
  available_warp_modes: () => [0, 1, 2, 3, 4, 6],
  end_time: (clip, live) => clip.start_time + live.lengthOf(clip),
  warp_markers: (clip, live) => JSON.stringify({ warp_markers: live.marksOf(clip) }),
};

const FUNCTIONS = {
  Application: {
    get_major_version: (live) => live.version[0],
    get_minor_version: (live) => live.version[1],
    get_bugfix_version: (live) => live.version[2],
  },
  Song: {
    get_current_beats_song_time(live, song) {
      const unit = 4 / song.signature_denominator;
      const perBar = song.signature_numerator * unit;
      const inBar = song.current_song_time % perBar;
      const two = (number) => String(Math.floor(number) + 1).padStart(2, "0");
      return [two(song.current_song_time / perBar), two(inBar / unit), two((inBar % unit) / 0.25), "000"].join(".");
    },
    create_audio_track(live, song, index) {
      live.mayChange("create_audio_track");
      if (index !== -1) throw new Error("the double makes tracks at the end only");
      live.addTrack({});
    },
    create_scene(live, song, index) {
      live.mayChange("create_scene");
      if (index !== -1) throw new Error("the double makes scenes at the end only");
      song.scenes.push({ kind: "Scene" });
      song.tracks.forEach((track) => track.clip_slots.push({ kind: "ClipSlot", track, clip: null }));
    },
  },
  Track: {
    create_audio_clip(live, track, file, beat) {
      live.mayChange("create_audio_clip");
      mayTakeAudio(track);
      if (!(beat >= 0 && beat <= 1576800)) throw new Error("create_audio_clip: position " + beat);
      const clip = live.newClip(file, live.readSound(file));
      clip.start_time = beat;
      track.arrangement_clips = track.arrangement_clips.filter((old) => {
        const isUnder = old.start_time < beat + live.lengthOf(clip) && old.start_time + live.lengthOf(old) > beat;
        if (isUnder) live.fault("a clip of the arrangement was overwritten");
        return !isUnder;
      });
      track.arrangement_clips.push(clip);
      track.arrangement_clips.sort((one, other) => one.start_time - other.start_time);
    },
    create_take_lane(live, track) {
      live.mayChange("create_take_lane");
      track.take_lanes.push({ kind: "TakeLane", name: "", arrangement_clips: [], track });
    },
    stop_all_clips(live, track) {
      live.mayChange("stop_all_clips");
      track.playing_slot_index = -2;
      live.notify(track, "playing_slot_index");
    },
  },
  TakeLane: {
    create_audio_clip(live, lane, file, beat) {
      live.mayChange("create_audio_clip");
      mayTakeAudio(lane.track);
      const clip = live.newClip(file, live.readSound(file));
      clip.start_time = beat;
      lane.arrangement_clips.push(clip);
    },
  },
  ClipSlot: {
    create_audio_clip(live, slot, file) {
      live.mayChange("create_audio_clip");
      mayTakeAudio(slot.track);
      if (slot.clip) throw new Error("create_audio_clip: the slot is not empty");
      slot.clip = live.newClip(file, live.readSound(file));
      Object.defineProperty(slot.clip, "slot", { value: slot, enumerable: false, writable: true });
    },
  },
  Clip: {
    fire(live, clip) {
      live.mayChange("fire");
      const track = clip.slot.track;
      track.playing_slot_index = track.clip_slots.indexOf(clip.slot);
      live.notify(track, "playing_slot_index");
    },
    add_warp_marker(live, clip, marker) {
      live.mayChange("add_warp_marker");
      const at = clip.markers.findIndex((old) => old.beat_time > marker.beat_time);
      const list = clip.markers.slice();
      list.splice(at < 0 ? list.length : at, 0, { beat_time: marker.beat_time, sample_time: marker.sample_time });
      for (let k = 1; k < list.length; k++) {
        const isRising = list[k].beat_time > list[k - 1].beat_time && list[k].sample_time > list[k - 1].sample_time;
        if (!isRising) throw new Error("add_warp_marker: markers must rise in beat and time");
      }
      clip.markers = list;
      const [a, b] = list.slice(-2);
      clip.slope = (b.beat_time - a.beat_time) / (b.sample_time - a.sample_time);
    },
    move_warp_marker(live, clip, beat, distance) {
      live.mayChange("move_warp_marker");
      markerAt(clip, beat).beat_time += distance;
    },
    remove_warp_marker(live, clip, beat) {
      live.mayChange("remove_warp_marker");
      if (clip.markers.length === 1) throw new Error("remove_warp_marker: the last marker stays");
      clip.markers.splice(clip.markers.indexOf(markerAt(clip, beat)), 1);
    },
  },
};

function mayTakeAudio(track) {
  if (!track.has_audio_input) throw new Error("create_audio_clip: a MIDI track");
  if (track.is_frozen) throw new Error("create_audio_clip: the track is frozen");
}

function markerAt(clip, beat) {
  const found = clip.markers.find((marker) => Math.abs(marker.beat_time - beat) < 1e-9);
  if (!found) throw new Error("no warp marker at beat " + beat);
  return found;
}

/** The class that scripts see; `gate.isOpen` becomes true when live.thisdevice has spoken. */
function liveApiOf(live, gate) {
  return class LiveAPI {
    constructor(first, second) {
      if (!gate.isOpen) throw new Error("LiveAPI before live.thisdevice");
      const callback = typeof first === "function" ? first : null;
      this.path = String(callback ? second : first);
      this.object = live.resolve(this.path);
      this.callback = callback;
      if (callback) this.tell(["id", live.idOf(this.object)]);
    }

    get id() {
      return String(live.idOf(this.object));
    }

    get info() {
      const kind = this.object ? this.object.kind : "none";
      const names = Object.keys(FUNCTIONS[kind] || {}).filter((name) => live.has(this.object, name));
      return "id " + this.id + "\ntype " + kind + "\n" + names.map((name) => "function " + name).join("\n") + "\ndone";
    }

    tell(message) {
      live.isNotifying = true;
      try {
        this.callback(message);
      } finally {
        live.isNotifying = false;
      }
    }

    set property(name) {
      live.observers = live.observers.filter((seen) => seen.api !== this);
      if (!name) return;
      if (!this.object || !READABLE[this.object.kind].includes(name)) return live.fault("no property to observe: " + name);
      live.observers.push({ api: this, object: this.object, property: name, callback: this.callback });
      this.tell([name, this.object[name]]);
    }

    getcount(name) {
      const list = this.object && live.has(this.object, name) ? this.object[name] : null;
      if (!Array.isArray(list)) live.fault("getcount " + name + " of " + this.path);
      return Array.isArray(list) ? list.length : 0;
    }

    get(name) {
      if (!this.object || !READABLE[this.object.kind].includes(name)) {
        live.fault("get " + name + " of " + this.path);
        return [0];
      }
      const found = COMPUTED[name] ? COMPUTED[name](this.object, live) : this.object[name];
      return Array.isArray(found) ? found : [found];
    }

    set(name, value) {
      if (!this.object || !(WRITABLE[this.object.kind] || []).includes(name)) return live.fault("set " + name + " of " + this.path);
      live.mayChange("set " + name);
      const object = this.object;
      if (name === "warping") setImmediate(() => { object.warping = value; }); // read it a tick later
      else if (name === "looping" && !object.warping) return;
      else if (name === "loop_end" && value <= object.loop_start) throw new Error("loop_end before loop_start");
      else object[name] = value;
    }

    call(name) {
      const kind = this.object ? this.object.kind : "";
      const known = FUNCTIONS[kind] && FUNCTIONS[kind][name];
      if (!known || !live.has(this.object, name)) return live.fault("call " + name + " of " + this.path);
      return known.apply(null, [live, this.object].concat(Array.prototype.slice.call(arguments, 1)));
    }
  };
}

module.exports = { DoubleLive, liveApiOf };
