-- What a take remembers of its making, as one line of text for P_EXT: name=value&name=value, percent-encoded.

local memo = {}

local function encoded(text)
  return (tostring(text):gsub("[^%w%-_. ]", function(mark)
    return ("%%%02X"):format(mark:byte())
  end))
end

local function decoded(text)
  return (text:gsub("%%(%x%x)", function(digits)
    return string.char(tonumber(digits, 16))
  end))
end

--- A table of texts and numbers as text.
function memo.write(values)
  local parts = {}
  for name, value in pairs(values) do
    parts[#parts + 1] = encoded(name) .. "=" .. encoded(value)
  end
  table.sort(parts)
  return table.concat(parts, "&")
end

--- The table again, every value a text.
function memo.read(text)
  local values = {}
  for name, value in text:gmatch("([^&=]+)=([^&]*)") do
    values[decoded(name)] = decoded(value)
  end
  return values
end

return memo
