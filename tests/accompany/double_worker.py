"""The real worker with the double of the models in it."""

from __future__ import annotations

from bridge_server.accompany import pipeline
from bridge_server.jobs.worker import PipelinePlayer, serve
from tests.accompany.double_generator import DoubleGenerator

if __name__ == "__main__":
    pipeline.Generator = DoubleGenerator  # type: ignore[misc, assignment]
    serve(PipelinePlayer)
