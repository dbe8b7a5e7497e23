// One function per control of the face.

function prompt() {
  wish.prompt = textOf(arguments);
}

function part(index) {
  wish.part = index;
}

function bars(index) {
  wish.bars = index;
}

function variations(index) {
  wish.variations = index;
}

function influence(percent) {
  wish.influence = percent;
}

function strength(percent) {
  wish.strength = percent;
}

function quality(index) {
  wish.quality = index;
}

function loop(isOn) {
  wish.loop = isOn;
}

function seed(number) {
  wish.seed = Math.round(number);
}

function seed_lock(isOn) {
  wish.seedLock = isOn;
}

function source(index) {
  wish.source = index;
}

function place(index) {
  wish.place = index;
}

function nudge(ms) {
  wish.nudge = ms;
}

function audition_on(isOn) {
  wish.audition = isOn;
  if (!isOn) stopPlayer();
}

/** The enum "Variation": choosing another launches it. (A set that is loaded tells its value, too: nothing is new.) */
function variation(index) {
  var isNew = now.isInit && index !== playing.wanted;
  playing.wanted = index;
  if (isNew) fire(index + 1);
}

function drop_context() {
  wish.context = textOf(arguments);
  outlet(TO_FACE, "source", SOURCES.indexOf("drop"));
  wish.source = SOURCES.indexOf("drop");
  status("Context: " + fileName(wish.context) + ". Press Generate.");
}

function drop_style() {
  wish.style = textOf(arguments);
  status("Style: " + fileName(wish.style) + ". Clear takes it away.");
}

function clear_style() {
  wish.style = "";
  status("No style file.");
}

function start_server() {
  outlet(TO_BRIDGE, "start");
}

function textOf(atoms) {
  var words = Array.prototype.slice.call(atoms);
  if (words[0] === "text") words.shift(); // textedit puts the word in front
  return words.join(" ");
}

function fileName(path) {
  return path.replace(/^.*[\/\\]/, "");
}
