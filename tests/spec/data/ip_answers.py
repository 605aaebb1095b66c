"""What Python's ipaddress says of texts and addresses, as a Lua table on standard output."""
import ipaddress
import random
import sys

draw = random.Random(int(sys.argv[1]))

BLOCKS = """0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.2.0/24
192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4 255.255.255.255/32
::/128 ::1/128 ::ffff:0:0/96 ::ffff:10.0.0.0/104 ::ffff:100.64.0.0/106 100::/64 2001:db8::/32 fc00::/7
fe80::/10 ff00::/8""".split()

# Where versions of Python differ.
UNSETTLED = [ipaddress.ip_network(t) for t in (
    "192.0.0.0/24", "64:ff9b:1::/48", "2001::/23", "2002::/16", "3fff::/20", "::ffff:192.0.0.0/120",
    "::ffff:100.64.0.0/106", "::ffff:127.0.0.0/104", "::ffff:169.254.0.0/112", "::ffff:224.0.0.0/100")]


def settled(address):
    return not any(address in network for network in UNSETTLED)


def near_blocks():
    for text in BLOCKS:
        network = ipaddress.ip_network(text)
        for number in (int(network[0]), int(network[-1])):
            for step in (-1, 0, 1):
                if 0 <= number + step < 2 ** network.max_prefixlen:
                    yield type(network[0])(number + step)


def any_address():
    if draw.random() < 0.4:
        return ipaddress.IPv4Address(draw.getrandbits(32))
    groups = [draw.choice((0, 0, 0, 1, 0xffff, draw.getrandbits(16))) for _ in range(8)]
    return ipaddress.IPv6Address(sum(g << 16 * (7 - i) for i, g in enumerate(groups)))


def forms(address):
    """Ways to write an address."""
    yield str(address)
    if address.version == 4:
        return
    yield address.exploded.upper()
    groups = [format(int(g, 16), "x") for g in address.exploded.split(":")]
    yield ":".join(groups)
    zeros = [i for i in range(8) if groups[i] == "0"]
    if zeros:
        first = draw.choice(zeros)
        last = first
        while last + 1 in zeros and draw.random() < 0.7:
            last += 1
        yield ":".join(groups[:first]) + "::" + ":".join(groups[last + 1:])
    tail = str(ipaddress.IPv4Address(int(address) & 0xffffffff))
    yield ":".join(groups[:6]) + ":" + tail
    if groups[:6] == ["0"] * 6:
        yield "::" + tail


ODD = ["", ":", "::", ":::", "1", "1.2.3", "1.2.3.4.5", "1.2.3.", ".1.2.3", "1..2.3", "256.1.1.1", "01.2.3.4",
       "1.2.3.00", "0.0.0.0", "255.255.255.255", "1.2.3.4:", "1.2.3.4::", "::1.2.3", "::1.2.3.256", "::01.2.3.4",
       "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7::", "::2:3:4:5:6:7:8",
       "1:2:3:4::5:6:7:8", "1::2::3", "12345::", "g::", "1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:7:1.2.3.4",
       "::ffff:1.2.3.4", "::1.2.3.4", "1.2.3.4/32", "0x1.2.3.4", "1.2.3.+4", "-1.2.3.4", "1 .2.3.4", "localhost",
       ":1", "1:", "::1:", ":1::", "00001::", "1.2.3.4\0", "::\xff", "1,2,3,4", "１.2.3.4"]


def garbled(text):
    """A text with a character put in, taken out or changed."""
    at = draw.randrange(len(text) + 1)
    new = draw.choice("0123456789abcdefF:.:./g ")
    kind = draw.randrange(3)
    return text[:at] + ("" if kind == 0 else new) + text[at + (kind != 1):]


def texts():
    list_of = list(ODD)
    for address in list(near_blocks()) + [any_address() for _ in range(150)]:
        written = list(forms(address))
        list_of += written + [garbled(draw.choice(written)) for _ in range(2)]
    return [t for t in list_of if t == t.strip()]


def canonical(address):
    mapped = address.version == 6 and address.ipv4_mapped
    return "::ffff:" + str(mapped) if mapped else str(address)


def parse(text):
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def quoted(value):
    if value is None:
        return "false"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(value)
    return '"' + "".join("\\%03d" % b for b in value.encode()) + '"'


def table(name, rows):
    print(name, "= {", ",".join("{" + ",".join(map(quoted, row)) + "}" for row in rows), "},")


def next_address(address, by):
    number = int(address) + by
    return canonical(type(address)(number)) if 0 <= number < 2 ** address.max_prefixlen else None


print("return {")
table("texts", [(t, canonical(a) if (a := parse(t)) is not None else None) for t in texts()])

addresses = [a for a in list(near_blocks()) + [any_address() for _ in range(300)] if settled(a)]
table("addresses", [(canonical(a), a.version, int(a) if a.version == 4 else None, a.is_private, a.is_global,
                     a.is_multicast, a.is_loopback, a.is_link_local, next_address(a, 1), next_address(a, -300))
                    for a in addresses])
table("sorted", [(canonical(a),) for a in sorted(addresses, key=lambda a: (a.version, int(a)))])

BITS = [(0, 0), (1, 10), (8, 32), (13, 47), (24, 64), (31, 127), (32, 128)]
table("masks", [(four, six) + tuple(canonical(ipaddress.ip_network(f"{a}/{four if a.version == 4 else six}",
                                                                   strict=False)[0]) for a in addresses)
                for four, six in BITS])

# Nested blocks around some of the addresses, in any order, some twice.
blocks = [ipaddress.ip_network("0.0.0.0/1"), ipaddress.ip_network("::/0"), ipaddress.ip_network("0.0.0.0/32"),
          ipaddress.ip_network("255.255.255.255/32"), ipaddress.ip_network("ffff::/16")]
for address in draw.sample(addresses, 80):
    for _ in range(draw.randrange(4)):
        blocks.append(ipaddress.ip_network(f"{address}/{draw.randrange(1, address.max_prefixlen + 1)}", strict=False))
draw.shuffle(blocks)
blocks += draw.sample(blocks, 20)


def longest(address):
    found = [b for b in blocks if address in b]
    if not found:
        return None
    best = max(b.prefixlen for b in found)
    return 1 + next(i for i, b in enumerate(blocks) if address in b and b.prefixlen == best)


table("blocks", [(str(b),) for b in blocks])
table("longest", [(longest(a),) for a in addresses])
some = draw.sample(blocks, 7)
table("some", [(str(b),) for b in some])
table("within", [tuple(any(a in b for b in some[:n]) for a in addresses) for n in range(len(some) + 1)])
print("}")
