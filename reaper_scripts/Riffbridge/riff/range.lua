-- A stretch of the project on its sample grid: first frame, number of frames, and the times that belong to them.

local range = {}

local function frame_at(time_s, rate)
  return math.floor(time_s * rate + 0.5)
end

--- The range from one time to another, both moved to the nearest sample.
function range.between(start_s, end_s, rate)
  local first = frame_at(start_s, rate)
  local frames = frame_at(end_s, rate) - first
  return { first = first, frames = frames, rate = rate, start_s = first / rate, length_s = frames / rate }
end

--- End of a range in seconds.
function range.end_s(of)
  return (of.first + of.frames) / of.rate
end

--- The part of `inner` that lies in `outer`, as frames from the start of `outer`; nil when they do not meet.
function range.part(outer, inner)
  local first = math.max(outer.first, inner.first)
  local last = math.min(outer.first + outer.frames, inner.first + inner.frames)
  if last <= first then
    return nil
  end
  return first - outer.first, last - first
end

return range
