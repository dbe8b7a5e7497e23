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
