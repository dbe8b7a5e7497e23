// Every change of the set goes through this queue, one per tick of Max's low-priority thread: Live refuses changes
// inside its own notifications and inside undo, and some changes are only readable a tick later.

var RETRY_MS = 50;
var queued = [];
var queueTask = null;

/** Do `step` in a later tick, after all that was asked for before. */
function later(step) {
  queued.push({ step: step, isRetry: false });
  if (!queueTask) runQueueIn(0);
}

/** Do several steps in a row, before anything else that waits. */
function laterFirst(steps) {
  for (var k = steps.length - 1; k >= 0; k--) queued.unshift({ step: steps[k], isRetry: false });
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
    if (next.isRetry || error.isFinal) insertFailed(error);
    else queued.unshift({ step: next.step, isRetry: true });
  }
  if (queued.length && !queueTask) runQueueIn(waitMs);
}

/** An error that trying again cannot mend, in words for the face. */
function finalError(text) {
  var error = new Error(text);
  error.isFinal = true;
  return error;
}
