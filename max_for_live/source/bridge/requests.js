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
