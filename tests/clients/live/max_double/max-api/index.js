// A double of what Node for Max gives a script as "max-api". Strict: only strings and finite numbers cross.
"use strict";

const handlers = new Map();

function checked(atoms) {
  atoms.forEach((atom) => {
    const isAtom = typeof atom === "string" || (typeof atom === "number" && Number.isFinite(atom));
    if (!isAtom) throw new Error("not an atom: " + JSON.stringify(atom));
    if (typeof atom === "string" && atom.length > 30000) throw new Error("symbol too long");
  });
  return atoms;
}

exports.addHandler = (name, handler) => {
  if (handlers.has(name)) throw new Error("two handlers for " + name);
  handlers.set(name, handler);
};
exports.outlet = function () {
  process.send({ outlet: checked(Array.from(arguments)) });
  return Promise.resolve();
};
exports.post = function () {
  process.send({ post: Array.from(arguments).map(String).join(" ") });
};

process.on("message", (atoms) => {
  const handler = handlers.get(atoms[0]);
  if (!handler) process.send({ post: "no handler for " + atoms[0], isFault: true });
  else handler.apply(null, checked(atoms.slice(1)));
});
process.on("disconnect", () => process.exit(0)); // Max ends the process with its device
