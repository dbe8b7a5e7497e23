"""A corpus of hostile packets, each named for what it tries. No one of them may stop, slow or fill the server.

The first group are packets known to stop other OSC libraries with a single datagram: python-osc loops for ever
or sleeps on four of them, another library's thread dies on eight, a C library hangs on one.
"""

from __future__ import annotations

import struct


def text(value: str | bytes) -> bytes:
    """An OSC string."""
    raw = value.encode() if isinstance(value, str) else value
    return raw + bytes(4 - len(raw) % 4)


def message(address: str | bytes, tags: str | bytes = ",", *data: bytes) -> bytes:
    """A message of parts that need not fit each other."""
    return text(address) + text(tags) + b"".join(data)


def bundle(*elements: bytes, tag: int = 1) -> bytes:
    """A well-formed bundle."""
    return b"#bundle\0" + struct.pack(">Q", tag) + b"".join(struct.pack(">i", len(e)) + e for e in elements)


def sized(size: int, body: bytes = b"") -> bytes:
    """A bundle whose one element claims a size."""
    return b"#bundle\0" + bytes(7) + b"\1" + struct.pack(">i", size) + body


def nested(levels: int, inner: bytes) -> bytes:
    """Bundles within bundles."""
    for _ in range(levels):
        inner = bundle(inner)
    return inner


PING = message("/riff/ping", ",i", struct.pack(">i", 1))
I = struct.Struct(">i").pack  # noqa: E741 - the letter of the OSC type
F = struct.Struct(">f").pack
D = struct.Struct(">d").pack
Q = struct.Struct(">q").pack

ONE_PACKET_KILLS: dict[str, bytes] = {
    "bundle element of size -4 (endless loop)": sized(-4),
    "bundle element of size -16 (endless loop that grows)": sized(-16, bytes(12)),
    "bundle dated one hour ahead (sleeps)": bundle(PING, tag=(4_000_000_000 << 32)),
    "address full of stars (exponential match, 36 bytes)": message("/*a*a*a*a*a*a*a*a*a*a*a*a*a*b"),
    "address of stars against a known one": message("/*r*i*f*f*/*g*e*n*e*r*a*t*e*x"),
    "nested alternatives": message("/{a,{a,{a,{a,a}}}}*{a,a}*"),
    "nested brackets": message("/[[[[[[[[[[a]]]]]]]]]]"),
    "900 nested bundles (recursion)": nested(900, PING),
    "300 nested bundles that fit the size limit": nested(300, PING),
    "empty datagram": b"",
    "one byte": b"/",
    "random bytes": bytes(range(7, 255, 2)),
    "negative blob size": message("/riff/ping", ",b", I(-1)),
    "blob of 2 GiB": message("/riff/ping", ",b", I(2**31 - 1)),
    "missing arguments": message("/riff/ping", ",iiii", I(1)),
    "truncated float": message("/riff/ping", ",f") + b"\x3f\x80",
    "address that is no UTF-8": message(b"/\xff\xfe\xfd"),
    "string that is no UTF-8": message("/riff/quit", ",s", text(b"\xc3\x28")),
    "time tag of zero": bundle(PING, tag=0),
    "time tag of all ones": bundle(PING, tag=2**64 - 1),
}

MALFORMED: dict[str, bytes] = {
    "size no multiple of 4": PING + b"\0",
    "three bytes": b"/ab",
    "only zeros": bytes(64),
    "only 0xff": b"\xff" * 64,
    "bundle head alone, no time tag": b"#bundle\0",
    "bundle head with half a time tag": b"#bundle\0" + bytes(4),
    "bundle spelt wrong": b"#bundlf\0" + bytes(8),
    "bundle with a size and nothing behind": sized(16),
    "bundle element of size 0": sized(0),
    "bundle element of size 3": sized(3, bytes(4)),
    "bundle element of size -2^31": sized(-(2**31)),
    "bundle element of size 2^31-4": sized(2**31 - 4),
    "bundle element one word too long": sized(len(PING) + 4, PING),
    "bundle element one word too short": sized(len(PING) - 4, PING),
    "bundle within a bundle, no time tag": bundle(b"#bundle\0"),
    "5 bundle levels": nested(5, PING),
    "65 messages in a bundle": bundle(*[PING] * 65),
    "1,900 empty elements": b"#bundle\0" + bytes(8) + bytes(4) * 1900,
    "address without a slash": message("riff/ping", ",i", I(1)),
    "address without an end": b"/" + b"a" * 63,
    "address with a space": message("/riff/ ping"),
    "address with a hash": message("/riff/#ping"),
    "address with a comma": message("/riff/ping,i"),
    "address with a question mark": message("/riff/pin?"),
    "address with a tab": message("/riff/\tping"),
    "address with an escape": message("/riff/\x1b[2Jping"),
    "address in Cyrillic": message("/риф/пинг"),
    "padding that is not zero": b"/riff/ping\0x,i\0\0" + I(1),
    "type tags without a comma": message("/riff/ping", "i", I(1)),
    "type tags without an end": text("/riff/ping") + b",iiiiiiiiiiiiiii",
    "type tag of a newline": message("/riff/ping", b",\n", I(1)),
    "65 arguments": message("/riff/ping", "," + "T" * 65),
    "7,000 arguments without data": message("/riff/ping", "," + "T" * 7000),
    "arrays": message("/riff/ping", ",[[[[[i]]]]]", I(1)),
    "array never closed": message("/riff/ping", "," + "[" * 60),
    "MIDI argument": message("/riff/ping", ",m", bytes(4)),
    "time tag argument": message("/riff/ping", ",t", bytes(8)),
    "nil argument": message("/riff/ping", ",N"),
    "infinitum argument": message("/riff/ping", ",I"),
    "colour argument": message("/riff/ping", ",r", bytes(4)),
    "int cut in the middle": message("/riff/ping", ",ii", I(1)),
    "double cut in the middle": message("/riff/ping", ",d", bytes(4)),
    "string without an end": message("/riff/quit", ",s", b"abcd"),
    "bytes behind the last argument": PING + bytes(4),
    "two messages without a bundle": PING + PING,
    "8,004 bytes": message("/riff/quit", ",s", text("x" * 7984)),
    "65,496 bytes": message("/riff/quit", ",s", text("x" * 65476)),
    "string with an overlong UTF-8 slash": message("/riff/quit", ",s", text(b"\xc0\xaf")),
    "string with a lone surrogate": message("/riff/quit", ",s", text(b"\xed\xa0\x80")),
    "JSON": b'{"a": [1, 2, 3]}',
    "an HTTP request": b"GET /riff/status HTTP/1.1\r\nHost: localhost\r\n\r\n\r\n",
    "a DNS query": bytes.fromhex("aaaa01000001000000000000076578616d706c6503636f6d0000010001000000"),
}

