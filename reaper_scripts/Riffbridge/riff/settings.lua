-- What the user can set once for all actions. Kept in REAPER's ExtState; an empty number is left to the server.

local settings = {}

local function number_between(lowest, highest, is_whole)
  return function(text)
    local number = tonumber(text)
    if not number or number < lowest or number > highest then
      return nil
    end
    return is_whole and math.tointeger(number) or not is_whole and number or nil
  end
end

local function optional(check)
  return function(text)
    if text == "" then
      return ""
    end
    return check(text)
  end
end

local function one_of(...)
  local choices = {}
  for _, choice in ipairs({ ... }) do
    choices[choice] = true
  end
  return function(text)
    return choices[text] and text or nil
  end
end

-- key, caption, default, check (text -> value or nil)
local FIELDS = {
  { "variations", "Variations (1 to 8)", 2, number_between(1, 8, true) },
  { "strength", "Vary: strength (0 keeps .. 1 ignores)", 0.5, number_between(0, 1) },
  { "blend", "Reference: blend (0 text .. 1 audio)", 0.5, number_between(0, 1) },
  { "seed", "Seed (empty: chosen by the server)", "", optional(number_between(0, 2147483647, true)) },
  { "steps", "Steps (empty: the pack's)", "", optional(number_between(1, 30, true)) },
  { "guidance", "Context guidance (empty: the pack's)", "", optional(number_between(0, 20)) },
  { "prompt_guidance", "Prompt guidance (empty: the pack's)", "", optional(number_between(0, 20)) },
  { "loudness", "Loudness (match or raw)", "match", one_of("match", "raw") },
  { "format", "Format (wav24 wav16 wav32f)", "wav24", one_of("wav24", "wav16", "wav32f") },
  { "fade_ms", "Fades of new items in ms", 5, number_between(0, 1000) },
  { "bounce", "Bounce (render or dry = fast without effects)", "render", one_of("render", "dry") },
  { "progress", "Progress (window or line)", "window", one_of("window", "line") },
  { "door", "Connection (auto or files)", "auto", one_of("auto", "files") },
  { "state_folder", "Server's state folder (empty: the usual)", "", function(text)
    return text
  end },
}

local function kept(host, field)
  local text = host.remembered("setting." .. field[1])
  if text == "" then
    return field[3]
  end
  local value = field[4](text)
  return value == nil and field[3] or value
end

--- All settings as a table key -> value.
function settings.read(host)
  local found = {}
  for _, field in ipairs(FIELDS) do
    found[field[1]] = kept(host, field)
  end
  return found
end

--- Ask for all of them and keep the usable answers. Returns one line: what was kept and what was not.
function settings.ask(host)
  local captions, values, refused = {}, {}, {}
  for place, field in ipairs(FIELDS) do
    captions[place], values[place] = field[2], tostring(kept(host, field))
  end
  local answers = host.ask("Riffbridge settings", captions, values)
  if not answers then
    return "Settings were left as they are."
  end
  for place, field in ipairs(FIELDS) do
    local text = answers[place] or ""
    if field[4](text) ~= nil then
      host.remember("setting." .. field[1], text, true)
    else
      refused[#refused + 1] = field[1]
    end
  end
  return #refused == 0 and "Settings kept." or ("Settings kept, but not: " .. table.concat(refused, ", ") .. ".")
end

return settings
