"""Moods that follow from other facts about a stem: each by a rule that most musicians would accept."""

from __future__ import annotations

from collections.abc import Set

Fact = tuple[str, str]

RULES: dict[str, tuple[tuple[Fact, ...], ...]] = {
    "energetic": ((("tempo", "fast"), ("touch", "hard")), (("tempo", "fast"), ("density", "busy"))),
    "calm": ((("tempo", "slow"), ("touch", "soft")), (("tempo", "slow"), ("length", "long"))),
    "sad": ((("mode", "minor"), ("tempo", "slow")),),
    "happy": ((("mode", "major"), ("tempo", "fast")),),
    "gloomy": ((("mode", "minor"), ("timbre", "dark")), (("mode", "minor"), ("effect", "muffled"))),
    "aggressive": ((("effect", "distorted"), ("touch", "hard")), (("effect", "distorted"), ("tempo", "fast"))),
    "dreamy": ((("effect", "reverberant"), ("length", "long")), (("timbre", "swelling"), ("length", "long"))),
}
"""Mood -> alternatives, each a set of facts that must hold together."""


def moods(found: Set[Fact]) -> set[Fact]:
    """The moods of a stem with these facts."""
    return {("mood", mood) for mood, rules in RULES.items() if any(found >= set(rule) for rule in rules)}
