-- One whole job by a stand-alone Lua: the client's core with the real LuaSocket, or with files, and no double at all.
-- arg: folder of the scripts, state folder, "udp" or "files", context, folder for the stems.

local scripts, state_folder, kind, context, out_dir = table.unpack(arg)
package.path = scripts .. "/?.lua;" .. package.path
local core = require("socket.core")
local discovery, doors = require("riff.discovery"), require("riff.doors")
local link, job = require("riff.link"), require("riff.job")

local function find()
  return discovery.find({ state_folder }, discovery.read_file)
end

local function list(folder)
  local names, listing = {}, io.popen("ls '" .. folder .. "' 2>/dev/null")
  for name in listing:lines() do
    names[#names + 1] = name
  end
  listing:close()
  return names
end

local name = "lua-" .. kind .. "-" .. _VERSION:gsub("%D", "")
local run = ("%.0f"):format(core.gettime() * 1000)
local door = doors.open(kind == "udp" and core or nil, name, run, list, core.gettime)
door:aim(find())
local contact = link.new(door, { name = name, announcement = find(), find = find, now = core.gettime })
while not contact.welcome do
  contact:tick("")
  assert(not contact:is_given_up(), "no server")
  core.sleep(0.01)
end
local pairs_given = { context = context, out_dir = out_dir, prompt = "bass", seed = 11, variations = 2 }
local request = job.new(contact, name .. "-" .. run, pairs_given, core.gettime)
while not request:is_over() do
  request:tick()
  core.sleep(0.01)
end
door:close()
print(request.state)
for _, stem in ipairs(request.stems) do
  print(stem.seed, stem.frames, stem.path)
end
