#!/usr/bin/python3
"""Makes names of hosts, all different, in random order: make_hosts.py FOLDER ROWS

  hosts.h5   host: ROWS names; other: a fifth as many, of these; value: int64 below 1000
  hosts.csv  host and value, other.csv: other
"""
import sys

import h5py
import numpy as np


def main(folder, rows):
    rng = np.random.default_rng(1)
    names = np.array([f"host-{k:07d}.dept{k % 50}.example.com" for k in rng.permutation(rows)])
    other = rng.permutation(names)[:rows // 5]
    value = rng.integers(0, 1000, rows)
    with h5py.File(f"{folder}/hosts.h5", "w") as file:
        file["host"], file["other"], file["value"] = names.astype("S"), other.astype("S"), value
    with open(f"{folder}/hosts.csv", "w") as file:
        file.write("host,value\n")
        file.writelines(f"{name},{number}\n" for name, number in zip(names, value))
    with open(f"{folder}/other.csv", "w") as file:
        file.write("other\n")
        file.writelines(f"{name}\n" for name in other)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
