"""Writes many different addresses of IPv6 and what Python's ipaddress makes of them to an HDF5 file.

Strings of a length each, in the order in which they were drawn, but for "sorted".
"""
import functools
import ipaddress
import random
import sys

import h5py
import numpy as np

path, n, seed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
draw = random.Random(seed)
BITS = [0x2001_0db8 << 96, 0xfe80 << 112, 0xff02 << 112, 0x2002 << 112]

numbers = set()
while len(numbers) < n:
    numbers.add(draw.choice(BITS) + draw.getrandbits(30) * draw.choice([1, 1 << 16, 1 << 40]))
numbers = sorted(numbers)
draw.shuffle(numbers)


@functools.cache
def text(number):
    return str(ipaddress.IPv6Address(number))


def texts(of):
    return np.array([text(a) for a in of], dtype="S45")


with h5py.File(path, "w") as file:
    file["text"] = texts(numbers)
    file["sorted"] = texts(sorted(numbers))
    file["after"] = texts([a + 77 for a in numbers])
    file["network"] = texts([a >> 68 << 68 for a in numbers])
    file["local"] = np.array([a >> 118 == 0xfe80 >> 6 for a in numbers])
    file["multicast"] = np.array([a >> 120 == 0xff for a in numbers])
print(len(numbers))
