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
