-- The file door: the same packets as files in the exchange folder, for every REAPER as it is.
--
-- inbox/<client name>.<moment>-<run>.osc goes to the server, outbox/<client name>/*.osc comes back, heartbeat.osc there
-- is replaced each second. Written under another name first, then renamed; what was read is removed.

local paths = require("riff.paths")

local file_door = {}
file_door.__index = file_door

local OLD_S = 600

--- A door. name: the client's name. run: different in every run. list(folder) -> names of its files. wall(): seconds
--- since 1970.
function file_door.open(name, run, list, wall)
  local door = { kind = "files", name = name, run = run, list = list, wall = wall, sent = 0, beat = "" }
  return setmetatable(door, file_door)
end

--- Which exchange folder is used from now on.
function file_door:aim(announcement)
  self.inbox = paths.join(announcement.exchange_folder, "inbox")
  self.outbox = paths.join(announcement.exchange_folder, "outbox", self.name)
end

--- One packet into the inbox; raises when the folder cannot be written.
function file_door:send(packet)
  self.sent = self.sent + 1
  local moment = ("%s.%.0f-%04d-%s"):format(self.name, self.wall() // 1, self.sent, self.run)
  local part, final = paths.join(self.inbox, moment .. ".part"), paths.join(self.inbox, moment .. ".osc")
  local file = assert(io.open(part, "wb"))
  file:write(packet)
  file:close()
  assert(os.rename(part, final))
end

local function take(path)
  local file = io.open(path, "rb")
  local packet = file and file:read("a")
  if file then
    file:close()
  end
  return packet
end

-- A packet that lay there longer than any job of ours is left over from an earlier run. Names begin with milliseconds.
function file_door:is_old(name)
  local written_ms = tonumber(name:match("^%d+"))
  return written_ms ~= nil and self.wall() - written_ms / 1000 > OLD_S
end

--- All packets that came since the last time, in their order.
function file_door:receive()
  local packets, names = {}, self.list(self.outbox)
  table.sort(names)
  for _, name in ipairs(names) do
    local path = paths.join(self.outbox, name)
    if name == "heartbeat.osc" then
      packets[#packets + 1] = self:new_beat(path)
    elseif name:match("%.osc$") then
      packets[#packets + 1] = not self:is_old(name) and take(path) or nil
      os.remove(path)
    end
  end
  return packets
end

-- The heartbeat, when it is another one than the last time: a file that stays the same is no sign of life.
function file_door:new_beat(path)
  local packet = take(path)
  if packet == self.beat then
    return nil
  end
  self.beat = packet
  return packet
end

--- Nothing to let go.
function file_door:close() end

return file_door
