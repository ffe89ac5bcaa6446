"""Colour profiles made by hand."""

import struct


def wide_gamut_profile(*, gamma=2.2, name="Wide", padding=0):
    """An ICC matrix profile with Adobe RGB's primaries, made by hand (ICC.1:2010); ``padding`` bytes more than it needs."""
    curve = _curve(gamma)
    return _profile(
        b"RGB ",
        {
            b"desc": _description(name), b"wtpt": _xyz(0.9642, 1, 0.8249),
            b"rXYZ": _xyz(0.60974, 0.31111, 0.01947), b"gXYZ": _xyz(0.20528, 0.62567, 0.06087),
            b"bXYZ": _xyz(0.14919, 0.06322, 0.74457), b"rTRC": curve, b"gTRC": curve, b"bTRC": curve,
        } | ({b"priv": b"data" + bytes(padding)} if padding else {}),
    )  # fmt: skip


def grey_profile(*, gamma=2.2, curve=None):
    """An ICC profile of grey with this gamma, or this whole tag for its tone curve."""
    return _profile(b"GRAY", {b"desc": _description("Grey"), b"wtpt": _xyz(0.9642, 1, 0.8249), b"kTRC": curve or _curve(gamma)})


def _fixed(value):
    return struct.pack(">i", round(value * 65536))


def _xyz(*values):
    return b"XYZ \0\0\0\0" + b"".join(map(_fixed, values))


def _curve(gamma):
    return b"curv\0\0\0\0" + struct.pack(">IH", 1, round(gamma * 256)) + b"\0\0"


def _description(name):
    return b"desc\0\0\0\0" + struct.pack(">I", len(name) + 1) + name.encode() + b"\0" + bytes(78) + b"\0"


def _profile(space, tags):
    tags = tags | {b"cprt": b"text\0\0\0\0none\0\0\0\0"}
    table, body, at = struct.pack(">I", len(tags)), b"", 128 + 4 + 12 * len(tags)
    for tag, data in tags.items():
        data += bytes(-len(data) % 4)
        table += tag + struct.pack(">II", at + len(body), len(data))
        body += data
    header = struct.pack(">I4xI4s4s4s12x4s", at + len(body), 0x02100000, b"mntr", space, b"XYZ ", b"acsp")
    header += bytes(28) + _fixed(0.9642) + _fixed(1) + _fixed(0.8249)
    return header.ljust(128, b"\0") + table + body
