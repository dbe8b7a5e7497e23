-- One press of a key, from the plan to the finished item: a state machine that REAPER's defer loop turns.
--
--   greeting ──▶ playing ──▶ peaks ──▶ over
--       └───────────┴──▶ message ──▶ over           (cancelled and given-up runs go straight to over)

local bounce = require("riff.bounce")
local discovery = require("riff.discovery")
local doors = require("riff.doors")
local dry_bounce = require("riff.dry_bounce")
local files = require("riff.files")
local grid = require("riff.grid")
local insertion = require("riff.insertion")
local job = require("riff.job")
local link = require("riff.link")
local paths = require("riff.paths")
local plans = require("riff.plan")
local restore = require("riff.restore")
local settings = require("riff.settings")
local wav = require("riff.wav")
local window = require("riff.window")

local session = {}
session.__index = session

local MESSAGE_S = 12 -- how long a message stays when nobody closes it
local NOT_RUNNING = {
  message = "The Riffbridge server is not running.",
  hint = "Start it with `riffbridge serve`, then press the key again.",
}

--- A run of one action. options: what the action file says, with a `name` of its own.
function session.new(host, options)
  local run = host.new_id()
  return setmetatable({
    host = host,
    options = options,
    run = run,
    restore = restore.new(),
    state = "new",
    started = host.now(),
    cancel_word = host.remembered("cancel"),
  }, session)
end

-- Words and window ----------------------------------------------------------------------------------------------

function session:say(problem)
  if self.job and not self.job:is_over() then
    pcall(self.job.abandon, self.job)
  end
  self.host.log("Riffbridge: " .. problem.message .. " " .. (problem.hint or ""))
  self.problem, self.said = problem, self.host.now()
  self.state = "message"
end

-- What an error amounts to for the user: our own carry a message and a hint, others are REAPER's or a mistake of ours.
function session:as_problem(raised)
  if type(raised) == "table" and raised.message then
    return raised
  end
  local is_made = self.job and self.job.state == "done"
  local stems = is_made and " The stems are in " .. self.files.stems .. "." or ""
  return {
    message = "Something went wrong in REAPER: " .. tostring(raised):gsub("\n.*", "") .. "." .. stems,
    hint = "Press the key again; if it stays, run the Riffbridge self-test.",
  }
end

