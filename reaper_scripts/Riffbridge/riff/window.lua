-- A small window: what is being done, how far it is, how long it will take. Drawn with REAPER's gfx, nothing else.

local window = {}
window.__index = window

local WIDTH, HEIGHT, MARGIN, LINE = 420, 112, 14, 20
local BACKGROUND, TEXT, DIM, BAR = { 0.16, 0.16, 0.17 }, { 0.92, 0.92, 0.92 }, { 0.6, 0.6, 0.62 }, { 0.35, 0.62, 0.85 }
local ESCAPE, CLOSED = 27, -1

--- A window that opens when it is first drawn, where it was last time ("x,y").
function window.new(gfx, title, position)
  return setmetatable({ gfx = gfx, title = title, position = position, is_open = false }, window)
end

function window:open()
  local x, y = self.position:match("^(-?%d+),(-?%d+)$")
  self.gfx.init(self.title, WIDTH, HEIGHT, 0, tonumber(x or 200), tonumber(y or 200))
  self.is_open = true
  self.gfx.setfont(1, "Arial", 15)
end

function window:colour(rgb)
  self.gfx.set(rgb[1], rgb[2], rgb[3], 1)
end

-- One or more lines of text from `y` on, broken between words; returns where the next one begins.
function window:write(text, y, rgb)
  self:colour(rgb)
  local line = ""
  for word in (text .. " "):gmatch("(.-) ") do
    local longer = line == "" and word or line .. " " .. word
    if self.gfx.measurestr(longer) > WIDTH - 2 * MARGIN and line ~= "" then
      y = self:write_line(line, y)
      longer = word
    end
    line = longer
  end
  return self:write_line(line, y)
end

function window:write_line(line, y)
  self.gfx.x, self.gfx.y = MARGIN, y
  self.gfx.drawstr(line)
  return y + LINE
end

function window:draw_bar(fraction, y)
  local gfx, width = self.gfx, WIDTH - 2 * MARGIN
  self:colour(DIM)
  gfx.rect(MARGIN, y, width, 8, 0)
  self:colour(BAR)
  gfx.rect(MARGIN, y, math.floor(width * fraction + 0.5), 8, 1)
end

function window:clear()
  if not self.is_open then
    self:open()
  end
  self:colour(BACKGROUND)
  self.gfx.rect(0, 0, WIDTH, HEIGHT, 1)
end

--- Show progress: what, stage, fraction 0 to 1, a line of times and of the device.
function window:show_progress(told)
  self:clear()
  local y = self:write(told.what .. ": " .. told.stage, MARGIN, TEXT)
  self:draw_bar(told.fraction, y + 2)
  y = self:write(told.times, y + 18, DIM)
  self:write(told.device .. "   Esc cancels", y, DIM)
  self.gfx.update()
end

--- Show a message and what to do.
function window:show_message(message, hint)
  self:clear()
  local y = self:write(message, MARGIN, TEXT)
  self:write(hint, y + 4, DIM)
  self.gfx.update()
end

--- Whether the user pressed Esc or closed the window.
function window:wants_to_end()
  if not self.is_open then
    return false
  end
  local key = self.gfx.getchar()
  return key == ESCAPE or key == CLOSED
end

--- Close it; returns its position as text, nil when it was not open.
function window:close()
  if not self.is_open then
    return nil
  end
  local _, x, y = self.gfx.dock(-1, 0, 0, 0, 0)
  self.gfx.quit()
  self.is_open = false
  return ("%d,%d"):format(x // 1, y // 1)
end

return window
