-- Which door this REAPER can use: sockets when the ReaPack package "Mavriq Lua Sockets" is there and fits, else files.

local file_door = require("riff.file_door")
local paths = require("riff.paths")
local udp_door = require("riff.udp_door")

local doors = {}

local PACKAGE = { "Scripts", "Mavriq ReaScript Repository", "Various", "Mavriq-Lua-Sockets" }

-- The module has a Lua of its own inside, which works on this Lua's memory: with another minor version REAPER would
-- crash instead of raising an error. So the file itself is asked which Lua it was built with.
local function fits(module_path, read)
  local binary = read(module_path)
  return binary ~= nil and binary:find(_VERSION, 1, true) ~= nil
end

--- LuaSocket's core, or nil and the reason. resource_folder as REAPER's; read(path) -> bytes or nil.
function doors.socket(resource_folder, os_name, read)
  local folder = paths.join(resource_folder, table.unpack(PACKAGE))
  local ending = os_name:match("^Win") and "dll" or "so" -- "so" on macOS, too
  if not fits(paths.join(folder, "socket", "core." .. ending), read) then
    return nil, "Mavriq Lua Sockets for " .. _VERSION .. " is not installed"
  end
  package.cpath = paths.join(folder, "?." .. ending) .. ";" .. package.cpath
  local ok, socket = pcall(require, "socket.core")
  local tried, udp = pcall(function()
    return socket.udp()
  end)
  if not ok or not tried or not udp then
    return nil, "Mavriq Lua Sockets does not load"
  end
  udp:close()
  return socket
end

--- The door of this run: sockets when there is a `socket`, else files (name, run, list, wall: see file_door).
function doors.open(socket, name, run, list, wall)
  if socket then
    return udp_door.open(socket)
  end
  return file_door.open(name, run, list, wall)
end

return doors
