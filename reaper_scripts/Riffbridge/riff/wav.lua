-- Writes WAV files (stereo, 32 bits float), and hears whether one is silent.

local wav = {}

local AT_ONCE = 512 -- values per string.pack; 30 s of stereo take 0.07 s
local FLOAT = 3
local BLOCK_BYTES = 1 << 20

local function header(rate, data_bytes)
  local format = string.pack("<c4I4I2I2I4I4I2I2", "fmt ", 16, FLOAT, 2, rate, rate * 8, 8, 32)
  return string.pack("<c4I4c4", "RIFF", 36 + data_bytes, "WAVE") .. format .. string.pack("<c4I4", "data", data_bytes)
end

--- Write interleaved samples (a list, two for each frame); raises when the file cannot be written.
function wav.write(path, rate, samples)
  local file = assert(io.open(path, "wb"))
  file:write(header(rate, #samples * 4))
  for first = 1, #samples, AT_ONCE do
    local last = math.min(first + AT_ONCE - 1, #samples)
    file:write(string.pack("<" .. ("f"):rep(last - first + 1), table.unpack(samples, first, last)))
  end
  assert(file:close())
end

--- Whether every sample of a WAV is zero. False when the file cannot be read here.
function wav.is_silent(path)
  local file = io.open(path, "rb")
  local block = file and file:read(BLOCK_BYTES)
  local _, header_end = (block or ""):find("data....")
  block = header_end and block:sub(header_end + 1)
  local is_silent = block ~= nil
  while block and is_silent do
    is_silent = not block:find("[^\0]")
    block = file:read(BLOCK_BYTES)
  end
  if file then
    file:close()
  end
  return is_silent
end

return wav
