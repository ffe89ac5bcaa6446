"""Colour profiles made by hand."""

import struct


def wide_gamut_profile(*, gamma=2.2, name="Wide"):
    """An ICC matrix profile with Adobe RGB's primaries and gamma 2.2, made by hand (ICC.1:2010)."""

    def fixed(value):
        return struct.pack(">i", round(value * 65536))

    def xyz(*values):
        return b"XYZ \0\0\0\0" + b"".join(map(fixed, values))

    gamma = b"curv\0\0\0\0" + struct.pack(">IH", 1, round(gamma * 256)) + b"\0\0"
    name = b"desc\0\0\0\0" + struct.pack(">I", len(name) + 1) + name.encode() + b"\0" + bytes(78) + b"\0"
    tags = {
        b"desc": name, b"cprt": b"text\0\0\0\0none\0\0\0\0", b"wtpt": xyz(0.9642, 1, 0.8249),
        b"rXYZ": xyz(0.60974, 0.31111, 0.01947), b"gXYZ": xyz(0.20528, 0.62567, 0.06087),
        b"bXYZ": xyz(0.14919, 0.06322, 0.74457), b"rTRC": gamma, b"gTRC": gamma, b"bTRC": gamma,
    }  # fmt: skip
    table, body, at = struct.pack(">I", len(tags)), b"", 128 + 4 + 12 * len(tags)
    for tag, data in tags.items():
        data += bytes(-len(data) % 4)
        table += tag + struct.pack(">II", at + len(body), len(data))
        body += data
    header = struct.pack(">I4xI4s4s4s12x4s", at + len(body), 0x02100000, b"mntr", b"RGB ", b"XYZ ", b"acsp")
    header += bytes(28) + fixed(0.9642) + fixed(1) + fixed(0.8249)
    return header.ljust(128, b"\0") + table + body
