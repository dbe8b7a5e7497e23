-- Finds the server: state.json says host, port, token and exchange folder. Whether it still lives, hello will tell.

local json = require("riff.json")
local paths = require("riff.paths")

local discovery = {}

local KINDS = { host = "string", port = "number", boot_id = "string", token = "string", exchange_folder = "string" }

local function announcement(text)
  local held = json.read(text)
  if type(held) ~= "table" then
    return nil
  end
  for name, kind in pairs(KINDS) do
    if type(held[name]) ~= kind then
      return nil
    end
  end
  return held
end

--- The announcement of the first folder that has one; nil when no server is announced. read(path) -> text or nil.
function discovery.find(folders, read)
  for _, folder in ipairs(folders) do
    local text = read(paths.join(folder, "state.json"))
    local found = text and announcement(text)
    if found then
      return found
    end
  end
  return nil
end

--- The bytes of a file; nil when it cannot be read.
function discovery.read_file(path)
  local file = io.open(path, "rb")
  if not file then
    return nil
  end
  local text = file:read("a")
  file:close()
  return text
end

return discovery