local function minutes(seconds)
  return ("%d:%02d"):format(seconds // 60, seconds // 1 % 60)
end

function session:progress()
  local at = self.job or { stage = "looking for the server", fraction = 0 }
  local elapsed = minutes(self.host.now() - self.started)
  local left = at.eta_s and (", about %s left"):format(minutes(at.eta_s)) or ""
  return {
    what = self.plan.part,
    stage = at.stage,
    fraction = at.fraction,
    times = elapsed .. left,
    device = self.link.welcome and self.link.welcome.device or "",
  }
end

function session:show()
  local told = self.state ~= "message" and self:progress() or nil
  if self.window and told then
    self.window:show_progress(told)
  elseif self.window then
    self.window:show_message(self.problem.message, self.problem.hint or "")
  elseif told then
    self.host.hint(("Riffbridge: %s, %s, %d%%"):format(told.what, told.stage, told.fraction * 100 // 1))
  else
    self.host.hint("Riffbridge: " .. self.problem.message .. " " .. (self.problem.hint or ""))
  end
end

function session:close_window()
  local position = self.window and self.window:close()
  if position then
    self.host.remember("window", position, true)
  end
end

-- Steps ---------------------------------------------------------------------------------------------------------

function session:find_server()
  local folders = paths.state_folders(self.host.os(), os.getenv)
  if self.chosen.state_folder ~= "" then
    folders = { self.chosen.state_folder }
  end
  return discovery.find(folders, discovery.read_file)
end

function session:open_link(announcement)
  local host = self.host
  local socket = nil
  if self.chosen.door == "auto" then
    socket = doors.socket(host.resource_folder(), host.os(), discovery.read_file)
  end
  local name = "reaper-" .. self.options.name
  self.door = doors.open(socket, name, self.run:sub(1, 8), host.list_files, os.time)
  self.door:aim(announcement)
  return link.new(self.door, {
    name = name,
    announcement = announcement,
    find = function()
      return self:find_server()
    end,
    now = host.now,
  })
end

-- The plan first: what the user has to put right is said before anybody waits.
function session:begin()
  local host = self.host
  self.chosen = settings.read(host)
  if self.chosen.progress == "window" then
    self.window = window.new(host.gfx, "Riffbridge", host.remembered("window"))
  end
  self.plan = plans.make(host, host.project(), self.options, self.chosen)
  local announcement = self:find_server() or error(NOT_RUNNING, 0)
  self.link = self:open_link(announcement)
  self.files = files.open(host, self.plan.project, announcement.exchange_folder, self.run)
  self.state = "greeting"
end

-- Not an error, and not worth a window: a user who wonders finds it in the console.
local function mention_slow_render(host)
  local limit = tonumber(host.config("projrenderlimit"))
  if limit and limit >= 1 and limit <= 3 then
    host.log("Riffbridge: REAPER renders in real time here, so the bounce takes as long as the selection plays.")
  end
end

local function handles(host, project, guids)
  local found = guids and {} or nil
  for _, guid in ipairs(guids or {}) do
    found[#found + 1] = host.track_by_guid(project, guid)
  end
  return found
end

function session:bounce_context()
  local host, plan = self.host, self.plan
  local path = self.files:temporary_path("context.wav")
  local tracks = {
    muted = handles(host, plan.project, plan.muted),
    soloed = handles(host, plan.project, plan.soloed),
  }
  local render = dry_bounce.render
  if plan.bounce ~= "dry" then
    mention_slow_render(host)
    render = bounce.render
  end
  local frames = render(host, plan.project, plan.range, path, tracks, self.restore)
  if plan.sounds and plan.sounds.init and wav.is_silent(path) then
    return -- nothing but the take itself: it can be varied all the same
  end
  plan.pairs.context = path
  plan.pairs.context_frames = math.min(frames, plan.range.frames)
end

-- Items that go along as they sound: what is to be varied, or what it shall sound like.
function session:write_sounds()
  for pair, sound in pairs(self.plan.sounds or {}) do
    local item = self.host.item_by_guid(self.plan.project, sound.item)
    local take = item and self.host.active_take(item)
    if not take then
      error({ message = "The item " .. sound.name .. " was deleted.", hint = "Select another one." }, 0)
    end
    self.plan.pairs[pair] = self.files:temporary_path(pair .. ".wav")
    dry_bounce.take(self.host, take, sound.range, self.plan.pairs[pair], self.restore)
  end
end

function session:check_project()
  if not self.host.is_open(self.plan.project) then
    local made = next(self.job and self.job.stems or {}) and " Its stems are in " .. self.files.stems .. "." or ""
    error({ message = "The project was closed meanwhile." .. made, hint = "" }, 0)
  end
end

function session:ask()
  local plan = self.plan
  self:check_project()
  self:bounce_context()
  self:write_sounds()
  plan.pairs.out_dir, plan.pairs.name = self.files.stems, files.stem_name(plan.part)
  if grid.changes(plan.grid) then
    plan.pairs.grid = self.files:write_json("grid.json", plan.grid)
  end
  self.job = job.new(self.link, self.run, plan.pairs, self.host.now, { "grid" })
  self.state = "playing"
end

function session:insert()
  self:check_project()
  local guid, remark = insertion.insert(self.host, self.plan, self.job.stems, self.job.request_id, self.restore)
  if remark then
    return self:say({ message = remark, hint = "" })
  end
  local item = self.host.item_by_guid(self.plan.project, guid)
  self.go_on_with_peaks = self.host.peak_builder(self.plan.project, item)
  self.state = "peaks"
end

local TURN = {
  greeting = function(self)
    self.link:tick("")
    if self.link.refusal then
      error(self.link.refusal, 0)
    elseif self.link:is_given_up() then
      error(NOT_RUNNING, 0)
    elseif self.link.welcome then
      self:ask()
    end
  end,
  playing = function(self)
    self.job:tick()
    if self.job.state == "done" then
      self:insert()
    elseif self.job.state == "failed" then
      error(self.job.failure, 0)
    elseif self.job.state == "cancelled" then
      files.remove_stems(self.job.stems)
      self.state = "over"
    end
  end,
  peaks = function(self)
    if not self.host.is_open(self.plan.project) or self.go_on_with_peaks() then
      self.state = "over"
    end
  end,
  message = function(self)
    if not self.window or self.host.now() - self.said > MESSAGE_S then
      self.state = "over"
    end
  end,
}

-- Turning -------------------------------------------------------------------------------------------------------

--- Esc, the window closed, or the cancel action: the run ends within a second.
function session:cancel()
  if self.state == "playing" then
    self.job:cancel()
  else
    self.state = "over"
  end
end

function session:is_cancelled_by_user()
  return (self.window and self.window:wants_to_end()) or self.host.remembered("cancel") ~= self.cancel_word
end

-- Run a step; whatever it raises is said in words, and whatever it changed is put back in this same turn.
function session:guarded(step)
  local ok, raised = pcall(step, self)
  self.restore:finish()
  if not ok and self.problem then
    self.state = "over" -- not even the message can be shown
  elseif not ok then
    self:say(self:as_problem(raised))
  end
end

--- One turn; false when there will be no more.
function session:turn()
  self:guarded(function()
    if self.state == "new" then
      self:begin()
    elseif self:is_cancelled_by_user() then
      self:cancel()
    end
    if TURN[self.state] then
      TURN[self.state](self)
    end
    if self.state ~= "over" then
      self:show()
    end
  end)
  return self.state ~= "over"
end

--- However the script ends: nothing stays behind. Each thing by itself, so that one failure keeps no other back.
function session:finish()
  self.restore:finish()
  local function try(step)
    if not pcall(step, self) then
      pcall(step, self)
    end
  end
  if self.job and not self.job:is_over() then
    try(function()
      self.job:abandon()
      files.remove_stems(self.job.stems)
    end)
  end
  if self.files then
    try(function()
      self.files:remove_temporary()
    end)
  end
  if self.door then
    try(function()
      self.door:close()
    end)
  end
  try(self.close_window)
end

return session
