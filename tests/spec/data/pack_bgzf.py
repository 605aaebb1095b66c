"""Compresses a file as BGZF, in blocks of some bytes. usage: pack_bgzf.py PATH BYTES"""
import struct
import sys
import zlib


def member(text):
    deflater = zlib.compressobj(6, zlib.DEFLATED, -15)
    data = deflater.compress(text) + deflater.flush()
    head = b"\x1f\x8b\x08\x04" + bytes(5) + b"\xff\x06\x00BC\x02\x00"
    size = struct.pack("<H", len(head) + 2 + len(data) + 8 - 1)
    return head + size + data + struct.pack("<II", zlib.crc32(text), len(text))


path, size = sys.argv[1], int(sys.argv[2])
with open(path, "rb") as file, open(path + ".bgzf.gz", "wb") as packed:
    while text := file.read(size):
        packed.write(member(text))
    packed.write(member(b""))
