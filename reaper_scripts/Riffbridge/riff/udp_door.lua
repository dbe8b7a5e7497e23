-- The socket door: OSC over UDP with LuaSocket, one socket, answers come back to it.

local udp_door = {}
udp_door.__index = udp_door

-- LuaSocket takes 8,192 bytes by default and cuts off the rest without a word.
local LARGEST_DATAGRAM = 65535

--- A door on its own port of the loopback. socket: LuaSocket's core. Raises when no socket can be had.
function udp_door.open(socket)
  local udp = assert(socket.udp())
  assert(udp:settimeout(0))
  assert(udp:setsockname("127.0.0.1", 0))
  return setmetatable({ kind = "udp", udp = udp }, udp_door)
end

--- Where packets go from now on.
function udp_door:aim(announcement)
  self.host, self.port = announcement.host, math.tointeger(announcement.port)
end

--- One packet on its way; nothing is known about its arrival.
function udp_door:send(packet)
  self.udp:sendto(packet, self.host, self.port)
end

--- All packets that came from the server since the last time.
function udp_door:receive()
  local packets = {}
  while true do
    local packet, _, port = self.udp:receivefrom(LARGEST_DATAGRAM)
    if not packet then
      return packets -- nothing more; or "connection refused" for a packet that met no server
    end
    if port == self.port then
      packets[#packets + 1] = packet
    end
  end
end

--- Let the port go.
function udp_door:close()
  self.udp:close()
end

return udp_door
