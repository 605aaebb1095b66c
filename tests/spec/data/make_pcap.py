"""Writes packets of TCP, UDP and ICMP as a file of pcap, for nfpcapd to make flows of.

usage: make_pcap.py FILE
"""
import struct
import sys

BEGIN = 1700000000
A, B, C = (10, 0, 0, 1), (10, 0, 0, 2), (192, 168, 7, 9)


def checksum(data):
    total = sum(struct.unpack(">%dH" % (len(data) // 2), data))
    total = (total >> 16) + (total & 0xffff)
    return ~(total + (total >> 16)) & 0xffff


def packet(protocol, source, target, body):
    header = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(body), 1, 0, 64, protocol, 0,
                         bytes(source), bytes(target))
    header = header[:10] + struct.pack(">H", checksum(header)) + header[12:]
    return b"\x02" * 6 + b"\x04" * 6 + b"\x08\x00" + header + body


def tcp(source, target, flags, size):
    return struct.pack(">HHIIBBHHH", source, target, 1, 1, 0x50, flags, 1000, 0, 0) + b"x" * size


def udp(source, target, size):
    return struct.pack(">HHHH", source, target, 8 + size, 0) + b"x" * size


def icmp(kind, code, size):
    return struct.pack(">BBHHH", kind, code, 0, 1, 1) + b"x" * size


packets = [(0, packet(6, A, B, tcp(40000, 443, 0x02, 0))),
           (0.5, packet(6, A, B, tcp(40000, 443, 0x18, 100))),
           (1, packet(6, A, B, tcp(40000, 443, 0x18, 200))),
           (2, packet(6, B, A, tcp(443, 40000, 0x12, 0))),
           (3, packet(17, A, C, udp(5353, 53, 1000))),
           (6, packet(1, C, A, icmp(8, 0, 56))),
           (7, packet(1, A, C, icmp(3, 1, 28)))]
with open(sys.argv[1], "wb") as file:
    file.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
    for after, data in packets:
        seconds = int(after)
        file.write(struct.pack("<IIII", BEGIN + seconds, round((after - seconds) * 1e6), len(data),
                               len(data)) + data)
