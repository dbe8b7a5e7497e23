"""The stages of codec training: what is trained, the loss of a batch, and figures on held-out songs.

`EncoderStage` trains encoder and pre-decoder by the sketch: magnitudes and phase relations. `DecoderStage` leaves the
encoder as it is and trains the pre-decoder (slowly) and the two-chunk denoiser, which begins where the sketch ends.
`HearingStage` leaves all of that as it is and trains the encoder once more, for the latents that there are, and
`SketchStage` the pre-decoder, before another decoder stage.
`JointStage` trains everything at once by the consistency loss alone, as the Music2Latent papers do: slower, and the
only way for a codec without a sketch (preset `paper`).
"""

from __future__ import annotations

from models.train.decoder_stage import DecoderStage, JointStage
from models.train.encoder_stage import EncoderStage, HearingStage, SketchStage

STAGES: dict[str, type[EncoderStage] | type[DecoderStage]] = {
    "encoder": EncoderStage,
    "decoder": DecoderStage,
    "hearing": HearingStage,
    "sketch": SketchStage,
    "joint": JointStage,
}
