-- The little JSON that the client meets: state.json and recipes are read, grids are written.

local json = {}

local ESCAPES = { b = "\b", f = "\f", n = "\n", r = "\r", t = "\t", ['"'] = '"', ["\\"] = "\\", ["/"] = "/" }
local LITERALS = { ["true"] = true, ["false"] = false, null = json }
json.null = json -- stands for JSON's null, which a Lua table cannot hold

local read_value

local function skip(text, at)
  return text:find("[^ \t\r\n]", at) or #text + 1
end

local function fail(at)
  error({ json = "unreadable JSON at byte " .. at }, 0)
end

-- A \u escape at `at`, two of them for characters beyond the basic plane.
local function read_unicode(text, at)
  local high = tonumber(text:match("^u(%x%x%x%x)", at) or fail(at), 16)
  if high < 0xD800 or high > 0xDBFF then
    return utf8.char(high), at + 5
  end
  local low = tonumber(text:match("^\\u(%x%x%x%x)", at + 5) or fail(at), 16)
  return utf8.char(0x10000 + (high - 0xD800) * 0x400 + low - 0xDC00), at + 11
end

local function read_escape(text, at)
  local plain = ESCAPES[text:sub(at, at)]
  if plain then
    return plain, at + 1
  end
  return read_unicode(text, at)
end

local function read_string(text, at)
  local parts = {}
  at = at + 1
  while true do
    local stop = text:find('["\\]', at) or fail(at)
    parts[#parts + 1] = text:sub(at, stop - 1)
    if text:sub(stop, stop) == '"' then
      return table.concat(parts), stop + 1
    end
    parts[#parts + 1], at = read_escape(text, stop + 1)
  end
end

-- Items between brackets; `read_item(at)` takes one in and says where the next thing begins.
local function read_items(text, at, closing, read_item)
  at = skip(text, at + 1)
  while text:sub(at, at) ~= closing do
    at = skip(text, read_item(at))
    local mark = text:sub(at, at)
    if mark == "," then
      at = skip(text, at + 1)
    elseif mark ~= closing then
      fail(at)
    end
  end
  return at + 1
end

local function read_object(text, at)
  local found = {}
  local after = read_items(text, at, "}", function(place)
    if text:sub(place, place) ~= '"' then
      fail(place)
    end
    local key, colon = read_string(text, place)
    colon = skip(text, colon)
    if text:sub(colon, colon) ~= ":" then
      fail(colon)
    end
    local value, following = read_value(text, skip(text, colon + 1))
    found[key] = value
    return following
  end)
  return found, after
end

local function read_list(text, at)
  local found = {}
  local after = read_items(text, at, "]", function(place)
    local value, following = read_value(text, place)
    found[#found + 1] = value
    return following
  end)
  return found, after
end

function read_value(text, at)
  local mark = text:sub(at, at)
  if mark == "{" then
    return read_object(text, at)
  elseif mark == "[" then
    return read_list(text, at)
  elseif mark == '"' then
    return read_string(text, at)
  end
  local word = text:match("^%a+", at)
  if word and LITERALS[word] ~= nil then
    return LITERALS[word], at + #word
  end
  local digits = text:match("^-?[%d.eE+-]+", at)
  return tonumber(digits or fail(at)) or fail(at), at + #digits
end

--- The value of a JSON text; nil when it is none.
function json.read(text)
  local ok, value, after = pcall(read_value, text, skip(text, 1))
  if not ok or skip(text, after) <= #text then
    return nil
  end
  return value
end

local function written_string(text)
  return '"' .. text:gsub('[%c"\\]', function(mark)
    return ("\\u%04x"):format(mark:byte())
  end) .. '"'
end

local function written_members(value)
  local parts = {}
  for key, member in pairs(value) do
    parts[#parts + 1] = written_string(key) .. ": " .. json.write(member)
  end
  table.sort(parts)
  return "{" .. table.concat(parts, ", ") .. "}"
end

local function written_list(value)
  local parts = {}
  for place, item in ipairs(value) do
    parts[place] = json.write(item)
  end
  return "[" .. table.concat(parts, ", ") .. "]"
end

--- A value as JSON; a table with a first item is a list, every other one an object.
function json.write(value)
  if type(value) == "table" then
    return value[1] ~= nil and written_list(value) or written_members(value)
  elseif type(value) == "string" then
    return written_string(value)
  elseif math.type(value) == "float" then
    return ("%.17g"):format(value)
  end
  return tostring(value)
end

return json
