"""The commands of `riffbridge`, one a module; `bridge_server.cli` gives them their names and options."""