WELL_FORMED: dict[str, bytes] = {
    "empty bundle": bundle(),
    "60 empty bundles in one": bundle(*[bundle()] * 60),
    "unknown address": message("/riff/pign", ",i", I(1)),
    "unknown address of 7,900 bytes": message("/" + "g" * 7900),
    "root address": message("/"),
    "address of slashes": message("/" * 99),
    "ping without a number": message("/riff/ping"),
    "ping with text": message("/riff/ping", ",s", text("one")),
    "ping with NaN": message("/riff/ping", ",f", F(float("nan"))),
    "ping with infinity": message("/riff/ping", ",d", D(float("inf"))),
    "ping with a double of 1e308": message("/riff/ping", ",d", D(1e308)),
    "ping with 2^63-1": message("/riff/ping", ",h", Q(2**63 - 1)),
    "ping with 60 truths": message("/riff/ping", "," + "T" * 60),
    "generate without anything": message("/riff/generate"),
    "generate with a number as id": message("/riff/generate", ",i", I(1)),
    "generate with an empty id": message("/riff/generate", ",s", text("")),
    "generate with an id that climbs": message("/riff/generate", ",s", text("../../etc/passwd")),
    "generate with an id of 7,900 bytes": message("/riff/generate", ",s", text("a" * 7900)),
    "generate with a name and no value": message("/riff/generate", ",ss", text("abc"), text("seed")),
    "generate with an unknown name of 7,800 bytes": message(
        "/riff/generate", ",ssi", text("abc"), text("v" * 7800), I(1)
    ),
    "generate with the same pair 31 times": message(
        "/riff/generate", ",s" + "si" * 31, text("abc"), *[text("seed") + I(k) for k in range(31)]
    ),
    "generate with 2^31 variations": message("/riff/generate", ",ssh", text("abc"), text("variations"), Q(2**31)),
    "generate with -1 steps": message("/riff/generate", ",ssi", text("abc"), text("steps"), I(-1)),
    "generate with a tempo of NaN": message("/riff/generate", ",ssf", text("abc"), text("tempo"), F(float("nan"))),
    "generate with a stem name that climbs": message(
        "/riff/generate", ",sss", text("abc"), text("name"), text("../../x")
    ),
    "generate with a context of 7,800 bytes": message(
        "/riff/generate", ",sss", text("abc"), text("context"), text("/" + "x" * 7800)
    ),
    "hello of version 999": message("/riff/hello", ",siiis", text("x"), I(999), I(0), I(0), text("")),
    "hello with a client name that climbs": message(
        "/riff/hello", ",siiis", text("../../x"), I(1), I(0), I(0), text("")
    ),
    "hello with a reply port of 70,000": message("/riff/hello", ",siiis", text("x"), I(1), I(0), I(70000), text("")),
    "hello with a token of 7,000 bytes": message(
        "/riff/hello", ",siiis", text("x"), I(1), I(0), I(0), text("t" * 7000)
    ),
    "ack of nothing": message("/riff/ack", ",si", text("abc"), I(2**31 - 1)),
    "quit with a wrong token": message("/riff/quit", ",s", text("wrong")),
    "the server's own refusal": message("/riff/refused", ",ssss", *[text("x")] * 4),
    "the server's own heartbeat, malformed": message("/riff/heartbeat", ",i", I(1)),
}

CORPUS: dict[str, bytes] = {**ONE_PACKET_KILLS, **MALFORMED, **WELL_FORMED}
