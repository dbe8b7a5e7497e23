"""Makes everything that is made: protocol constants, action files, manual pages, toolbar icons, index.xml.

python -m reaper_scripts.making            (icons only with --icons: their bytes depend on Pillow's version)
"""

from __future__ import annotations

import sys
from pathlib import Path

from bridge_server.protocol import describe
from reaper_scripts.making.actions import action_file, actions, manual_page
from reaper_scripts.making.icons import write_icons
from reaper_scripts.making.index import CATEGORY, PACKAGE, index_xml, package_file

SCRIPTS = Path(__file__).resolve().parents[1]


def texts() -> dict[Path, str]:
    """Every made text but index.xml, by its path below reaper_scripts."""
    folder, manual = Path(CATEGORY), Path("manual")
    made = {folder / "riff" / "protocol.lua": describe.lua(), folder / PACKAGE: package_file()}
    for action in actions():
        made[folder / action.file_name] = action_file(action)
        made[manual / action.page_name] = manual_page(action)
    return made


def main(arguments: list[str]) -> None:
    """Write them."""
    for path, text in texts().items():
        (SCRIPTS / path).parent.mkdir(parents=True, exist_ok=True)
        (SCRIPTS / path).write_text(text, encoding="utf-8", newline="\n")
    if "--icons" in arguments:
        write_icons(SCRIPTS / CATEGORY / "toolbar_icons")
    (SCRIPTS / "index.xml").write_text(index_xml(SCRIPTS), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main(sys.argv[1:])
