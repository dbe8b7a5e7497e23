-- The parts of the presets: what is asked of the server, and the colour that the stem gets.

local parts = {
  bass = { prompt = "bass", colour = { 203, 92, 60 } },
  drums = { prompt = "drums", colour = { 214, 170, 62 } },
  chords = { prompt = "piano", colour = { 84, 142, 190 } },
  pad = { prompt = "pad", colour = { 120, 104, 186 } },
  lead = { prompt = "lead", colour = { 92, 168, 110 } },
}

local OTHER_COLOUR = { 140, 140, 140 }

--- Colour of a part; grey for one that the user named.
local function colour(name)
  return parts[name] and parts[name].colour or OTHER_COLOUR
end

--- What to ask the server for; a name that is no preset is a prompt itself.
local function prompt(name)
  return parts[name] and parts[name].prompt or name
end

return { colour = colour, prompt = prompt }
