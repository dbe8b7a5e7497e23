-- Paths as REAPER gives them: UTF-8 text, backslashes on Windows, kept as they are.

local paths = {}

--- "/" or "\\", whichever this system writes.
paths.separator = package.config:sub(1, 1)

--- Folder and names joined by one separator.
function paths.join(folder, ...)
  local joined = folder
  for _, name in ipairs({ ... }) do
    joined = joined:gsub("[/\\]$", "") .. paths.separator .. name
  end
  return joined
end

--- The folder of a file, without the separator at its end.
function paths.folder_of(path)
  return path:match("^(.*)[/\\][^/\\]*$") or "."
end

--- The last part of a path.
function paths.name_of(path)
  return path:match("[^/\\]*$")
end

--- The path with another ending, for instance the recipe beside a stem.
function paths.with_ending(path, ending)
  return (path:gsub("%.[^./\\]*$", "")) .. ending
end

--- Whether two spellings name the same file on this system.
function paths.is_same(one, other, os_name)
  local function plain(path)
    path = path:gsub("\\", "/"):gsub("/+", "/")
    return os_name:match("^Win") and path:lower() or path
  end
  return plain(one) == plain(other)
end

--- A name for files and messages: letters, digits, "-" and "_" of any alphabet, at most `longest` bytes.
function paths.file_name(text, longest)
  local name = text:gsub("[%c%s\"*/:<>?\\|.$%%]+", "-"):gsub("^%-+", ""):gsub("%-+$", "")
  while #name > longest do
    name = name:sub(1, utf8.offset(name, -1) - 1) -- whole characters
  end
  return name ~= "" and name or "stem"
end

--- Folders where the server's state.json may lie, the likeliest first. getenv as os.getenv.
function paths.state_folders(os_name, getenv)
  local home, found = getenv("HOME"), {}
  local function add(folder, ...)
    if folder and folder ~= "" then
      found[#found + 1] = paths.join(folder, ...)
    end
  end
  if os_name:match("^Win") then
    add(getenv("LOCALAPPDATA"), "riffbridge")
  elseif os_name:match("^OSX") or os_name:match("^macOS") then
    add(home, "Library", "Application Support", "riffbridge")
  else
    add(getenv("XDG_STATE_HOME"), "riffbridge")
    add(home, ".local", "state", "riffbridge") -- also for a Flatpak REAPER, whose XDG_STATE_HOME is its own
  end
  return found
end

return paths
