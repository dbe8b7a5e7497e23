-- Made by `python -m bridge_server.protocol.describe`; change bridge_server/protocol/table.py instead.
return {
  ["major"] = 1,
  ["minor"] = 1,
  ["default_port"] = 9510,
  ["ports_tried"] = 21,
  ["messages"] = {
    ["/riff/hello"] = {
      ["sender"] = "client",
      ["acked"] = false,
      ["pairs"] = false,
      ["types"] = "siiis",
      ["arguments"] = {
        "client_name",
        "major",
        "minor",
        "reply_port",
        "token",
      },
    },
    ["/riff/generate"] = {
      ["sender"] = "client",
      ["acked"] = false,
      ["pairs"] = true,
      ["types"] = "s",
      ["arguments"] = {
        "request_id",
      },
    },
    ["/riff/cancel"] = {
      ["sender"] = "client",
      ["acked"] = false,
      ["pairs"] = false,
      ["types"] = "s",
      ["arguments"] = {
        "request_id",
      },
    },
    ["/riff/query"] = {
      ["sender"] = "client",
      ["acked"] = false,
      ["pairs"] = false,
      ["types"] = "s",
      ["arguments"] = {
        "request_id",
      },
    },
    ["/riff/ack"] = {
      ["sender"] = "client",
      ["acked"] = false,
      ["pairs"] = false,
      ["types"] = "si",
      ["arguments"] = {
        "request_id",
        "sequence",
      },
    },
    ["/riff/status"] = {
      ["sender"] = "client",
      ["acked"] = false,
      ["pairs"] = false,
      ["types"] = "",
      ["arguments"] = {},
    },
    ["/riff/ping"] = {
      ["sender"] = "client",
      ["acked"] = false,
      ["pairs"] = false,
      ["types"] = "i",
      ["arguments"] = {
        "number",
      },
    },
    ["/riff/quit"] = {
      ["sender"] = "client",
      ["acked"] = false,
      ["pairs"] = false,
      ["types"] = "s",
      ["arguments"] = {
        "token",
      },
    },
    ["/riff/welcome"] = {
      ["sender"] = "server",
      ["acked"] = false,
      ["pairs"] = false,
      ["types"] = "iissssiifi",
      ["arguments"] = {
        "major",
        "minor",
        "version",
        "boot_id",
        "pack",
        "device",
        "ready",
        "queue_length",
        "lease_s",
        "granted",
      },
    },
    ["/riff/accepted"] = {
      ["sender"] = "server",
      ["acked"] = false,
      ["pairs"] = false,
      ["types"] = "sif",
      ["arguments"] = {
        "request_id",
        "position",
        "estimate_s",
      },
    },
    ["/riff/refused"] = {
      ["sender"] = "server",
      ["acked"] = false,
      ["pairs"] = false,
      ["types"] = "ssss",
      ["arguments"] = {
        "request_id",
        "code",
        "message",
        "hint",
      },
    },
    ["/riff/progress"] = {
      ["sender"] = "server",
      ["acked"] = false,
      ["pairs"] = false,
      ["types"] = "sifsf",
      ["arguments"] = {
        "request_id",
        "sequence",
        "fraction",
        "stage",
        "eta_s",
      },
    },
    ["/riff/stem"] = {
      ["sender"] = "server",
      ["acked"] = true,
      ["pairs"] = false,
      ["types"] = "siiisiii",
      ["arguments"] = {
        "request_id",
        "sequence",
        "index",
        "count",
        "path",
        "frames",
        "sample_rate",
        "seed",
      },
    },
    ["/riff/part"] = {
      ["sender"] = "server",
      ["acked"] = true,
      ["pairs"] = false,
      ["types"] = "siiisiiii",
      ["arguments"] = {
        "request_id",
        "sequence",
        "index",
        "part",
        "path",
        "start",
        "frames",
        "stem_frames",
        "sample_rate",
      },
    },
    ["/riff/done"] = {
      ["sender"] = "server",
      ["acked"] = true,
      ["pairs"] = false,
      ["types"] = "siifs",
      ["arguments"] = {
        "request_id",
        "sequence",
        "count",
        "elapsed_s",
        "device",
      },
    },
    ["/riff/failed"] = {
      ["sender"] = "server",
      ["acked"] = true,
      ["pairs"] = false,
      ["types"] = "sisss",
      ["arguments"] = {
        "request_id",
        "sequence",
        "code",
        "message",
        "hint",
      },
    },
    ["/riff/cancelled"] = {
      ["sender"] = "server",
      ["acked"] = true,
      ["pairs"] = false,
      ["types"] = "si",
      ["arguments"] = {
        "request_id",
        "sequence",
      },
    },
    ["/riff/heartbeat"] = {
      ["sender"] = "server",
      ["acked"] = false,
      ["pairs"] = false,
      ["types"] = "siis",
      ["arguments"] = {
        "boot_id",
        "uptime_s",
        "queue_length",
        "running_request_id",
      },
    },
    ["/riff/status.reply"] = {
      ["sender"] = "server",
      ["acked"] = false,
      ["pairs"] = false,
      ["types"] = "s",
      ["arguments"] = {
        "json",
      },
    },
    ["/riff/pong"] = {
      ["sender"] = "server",
      ["acked"] = false,
      ["pairs"] = false,
      ["types"] = "i",
      ["arguments"] = {
        "number",
      },
    },
  },
  ["pairs"] = {
    ["context"] = {
      ["type"] = "s",
      ["longest"] = 2048,
    },
    ["context_start"] = {
      ["type"] = "i",
      ["lowest"] = 0,
      ["highest"] = 2147483647,
      ["default"] = 0,
    },
    ["context_frames"] = {
      ["type"] = "i",
      ["lowest"] = 1,
      ["highest"] = 2147483647,
    },
    ["ring"] = {
      ["type"] = "s",
      ["longest"] = 2048,
    },
    ["length_frames"] = {
      ["type"] = "i",
      ["lowest"] = 1,
      ["highest"] = 2147483647,
    },
    ["out_dir"] = {
      ["type"] = "s",
      ["longest"] = 2048,
    },
    ["name"] = {
      ["type"] = "s",
      ["longest"] = 64,
      ["default"] = "stem",
    },
    ["prompt"] = {
      ["type"] = "s",
      ["longest"] = 1000,
      ["default"] = "",
    },
    ["reference"] = {
      ["type"] = "s",
      ["longest"] = 2048,
    },
    ["blend"] = {
      ["type"] = "f",
      ["lowest"] = 0,
      ["highest"] = 1,
    },
    ["prompt_to"] = {
      ["type"] = "s",
      ["longest"] = 1000,
      ["default"] = "",
    },
    ["prompt_position"] = {
      ["type"] = "f",
      ["lowest"] = 0,
      ["highest"] = 1,
    },
    ["tempo"] = {
      ["type"] = "f",
      ["lowest"] = 10,
      ["highest"] = 1000,
    },
    ["beats_per_bar"] = {
      ["type"] = "i",
      ["lowest"] = 1,
      ["highest"] = 64,
      ["default"] = 4,
    },
    ["beat_unit"] = {
      ["type"] = "i",
      ["choices"] = {
        1,
        2,
        4,
        8,
        16,
        32,
        64,
      },
      ["default"] = 4,
    },
    ["grid"] = {
      ["type"] = "s",
      ["longest"] = 2048,
    },
    ["variations"] = {
      ["type"] = "i",
      ["lowest"] = 1,
      ["highest"] = 8,
      ["default"] = 1,
    },
    ["seed"] = {
      ["type"] = "i",
      ["lowest"] = 0,
      ["highest"] = 2147483647,
    },
    ["steps"] = {
      ["type"] = "i",
      ["lowest"] = 1,
      ["highest"] = 30,
    },
    ["guidance"] = {
      ["type"] = "f",
      ["lowest"] = 0,
      ["highest"] = 20,
    },
    ["prompt_guidance"] = {
      ["type"] = "f",
      ["lowest"] = 0,
      ["highest"] = 20,
    },
    ["init"] = {
      ["type"] = "s",
      ["longest"] = 2048,
    },
    ["strength"] = {
      ["type"] = "f",
      ["lowest"] = 0,
      ["highest"] = 1,
    },
    ["redo_start"] = {
      ["type"] = "i",
      ["lowest"] = 0,
      ["highest"] = 2147483647,
    },
    ["redo_frames"] = {
      ["type"] = "i",
      ["lowest"] = 1,
      ["highest"] = 2147483647,
    },
    ["loop"] = {
      ["type"] = "i",
      ["lowest"] = 0,
      ["highest"] = 1,
      ["default"] = 0,
    },
    ["sample_rate"] = {
      ["type"] = "i",
      ["lowest"] = 8000,
      ["highest"] = 192000,
    },
    ["format"] = {
      ["type"] = "s",
      ["longest"] = 16,
      ["choices"] = {
        "wav24",
        "wav16",
        "wav32f",
      },
      ["default"] = "wav24",
    },
    ["channels"] = {
      ["type"] = "i",
      ["lowest"] = 1,
      ["highest"] = 2,
      ["default"] = 2,
    },
    ["loudness"] = {
      ["type"] = "s",
      ["longest"] = 16,
      ["choices"] = {
        "match",
        "raw",
      },
      ["default"] = "match",
    },
    ["stream"] = {
      ["type"] = "i",
      ["lowest"] = 0,
      ["highest"] = 1,
      ["default"] = 0,
    },
    ["lane"] = {
      ["type"] = "s",
      ["longest"] = 64,
    },
    ["expires_ms"] = {
      ["type"] = "i",
      ["lowest"] = 1,
      ["highest"] = 86400000,
    },
  },
  ["errors"] = {
    ["bad-arguments"] = {
      ["sentence"] = "The message's arguments are not usable.",
      ["hint"] = "Compare the message with the address table in the README.",
    },
    ["unknown-address"] = {
      ["sentence"] = "The server does not know this address.",
      ["hint"] = "The address table in the README lists all of them.",
    },
    ["unknown-parameter"] = {
      ["sentence"] = "The server does not know this parameter.",
      ["hint"] = "The table of pairs in the README lists all of them.",
    },
    ["unknown-request"] = {
      ["sentence"] = "The server knows no request with this id.",
      ["hint"] = "Send it again with generate; finished requests are kept for 7 days.",
    },
    ["version-mismatch"] = {
      ["sentence"] = "Client and server speak different versions of the protocol.",
      ["hint"] = "Update the older of the two.",
    },
    ["not-authorised"] = {
      ["sentence"] = "This needs the server's token.",
      ["hint"] = "Read the token from state.json and send it with hello.",
    },
    ["path-not-allowed"] = {
      ["sentence"] = "The server cannot use a file or folder at this path.",
      ["hint"] = "Check that it exists, and put it in the exchange folder if the client has no token.",
    },
    ["file-not-ready"] = {
      ["sentence"] = "The audio file is still being written or has no audio yet.",
      ["hint"] = "Wait until the bounce is finished and send the request again.",
    },
    ["format-not-supported"] = {
      ["sentence"] = "The audio file is not a WAV file that the server reads.",
      ["hint"] = "Bounce as WAV, PCM or float, 16 to 32 bits, 8 to 192 kHz, mono or stereo.",
    },
    ["too-short"] = {
      ["sentence"] = "The audio is too short.",
      ["hint"] = "Use at least half a second.",
    },
    ["too-long"] = {
      ["sentence"] = "The audio is too long.",
      ["hint"] = "Use at most ten minutes, or give context_start and context_frames.",
    },
    ["silent-context"] = {
      ["sentence"] = "The context is silent.",
      ["hint"] = "Check the bounce's range, or leave the context away to play from nothing.",
    },
    ["queue-full"] = {
      ["sentence"] = "The queue is full.",
      ["hint"] = "Wait until a job is finished, or cancel one.",
    },
    ["rate-limited"] = {
      ["sentence"] = "Messages are coming faster than the server takes them from one client.",
      ["hint"] = "Send fewer messages; the server answers again after a second.",
    },
    ["id-reused"] = {
      ["sentence"] = "This request id was already used with other arguments.",
      ["hint"] = "Make a new request id for every new request.",
    },
    ["disk-full"] = {
      ["sentence"] = "The disk has no room for the stems.",
      ["hint"] = "Make room, or choose an out_dir on another disk.",
    },
    ["folder-not-writable"] = {
      ["sentence"] = "The folder for the stems cannot be written.",
      ["hint"] = "Choose another out_dir, or change the folder's permissions.",
    },
    ["model-missing"] = {
      ["sentence"] = "The server has no usable model pack.",
      ["hint"] = "Run `riffbridge doctor` to see what is wrong with the pack.",
    },
    ["out-of-memory"] = {
      ["sentence"] = "The computer ran out of memory while playing.",
      ["hint"] = "Ask for fewer variations or a shorter region, or close other programs.",
    },
    ["expired"] = {
      ["sentence"] = "The request waited longer than expires_ms and was dropped.",
      ["hint"] = "Send it again, with a longer expires_ms if it may wait.",
    },
    ["replaced"] = {
      ["sentence"] = "A newer request of the same lane took the place of this one.",
      ["hint"] = "Nothing to do; the newer one is being played.",
    },
    ["cancelled"] = {
      ["sentence"] = "The request was cancelled.",
      ["hint"] = "Send a new request when wanted.",
    },
    ["timed-out"] = {
      ["sentence"] = "The job took far longer than expected and was stopped.",
      ["hint"] = "Try again; `riffbridge doctor` shows how fast this machine is.",
    },
    ["worker-died"] = {
      ["sentence"] = "The process that plays died twice on this job.",
      ["hint"] = "Try another context or fewer variations; worker.log in the state folder says more.",
    },
    ["internal"] = {
      ["sentence"] = "The server made a mistake.",
      ["hint"] = "Try again; the server's log says more.",
    },
  },
}
