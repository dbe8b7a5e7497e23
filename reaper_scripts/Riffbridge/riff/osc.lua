-- OSC 1.0 packets of the riff protocol: written and read by the generated table, with plain Lua (5.3 and 5.4).

local protocol = require("riff.protocol")

local osc = {}

local PAIR_FORMAT = { i = ">i4", f = ">f" }
local SIZE = { i = 4, f = 4, h = 8, d = 8 }
local READ = { i = ">i4", f = ">f", h = ">i8", d = ">d" }
local NO_BYTES = { T = true, F = false }

local function padded(text)
  return text .. ("\0"):rep(4 - #text % 4)
end

local function packed(type_tag, value)
  if type_tag == "s" then
    return padded(value)
  end
  if type_tag == "i" then
    value = math.tointeger(value) or error("not a whole number: " .. tostring(value))
  end
  return string.pack(PAIR_FORMAT[type_tag], value)
end

local function message(address, types, values)
  local parts = { padded(address), padded("," .. types) }
  for place = 1, #types do
    parts[#parts + 1] = packed(types:sub(place, place), values[place])
  end
  return table.concat(parts)
end

--- One message of the table as bytes; raises for an unknown address or a missing argument.
function osc.write(address, ...)
  local row = protocol.messages[address] or error("no such address: " .. address)
  local values = table.pack(...)
  assert(values.n == #row.types, address .. " takes " .. #row.types .. " arguments")
  return message(address, row.types, values)
end

--- `/riff/generate` with its pairs (a table name -> value), in the order of their names.
function osc.write_generate(request_id, pairs_given)
  local names = {}
  for name in pairs(pairs_given) do
    names[#names + 1] = name
  end
  table.sort(names)
  local types, values = "s", { request_id }
  for _, name in ipairs(names) do
    local pair = protocol.pairs[name] or error("no such pair: " .. name)
    types = types .. "s" .. pair.type
    values[#values + 1] = name
    values[#values + 1] = pairs_given[name]
  end
  return message("/riff/generate", types, values)
end

-- The string at `at` and where the next item begins; nil when it has no end.
local function string_at(packet, at)
  local stop = packet:find("\0", at, true)
  if not stop then
    return nil
  end
  return packet:sub(at, stop - 1), at + ((stop - at) // 4 + 1) * 4
end

local function value_at(packet, at, type_tag)
  if type_tag == "s" then
    return string_at(packet, at)
  end
  if NO_BYTES[type_tag] ~= nil then
    return NO_BYTES[type_tag], at
  end
  local size = SIZE[type_tag]
  if not size or at + size - 1 > #packet then
    return nil
  end
  return string.unpack(READ[type_tag], packet, at), at + size
end

local function read_values(packet, at, types)
  local values = {}
  for place = 1, #types do
    local value, following = value_at(packet, at, types:sub(place, place))
    if value == nil then
      return nil
    end
    values[place], at = value, following
  end
  return values
end

local function named(address, row, values)
  local found = { address = address, acked = row.acked }
  for place, name in ipairs(row.arguments) do
    found[name] = values[place]
  end
  return found
end

--- One message of the server as a table with its arguments by name; nil for anything that is not in the table.
function osc.read(packet)
  local address, at = string_at(packet, 1)
  local row = address and protocol.messages[address]
  if not row or row.sender ~= "server" then
    return nil
  end
  local tags, first = string_at(packet, at)
  if not tags or tags:sub(1, 1) ~= "," or #tags - 1 < #row.types then
    return nil
  end
  local values = read_values(packet, first, tags:sub(2))
  return values and named(address, row, values)
end

return osc
