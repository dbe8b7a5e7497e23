"""How often one source is heard, answered, and allowed to guess the token."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable


class TokenBucket:
    """Allows `rate` takes a second on average and `burst` at once."""

    def __init__(self, rate: float, burst: float, now: float) -> None:
        self._rate = rate
        self._burst = burst
        self._level = burst
        self._filled = now

    def take(self, now: float) -> bool:
        """Whether one more is allowed at the monotonic time `now`."""
        self._level = min(self._burst, self._level + (now - self._filled) * self._rate)
        self._filled = now
        if self._level < 1:
            return False
        self._level -= 1
        return True


class BucketPerSource:
    """A token bucket for each source; remembers `sources` of them, the longest silent go first."""

    def __init__(self, rate: float, burst: float, sources: int) -> None:
        self._rate = rate
        self._burst = burst
        self._sources = sources
        self._buckets: OrderedDict[Hashable, TokenBucket] = OrderedDict()

    def take(self, source: Hashable, now: float) -> bool:
        """Whether the source may do it once more."""
        bucket = self._buckets.get(source)
        if bucket is None:
            bucket = self._buckets[source] = TokenBucket(self._rate, self._burst, now)
            while len(self._buckets) > self._sources:
                self._buckets.popitem(last=False)
        self._buckets.move_to_end(source)
        return bucket.take(now)


class GuessGuard:
    """Slows down guessing: after `tries` wrong tokens a host waits 1, 2, 3 and then 4 s after each further one.

    scsynth does the same with its TCP password.
    """

    def __init__(self, tries: int, hosts: int = 256) -> None:
        self._tries = tries
        self._hosts = hosts
        self._wrong: OrderedDict[str, tuple[int, float]] = OrderedDict()

    def must_wait(self, host: str, now: float) -> bool:
        """Whether a token from this host is not even looked at now."""
        return now < self._wrong.get(host, (0, now))[1]

    def wrong(self, host: str, now: float) -> None:
        """A wrong token came."""
        count = self._wrong.get(host, (0, 0.0))[0] + 1
        wait = min(4, max(0, count - self._tries + 1))
        self._wrong[host] = (count, now + wait)
        self._wrong.move_to_end(host)
        while len(self._wrong) > self._hosts:
            self._wrong.popitem(last=False)

    def right(self, host: str) -> None:
        """The right token came."""
        self._wrong.pop(host, None)
