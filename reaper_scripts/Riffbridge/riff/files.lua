-- The files of one run: where stems go, what is sent along, and what is removed again.

local json = require("riff.json")
local paths = require("riff.paths")

local files = {}
files.__index = files

local LONGEST_NAME = 40

local function is_writable(folder)
  local path = paths.join(folder, "riffbridge-try")
  local file = io.open(path, "wb")
  if file then
    file:close()
    os.remove(path)
  end
  return file ~= nil
end

-- Beside the project's own recordings, so that "save with media" takes the stems along. Not the system's temporary
-- folder, which a Flatpak REAPER does not share with the server.
local function choose_folder(host, project, exchange_folder)
  for _, parent in ipairs({ host.recording_folder(project), exchange_folder }) do
    local folder = paths.join(parent, "riffbridge")
    host.make_folder(paths.join(folder, "tmp"))
    if is_writable(paths.join(folder, "tmp")) then
      return folder
    end
  end
  error({
    message = "Neither the project's recording folder nor the exchange folder can be written.",
    hint = "Save the project in a folder of yours, then press the key again.",
  }, 0)
end

--- Folders of a run, made if they are missing. run: an id that no other run has.
function files.open(host, project, exchange_folder, run)
  return setmetatable({
    host = host,
    run = run,
    stems = choose_folder(host, project, exchange_folder),
    temporary = {},
  }, files)
end

--- Path of a file that is removed at the end of the run.
function files:temporary_path(name)
  local path = paths.join(self.stems, "tmp", ("riff_%s_%s"):format(self.run:sub(1, 12), name))
  self.temporary[#self.temporary + 1] = path
  return path
end

--- A JSON file for the server.
function files:write_json(name, value)
  local path = self:temporary_path(name)
  local file = assert(io.open(path, "wb"))
  file:write(json.write(value))
  file:close()
  return path
end

--- What stems of a part are called.
function files.stem_name(part)
  return paths.file_name(part, LONGEST_NAME)
end

--- Remove what was only needed on the way.
function files:remove_temporary()
  for _, path in ipairs(self.temporary) do
    os.remove(path)
    os.remove(path .. ".reapeaks")
  end
  os.remove(paths.join(self.stems, "tmp")) -- goes when it is empty
end

--- Remove stems of a request that was cancelled, with their recipes.
function files.remove_stems(stems)
  for _, stem in pairs(stems) do
    os.remove(stem.path)
    os.remove(paths.with_ending(stem.path, ".json"))
  end
end

return files
