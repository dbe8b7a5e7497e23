"""One of several processes, as a step of the plan starts them: `python -m tests.train.group_member OUT`."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from torch import distributed

from models.train import several


def main(out: Path) -> None:
    """Leaves in a file of the process's own who is in the group, and the GPUs that it may see."""
    several.join()
    ranks: list[int | None] = [None] * distributed.get_world_size()
    distributed.all_gather_object(ranks, several.rank())
    found = {"ranks": ranks, "sees": os.environ["CUDA_VISIBLE_DEVICES"]}
    (out / f"{several.rank()}.json").write_text(json.dumps(found))
    distributed.destroy_process_group()  # else gloo's threads abort the process now and then as it ends


if __name__ == "__main__":
    main(Path(sys.argv[1]))
