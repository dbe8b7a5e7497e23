"""A strict double of REAPER for tests; see `reaper.py`."""

from tests.clients.reaper.reaper_double.reaper import InjectedFault, Item, Project, ReaperDouble, Take, Track

__all__ = ["InjectedFault", "Item", "Project", "ReaperDouble", "Take", "Track"]
