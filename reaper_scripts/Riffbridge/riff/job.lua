-- One request on its way: asked until the server has it, followed until it ended, whatever gets lost.
--
--   asking ──▶ queued ──▶ playing ──▶ done
--      └─────────┴──────────┴──▶ failed | cancelled      (cancelling: asked to stop, not confirmed yet)

local link_waits = require("riff.link").WAITS_S

local job = {}
job.__index = job

local MOVES = {
  asking = { queued = true, playing = true, done = true, failed = true, cancelling = true, cancelled = true },
  queued = { asking = true, playing = true, done = true, failed = true, cancelling = true, cancelled = true },
  playing = { asking = true, queued = true, done = true, failed = true, cancelling = true, cancelled = true },
  cancelling = { cancelled = true },
  done = {},
  failed = {},
  cancelled = {},
}

local QUERY_S = 0.5 -- between questions about a request whose answers got lost
local SILENCE_S = 5.0 -- without a word about the request, for instance behind another one in the queue
local CANCEL_S = 0.9 -- longer nobody waits for the server to confirm
local CANCEL_AGAIN_S = 0.2

local NOT_ANSWERING = {
  code = "server-gone",
  message = "The server does not answer any more.",
  hint = "Start it with `riffbridge serve`, then press the key again.",
}

--- A request that is sent at the next tick. pairs_given: the pairs of `generate`; optional: names of pairs that an
--- older server may refuse, and which are left away then.
function job.new(link, request_id, pairs_given, now, optional)
  return setmetatable({
    link = link,
    request_id = request_id,
    pairs = pairs_given,
    optional = optional or {},
    now = now,
    state = "asking",
    fraction = 0,
    stage = "asking the server",
    eta_s = nil,
    stems = {},
    expected = nil, -- stems of a request that is done
    tries = 0,
    due = now(),
    told = now(), -- when the last message about it came
    boots = link.boots,
    is_unsure = false, -- whether the server's last word on the request may have got lost
  }, job)
end

function job:move(state)
  if state ~= self.state then
    assert(MOVES[self.state][state], "no way from " .. self.state .. " to " .. state)
    self.state = state
  end
end

--- Whether nothing more will happen.
function job:is_over()
  return next(MOVES[self.state]) == nil
end

function job:fail(reason)
  self.failure = { code = reason.code, message = reason.message, hint = reason.hint }
  self:move(self.state == "cancelling" and "cancelled" or "failed")
end

-- The id of a request that was refused cannot be used again with other arguments.
function job:ask_without(name)
  self.pairs[name] = nil
  self.request_id = self.request_id .. "-" .. name
  self.tries, self.due = 0, self.now()
end

function job:refused_pair(message)
  for _, name in ipairs(self.optional) do
    if self.pairs[name] ~= nil and message.message:find("'" .. name .. "'", 1, true) then
      return name
    end
  end
end

function job:take_refusal(message)
  local pair = self.state == "asking" and self:refused_pair(message)
  if pair then
    self:ask_without(pair)
  elseif message.code == "unknown-request" and self.state ~= "cancelling" then
    self:move("asking") -- the server lost it, or never had it
    self.tries, self.due = 0, self.now()
  else
    self:fail(message)
  end
end

function job:stems_arrived()
  local count = 0
  for _ in pairs(self.stems) do
    count = count + 1
  end
  return count
end

function job:finish_if_complete()
  if self.expected and self:stems_arrived() >= self.expected and self.state ~= "cancelling" then
    self:move("done")
  end
end

local TAKE = {
  ["/riff/accepted"] = function(self, message)
    if self.state ~= "cancelling" then
      self:move("queued")
      self.position, self.eta_s = message.position, message.estimate_s
      self.stage = message.position > 0 and ("waiting, %d before"):format(message.position) or "starting"
    end
  end,
  ["/riff/progress"] = function(self, message)
    if self.state ~= "cancelling" then
      self:move("playing")
      self.fraction, self.stage, self.eta_s = message.fraction, message.stage, message.eta_s
    end
  end,
  ["/riff/stem"] = function(self, message)
    self.stems[message.index + 1] = message
    self:finish_if_complete()
  end,
  ["/riff/done"] = function(self, message)
    self.expected, self.device = message.count, message.device
    self.due = self.now() + QUERY_S
    self:finish_if_complete()
    if self.state == "cancelling" then
      self:move("cancelled")
    end
  end,
  ["/riff/failed"] = function(self, message)
    self:fail(message)
  end,
  ["/riff/cancelled"] = function(self)
    self:move("cancelled")
  end,
  ["/riff/refused"] = function(self, message)
    self:take_refusal(message)
  end,
}

function job:take(message)
  if message.request_id == self.request_id and not self:is_over() and TAKE[message.address] then
    self.is_unsure, self.told = false, self.now()
    TAKE[message.address](self, message)
  end
end

function job:ask()
  self.tries = self.tries + 1
  if self.tries > #link_waits then
    return self:fail(NOT_ANSWERING)
  end
  self.due = self.now() + link_waits[self.tries]
  self.link:send_generate(self.request_id, self.pairs)
end

function job:query()
  self.due = self.now() + QUERY_S
  self.link:forget()
  self.link:send("/riff/query", self.request_id)
end

-- After silence or a restart the server is asked how the request stands, until it answers.
function job:query_if_unsure()
  local is_silent = self.now() - self.told > SILENCE_S
  if self.expected or is_silent or self.link.boots ~= self.boots or not self.link:is_up() then
    self.is_unsure, self.boots = true, self.link.boots
  end
  if self.is_unsure then
    self:query()
  end
end

function job:send_cancel()
  if self.now() > self.cancel_until then
    return self:move("cancelled")
  end
  self.due = self.now() + CANCEL_AGAIN_S
  self.link:send("/riff/cancel", self.request_id)
end

local DUE = {
  asking = job.ask,
  queued = job.query_if_unsure,
  playing = job.query_if_unsure,
  cancelling = job.send_cancel,
}

--- Take in what came and send what is due.
function job:tick()
  for _, message in ipairs(self.link:tick(self.request_id)) do
    self:take(message)
  end
  if self.state == "asking" and self.link.refusal and self.link.refusal.code ~= "rate-limited" then
    self:fail(self.link.refusal) -- of something that the server could not even name
  elseif not self:is_over() and self.link:is_given_up() then
    self:fail(NOT_ANSWERING)
  end
  if not self:is_over() and self.now() >= self.due then
    DUE[self.state](self)
  end
end

--- Stop it; it is over within a second.
function job:cancel()
  if self:is_over() or self.state == "cancelling" then
    return
  end
  self:move("cancelling")
  self.stage, self.due, self.cancel_until = "cancelling", self.now(), self.now() + CANCEL_S
end

--- For a script that ends now: say so and do not wait. Three times, since a datagram may get lost.
function job:abandon()
  for _ = 1, self:is_over() and 0 or 3 do
    self.link:send("/riff/cancel", self.request_id)
  end
end

return job
