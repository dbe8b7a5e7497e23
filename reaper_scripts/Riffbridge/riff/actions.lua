-- What the action files call: `run` with a few words about what shall happen.

local host = require("riff.host")
local session = require("riff.session")
local settings = require("riff.settings")

local actions = {}

local BY_ITSELF = {
  cancel = function()
    host.remember("cancel", host.new_id(), false)
  end,
  settings = function()
    host.hint("Riffbridge: " .. settings.ask(host))
  end,
  ["self-test"] = function()
    require("riff.self_test").run(host)
  end,
}

--- options.action: generate, again, vary, redo, reference, cancel, settings or self-test.
--- options.name: the action's own name among the clients of the server, of A-Z a-z 0-9 _ -.
function actions.run(options)
  if BY_ITSELF[options.action] then
    return BY_ITSELF[options.action]()
  end
  host.end_when_pressed_again()
  local run = session.new(host, options)
  host.run(function()
    return run:turn()
  end, function()
    run:finish()
  end)
end

return actions
