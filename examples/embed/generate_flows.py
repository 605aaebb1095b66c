#!/usr/bin/python3
"""Sends flows to collector.c, as an exporter of NetFlow v5 and one of IPFIX do.

generate_flows.py PORT...: to each of the ports 300 flows of clients, half of them as NetFlow v5, and
four damaged packets; to the first a scan of 40 hosts, as IPFIX, to the last one of 40 ports, as v5.
"""
import random
import socket
import struct
import sys
import time

TEMPLATE = 400
# Elements and their lengths: addresses, ports, protocol, octets in 4 bytes, packets, times in
# milliseconds, the name of an interface, whose length comes before it, and one of an enterprise.
FIELDS = [(8, 4), (12, 4), (7, 2), (11, 2), (4, 1), (1, 4), (2, 8), (152, 8), (153, 8), (82, 65535), (0x8001, 2)]
ENTERPRISE = 29305


def address(text):
    return struct.unpack("!I", socket.inet_aton(text))[0]


def client_flow(source):
    return (address("10.0.0.0") + source.randrange(1, 200), address("192.0.2.0") + source.randrange(1, 5),
            source.randrange(32768, 61000), source.choice([53, 80, 443]), 6, source.randrange(1, 20),
            source.randrange(40, 20000))


def scan_of_hosts():
    return [(address("10.6.6.6"), address("198.51.100.0") + i, 40000 + i, 22, 6, 1, 44) for i in range(40)]


def scan_of_ports():
    return [(address("10.7.7.7"), address("192.0.2.9"), 50000 + i, 1 + i, 6, 1, 44) for i in range(40)]


def netflow5(flows, sequence):
    """One packet of up to 30 flows, which began a second ago."""
    now, uptime = time.time(), 3600000
    packet = struct.pack("!HHIIIIBBH", 5, len(flows), uptime, int(now), int(now % 1 * 1e9), sequence, 0, 0, 0)
    for src, dst, src_port, dst_port, proto, packets, size in flows:
        packet += struct.pack("!IIIHHIIIIHHBBBBHHBBH", src, dst, 0, 0, 0, packets, size, uptime - 1000,
                              uptime - 200, src_port, dst_port, 0, 0, proto, 0, 0, 0, 24, 24, 0)
    return packet


def ipfix_set(number, content):
    return struct.pack("!HH", number, 4 + len(content)) + content


def ipfix(sets, sequence):
    packet = b"".join(sets)
    return struct.pack("!HHIII", 10, 16 + len(packet), int(time.time()), sequence, 1) + packet


def ipfix_template():
    content = struct.pack("!HH", TEMPLATE, len(FIELDS))
    for element, length in FIELDS:
        content += struct.pack("!HH", element, length)
        if element & 0x8000:
            content += struct.pack("!I", ENTERPRISE)
    return ipfix_set(2, content)


def ipfix_records(flows):
    now = int(time.time() * 1000)
    content = b""
    for src, dst, src_port, dst_port, proto, packets, size in flows:
        content += struct.pack("!IIHHBIQQQ", src, dst, src_port, dst_port, proto, size, packets, now - 1000, now - 200)
        content += b"\x04eth0" + struct.pack("!H", 7)
    return ipfix_set(TEMPLATE, content + b"\0\0\0")  # padding


def chunks(flows, n):
    return [flows[i:i + n] for i in range(0, len(flows), n)]


def packets_for(first, last, seed):
    source = random.Random(seed)
    flows = [client_flow(source) for _ in range(300)]
    of_v5, of_ipfix = flows[:150] + (scan_of_ports() if last else []), flows[150:] + (scan_of_hosts() if first else [])
    yield ipfix([ipfix_records(flows[:1])], 0)  # before its template: not known
    yield ipfix([ipfix_template()], 0)
    for i, some in enumerate(chunks(of_v5, 30)):
        yield netflow5(some, 30 * i)
    for i, some in enumerate(chunks(of_ipfix, 20)):
        yield ipfix([ipfix_records(some)], 20 * i)
    good = netflow5(flows[:3], 0)
    yield good[:-1]
    yield b"\x00"
    yield ipfix([ipfix_records(flows[:1])], 0)[:-5]
    yield struct.pack("!HHIIIHH", 10, 20, 0, 0, 1, 2, 3)  # a set shorter than its header


def main(ports):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as exporter:
        for i, port in enumerate(ports):
            for packet in packets_for(i == 0, i == len(ports) - 1, i):
                exporter.sendto(packet, ("127.0.0.1", port))


main([int(port) for port in sys.argv[1:]])
