-- Writes WAV files: stereo, 32 bits float.

local wav = {}

local AT_ONCE = 512 -- values per string.pack; 30 s of stereo take 0.07 s
local FLOAT = 3

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

return wav
