-- Contact with the server: hello and lease, acks, repetition, heartbeats, and finding it again after a restart.

local osc = require("riff.osc")
local protocol = require("riff.protocol")

local link = {}
link.__index = link

link.WAITS_S = { 0.1, 0.2, 0.4, 0.8, 1.6, 1.6, 1.6, 1.6 } -- before the same message goes again
local FIRST_ANSWER_S = 4.0 -- without a welcome until then no server runs
local RENEW_S = 5.0 -- a third of the lease
local MISSED_BEATS_S = 4.0 -- silence after which the server counts as lost
local SEARCH_S = 0.5 -- between tries to find it again
local PATIENCE_S = 30.0 -- silence after which it is given up

--- A link through a door that is aimed already.
--- options: name (client name), announcement, find() -> announcement or nil, now() -> seconds of any steady clock.
function link.new(door, options)
  local self = setmetatable({
    door = door,
    name = options.name,
    announcement = options.announcement,
    find = options.find,
    now = options.now,
    welcome = nil, -- what the server said of itself
    boots = 0, -- how often a welcome came from a server that had not been heard before
    refusal = nil, -- what it has against this client
    seen = {},
    tries = 0,
  }, link)
  self.started, self.heard, self.hello_due = self.now(), self.now(), self.now()
  return self
end

--- Send one message of the table.
function link:send(address, ...)
  self.door:send(osc.write(address, ...))
end

--- Send `/riff/generate`.
function link:send_generate(request_id, pairs_given)
  self.door:send(osc.write_generate(request_id, pairs_given))
end

--- Whether the server answered and was heard since.
function link:is_up()
  return self.welcome ~= nil and self.now() - self.heard <= MISSED_BEATS_S
end

--- Whether nothing will come of it: no server from the start, or silence for too long.
function link:is_given_up()
  if not self.welcome then
    return self.now() - self.started > FIRST_ANSWER_S
  end
  return self.now() - self.heard > PATIENCE_S
end

local function next_wait(tries)
  return link.WAITS_S[math.min(tries, #link.WAITS_S)]
end

function link:say_hello()
  local now = self.now()
  self.tries = self.tries + 1
  self.hello_due = now + (self.welcome and SEARCH_S or next_wait(self.tries))
  self:send("/riff/hello", self.name, protocol.major, protocol.minor, 0, self.announcement.token)
end

-- A server that was restarted may have another port and another token.
function link:look_again()
  local found = self.find()
  if found and found.boot_id ~= self.announcement.boot_id then
    self.announcement = found
    self.door:aim(found)
  end
end

function link:take_welcome(message)
  if not self.welcome or self.welcome.boot_id ~= message.boot_id then
    self.boots = self.boots + 1
  end
  self.welcome, self.refusal = message, nil
  self.hello_due = self.now() + RENEW_S
end

-- A heartbeat of another boot: the server was restarted and does not know this client.
function link:take_heartbeat(message)
  if self.welcome and message.boot_id ~= self.welcome.boot_id then
    self.hello_due = self.now()
  end
end

-- Acks a repeated message of our request; whether it came for the first time.
function link:is_new(message, request_id)
  if message.request_id ~= request_id then
    return false -- another run of this client waits for it
  end
  self:send("/riff/ack", message.request_id, message.sequence)
  local boot_id = self.welcome and self.welcome.boot_id or ""
  local key = ("%s/%s/%d"):format(boot_id, request_id, message.sequence)
  local is_new = not self.seen[key]
  self.seen[key] = true
  return is_new
end

--- Take repeated messages as new again: an answer to a question is never a repetition.
function link:forget()
  self.seen = {}
end

function link:sort_in(message, request_id, arrived)
  if message.address == "/riff/welcome" then
    self:take_welcome(message)
  elseif message.address == "/riff/heartbeat" then
    self:take_heartbeat(message)
  elseif message.address == "/riff/refused" and message.request_id == "" then
    self.refusal = message
  elseif not message.acked or self:is_new(message, request_id) then
    arrived[#arrived + 1] = message
  end
end

--- Take in what came and keep the contact; returns the messages for the request in their order.
function link:tick(request_id)
  local arrived = {}
  for _, packet in ipairs(self.door:receive()) do
    local message = osc.read(packet)
    if message then
      self.heard = self.now()
      self:sort_in(message, request_id, arrived)
    end
  end
  if self.now() >= self.hello_due then
    self:look_again()
    self:say_hello()
  elseif self.welcome and not self:is_up() and self.hello_due - self.now() > SEARCH_S then
    self.hello_due = self.now()
  end
  return arrived
end

return link
