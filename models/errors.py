"""What can go wrong in the models, drawn once. Every message is a sentence for the person at the DAW.

ModelError
├── PackError      a pack is damaged, incomplete, foreign or too new
├── DeviceError    the wished device does not run the models
├── ContextError   the audio handed in cannot be encoded
└── Stopped        somebody asked for the run to end; no fault
"""


class ModelError(Exception):
    """Anything the models refuse or fail at; `str(error)` is a full sentence."""


class PackError(ModelError):
    """The pack cannot be used; the sentence names the file and what to do."""


class DeviceError(ModelError):
    """The device that was asked for does not run the models."""


class ContextError(ModelError):
    """The context audio has a shape or values that the codec cannot take."""


class Stopped(ModelError):
    """The run was stopped through a `StopSignal`."""

    def __init__(self) -> None:
        super().__init__("The run was stopped.")
