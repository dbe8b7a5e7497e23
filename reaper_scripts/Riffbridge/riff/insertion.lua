-- Puts finished stems into the project: one undo step, variations as takes, each remembering how it was made.

local memo = require("riff.memo")
local parts = require("riff.parts")
local paths = require("riff.paths")

local insertion = {}

-- Where the new track goes, and what the folder ends of the tracks around it must become so that folders stay whole.
-- A track after a folder's last one would lie outside: it takes over the end. After a folder, it lies behind it.
local function place_after(host, tracks, anchor)
  local is_folder = host.get_track(tracks[anchor], "I_FOLDERDEPTH") == 1
  local last, depth = anchor, is_folder and 1 or 0
  while is_folder and depth > 0 and last < #tracks do
    last = last + 1
    depth = depth + host.get_track(tracks[last], "I_FOLDERDEPTH")
  end
  local ends = math.min(0, host.get_track(tracks[last], "I_FOLDERDEPTH"))
  local kept = (is_folder and last > anchor) and math.max(ends, -1) or 0
  return last, kept, ends - kept
end

local function add_track(host, project, plan)
  local tracks, name, colour = host.tracks(project), "AI " .. plan.part, parts.colour(plan.part)
  for anchor, track in ipairs(tracks) do
    if host.track_guid(track) == plan.target.after then
      local last, kept, moved = place_after(host, tracks, anchor)
      local added = host.add_track(project, last, name, colour)
      if moved < 0 then
        host.set_track(tracks[last], "I_FOLDERDEPTH", kept)
        host.set_track(added, "I_FOLDERDEPTH", moved)
      end
      return added
    end
  end
  return host.add_track(project, #tracks, name, colour)
end

local function span(range)
  return { first = range.first, frames = range.frames, rate = range.rate }
end

local function has_span(host, item, range)
  local held, wished = memo.read(host.item_note(item)), span(range)
  for name, value in pairs(wished) do
    if tonumber(held[name]) ~= value then
      return false
    end
  end
  return math.abs(host.get_item(item, "D_POSITION") - range.start_s) < 0.5 / range.rate
end

local function readable(plan, stems)
  local lines = { "Riffbridge: " .. plan.part }
  for _, stem in ipairs(stems) do
    lines[#lines + 1] = ("seed %d: %s"):format(stem.seed, paths.name_of(stem.path))
  end
  return table.concat(lines, "\n")
end

local function add_item(host, track, plan, stems)
  local item, range = host.add_item(track), plan.range
  host.set_item(item, "D_POSITION", range.start_s)
  host.set_item(item, "D_LENGTH", math.min(range.length_s, stems[1].frames / stems[1].sample_rate))
  host.set_item(item, "B_LOOPSRC", 0)
  host.set_item(item, "B_ALLTAKESPLAY", 0)
  host.set_item(item, "D_FADEINLEN", plan.fade_s)
  host.set_item(item, "D_FADEOUTLEN", plan.fade_s)
  host.set_item(item, "D_FADEINLEN_AUTO", -1)
  host.set_item(item, "D_FADEOUTLEN_AUTO", -1)
  host.set_item(item, "I_CUSTOMCOLOR", host.colour(parts.colour(plan.part)))
  host.note_item(item, memo.write(span(range)), readable(plan, stems))
  return item
end

-- The item that gets the takes, made if need be, and a sentence when the one that was meant is gone.
local function item_for(host, project, plan, stems)
  local target = plan.target
  local item = target.item and host.item_by_guid(project, target.item)
  if item then
    return item
  end
  local track = target.track and host.track_by_guid(project, target.track)
  if not track then
    local gone = target.track and "The track was deleted meanwhile, so the stem is on a new one." or nil
    return add_item(host, add_track(host, project, plan), plan, stems), gone
  end
  for _, held in ipairs(host.items(track)) do
    if has_span(host, held, plan.range) then
      return held
    end
  end
  local gone = target.item and "The item was deleted meanwhile, so the stem is a new one." or nil
  return add_item(host, track, plan, stems), gone
end

local function note(plan, stem, request_id)
  return memo.write({
    request = request_id,
    seed = stem.seed,
    part = plan.part,
    prompt = plan.prompt,
    soloed = plan.soloed and table.concat(plan.soloed, ",") or nil,
    recipe = paths.with_ending(stem.path, ".json"),
  })
end

local function add_takes(host, item, plan, stems, request_id, restore)
  local first, before = nil, #host.takes(item)
  for place, stem in ipairs(stems) do
    local name = ("%s v%d seed %d"):format(plan.part, before + place, stem.seed)
    local memory = note(plan, stem, request_id)
    local take = host.add_take(item, stem.path, name, parts.colour(plan.part), memory, restore)
    first = first or take
  end
  host.activate_take(first)
end

local function label(plan, count)
  return ("Riffbridge: insert %s (%d variation%s)"):format(plan.part, count, count == 1 and "" or "s")
end

--- Insert the stems of a request. Returns the item's GUID, and a sentence when it is not where the user wanted it.
function insertion.insert(host, plan, stems, request_id, restore)
  local project, guid, remark = plan.project, nil, nil
  host.as_one_step(project, label(plan, #stems), restore, function()
    local item
    item, remark = item_for(host, project, plan, stems)
    add_takes(host, item, plan, stems, request_id, restore)
    host.show_item(project, item, host.item_track(item))
    guid = host.item_guid(item)
  end)
  return guid, remark
end

return insertion
