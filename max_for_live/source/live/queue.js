// Every change of the set goes through this queue, one per tick of Max's low-priority thread: Live refuses changes
// inside its own notifications and inside undo, and some changes are only readable a tick later.

var RETRY_MS = 50;
var queued = [];
var queueTask = null;

/** Do `step` in a later tick, after all that was asked for before. When it fails, twice or for good, `failed` is told the
 *  error: only who asked for the step knows what that means for the performer. */
function later(step, failed) {
  queued.push({ step: step, failed: failed, isRetry: false });
  if (!queueTask) runQueueIn(0);
}

/** Do several steps in a row, before anything else that waits. */
function laterFirst(steps, failed) {
  for (var k = steps.length - 1; k >= 0; k--) queued.unshift({ step: steps[k], failed: failed, isRetry: false });
}

function runQueueIn(ms) {
  queueTask = new Task(runQueue, this);
  queueTask.schedule(ms);
}

function runQueue() {
  queueTask = null;
  var next = queued.shift();
  if (!next) return;
  var waitMs = 0;
  try {
    next.step();
  } catch (error) {
    waitMs = RETRY_MS;
    if (!next.isRetry && !error.isFinal) queued.unshift({ step: next.step, failed: next.failed, isRetry: true });
    else if (next.failed) next.failed(error);
    else post("Riffbridge: " + error.message + "\n");
  }
  if (queued.length && !queueTask) runQueueIn(waitMs);
}

/** An error that trying again cannot mend, in words for the face. */
function finalError(text) {
  var error = new Error(text);
  error.isFinal = true;
  return error;
}
