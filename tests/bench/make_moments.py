#!/usr/bin/python3
"""Makes times, addresses and blocks in moments.h5: make_moments.py FOLDER ROWS

  moment   ROWS times of a year, all different, as int64 microseconds since 1970
  stamp    the same as text: "2026-03-01T12:00:00.000001"
  second   ROWS texts of the seconds of one day: "2026-03-01T12:00:00"
  address  ROWS addresses of version 4, any, as int64
  dotted   the same as text: "192.0.2.1"
  device   ROWS texts of 50,000 addresses
  block    a hundred thousand blocks as text, none of them twice, of 8 to 32 bits: "10.0.0.0/8"
"""
import sys

import h5py
import numpy as np

YEAR, DAY, MILLION = 365 * 86400, 86400, 1000000
BEGIN = 1767225600  # 2026-01-01
BLOCKS, DEVICES = 100000, 50000


def iso(moments, length):
    return np.datetime_as_string(moments).astype(f"S{length}")


def dotted(numbers):
    texts = numbers >> 24
    texts = texts.astype("S3")
    for shift in 16, 8, 0:
        texts = np.char.add(np.char.add(texts, b"."), (numbers >> shift & 255).astype("S3"))
    return texts


def make_blocks(rng):
    bits = rng.integers(8, 33, 2 * BLOCKS)
    first = rng.integers(0, 1 << 32, 2 * BLOCKS) >> (32 - bits) << (32 - bits)
    _, chosen = np.unique(first << 6 | bits, return_index=True)
    chosen = rng.permutation(chosen)[:BLOCKS]
    return np.char.add(np.char.add(dotted(first[chosen]), b"/"), bits[chosen].astype("S2"))


def main(folder, rows):
    rng = np.random.default_rng(3)
    step = YEAR * MILLION // rows
    moment = BEGIN * MILLION + rng.permutation(rows) * step + rng.integers(0, step, rows)
    day = iso(np.arange(BEGIN, BEGIN + DAY).astype("datetime64[s]"), 19)
    address = rng.integers(0, 1 << 32, rows)
    devices = dotted(rng.integers(0, 1 << 32, DEVICES))
    with h5py.File(f"{folder}/moments.h5", "w") as file:
        file["moment"] = moment
        file["stamp"] = iso(moment.astype("datetime64[us]"), 26)
        file["second"] = day[rng.integers(0, DAY, rows)]
        file["address"] = address
        file["dotted"] = dotted(address)
        file["device"] = devices[rng.integers(0, DEVICES, rows)]
        file["block"] = make_blocks(rng)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
