"""riffbridge: the resident server that turns a bounced context into stems."""

__version__ = "0.1.0"
