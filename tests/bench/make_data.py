#!/usr/bin/python3
"""Makes flows like those of LANL, the same ones each time: make_data.py FOLDER ROWS

  flows.{0..3}.h5     contiguous int64 columns, a quarter of the rows each
  flows_gz.{0..3}.h5  the five columns that are loaded, gzip with shuffle, in h5py's own chunks
  aux.h5              a, b: float64 below 1; k: a million values below 2^34, which no other
                      peer's data has; r: any int64; set10k, set1m: so many values, half of them
                      r's; devip, devgrp: the devices, and a hundred groups of them; i: row
                      numbers from 0
"""
import sys
from multiprocessing import Pool

import h5py
import numpy as np

FILES, DEVICES, DAY = 4, 60000, 86400
LOADED = ["start", "srcIP", "dstIP", "dstPort", "dstBytes"]
HEAVY = {53: .24, 443: .15, 80: .11, 514: .07, 389: .06, 427: .05, 88: .045, 161: .04, 445: .035,
         123: .02, 137: .015, 138: .01, 22: .008, 3128: .006, 8080: .005, 135: .005, 1433: .004}


def skewed(rng, rows, count):
    """Numbers below count, the small ones more often: about as 1 / (number + 1)."""
    return (count ** rng.random(rows)).astype(np.int64) - 1


def devices():
    rng = np.random.default_rng(1)
    prefix = np.where(rng.random(DEVICES) < .8, 21036, 5022)  # Comp and IP
    return (prefix << 20) ^ rng.choice(1000000, DEVICES, replace=False)


def destination_ports(rng, rows):
    tail = np.random.default_rng(2).permutation(65536)
    share = np.cumsum(list(HEAVY.values()))
    which = np.searchsorted(share, rng.random(rows))
    heavy = np.array([*HEAVY, 0])[which]
    return np.where(which < len(HEAVY), heavy, tail[skewed(rng, rows, 65536)])


def source_ports(rng, rows):
    """A hundred thousand values, as LANL's have, though no real port is above 65535."""
    ports = rng.integers(32768, 61000, rows)
    some = rng.random(rows) < .3
    ports[some] = rng.integers(49152, 65536, np.count_nonzero(some))
    some = rng.random(rows) < .02
    ports[some] = rng.integers(0, 100000, np.count_nonzero(some))
    return ports


def flows(part, rows):
    rng, device = np.random.default_rng(100 + part), devices()
    begin = DAY + part * DAY // 2
    return {
        "start": np.sort(rng.integers(begin, begin + DAY // 2, rows)),
        "srcIP": device[skewed(rng, rows, DEVICES)],
        "dstIP": device[DEVICES - 1 - skewed(rng, rows, DEVICES)],
        "srcPort": source_ports(rng, rows),
        "dstPort": destination_ports(rng, rows),
        "dstBytes": skewed(rng, rows, 10 ** 6) * rng.integers(46, 1000, rows),
        "srcBytes": skewed(rng, rows, 10 ** 6) * rng.integers(46, 1000, rows),
        "srcPkts": skewed(rng, rows, 10 ** 5),
        "dstPkts": skewed(rng, rows, 10 ** 5),
        "proto": rng.choice([6, 17, 1], rows, p=[.55, .40, .05]),
    }


def write_part(folder, part, rows):
    columns = flows(part, rows)
    with h5py.File(f"{folder}/flows.{part}.h5", "w") as file:
        for name in columns:
            file.create_dataset(name, data=columns[name])
    with h5py.File(f"{folder}/flows_gz.{part}.h5", "w") as file:
        for name in LOADED:
            file.create_dataset(name, data=columns[name], compression="gzip", shuffle=True)


def write_others(folder, rows):
    rng = np.random.default_rng(3)
    keys = rng.choice(2 ** 34, 10 ** 6, replace=False, shuffle=False)
    with h5py.File(f"{folder}/aux.h5", "w") as file:
        file.create_dataset("k", data=keys[rng.integers(0, len(keys), rows)])
        for name in "a", "b":
            file.create_dataset(name, data=rng.random(rows))
        numbers = rng.integers(-2 ** 63, 2 ** 63 - 1, rows)
        file.create_dataset("r", data=numbers)
        for name, count in ("set10k", 10 ** 4), ("set1m", 10 ** 6):
            present = rng.choice(numbers, min(count // 2, rows), replace=False, shuffle=False)
            absent = rng.integers(-2 ** 63, 2 ** 63 - 1, count - len(present))
            file.create_dataset(name, data=rng.permutation(np.concatenate([present, absent])))
        file.create_dataset("devip", data=devices())
        file.create_dataset("devgrp", data=rng.integers(0, 100, DEVICES))
        file.create_dataset("i", data=rng.integers(0, rows, rows))


def main(folder, rows):
    with Pool(2) as pool:
        parts = [(folder, part, rows // FILES) for part in range(FILES)]
        done = pool.starmap_async(write_part, parts, 1)
        pool.apply(write_others, (folder, rows))
        done.get()


if __name__ == "__main__":
    main(sys.argv[1], int(float(sys.argv[2])))
