-- What has to be put back, whatever happens in between: settings, mutes, an undo block, the screen.

local restore = {}
restore.__index = restore

local ROUNDS = 3 -- a step that fails is tried again, after the others had their turn

--- Nothing to put back yet.
function restore.new()
  return setmetatable({ steps = {} }, restore)
end

--- A step is not needed any more.
function restore:forget(step)
  for place, held in ipairs(self.steps) do
    if held == step then
      table.remove(self.steps, place)
    end
  end
end

--- Keep a step for later. The returned function takes it now; a step that fails then stays for `finish`.
function restore:later(step)
  self.steps[#self.steps + 1] = step
  return function()
    if pcall(step) then
      self:forget(step)
    end
  end
end

--- Take a step now; it stays for `finish` when it fails.
function restore:at_once(step)
  self:later(step)()
end

--- Take all steps, the last one first; true when nothing is left.
function restore:finish()
  for _ = 1, ROUNDS do
    for place = #self.steps, 1, -1 do
      if pcall(self.steps[place]) then
        table.remove(self.steps, place)
      end
    end
    if #self.steps == 0 then
      return true
    end
  end
  return false
end

return restore
