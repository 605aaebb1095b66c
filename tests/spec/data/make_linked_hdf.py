"""Writes HDF5 files whose datasets lead to others: virtual ones, links, groups in circles.

usage: make_linked_hdf.py FOLDER
"""
import os
import sys

import h5py
import numpy as np
from h5py import h5d, h5p, h5s, h5t

os.chdir(sys.argv[1])


def select(first, count, rows, growing):
    space = h5s.create_simple((rows,), (h5s.UNLIMITED,) if growing else None)
    if growing:
        space.select_hyperslab((first,), (h5s.UNLIMITED,), stride=(1,), block=(1,))
    else:
        space.select_hyperslab((first,), (1,), block=(count,))
    return space


def virtual(file, name, rows, *mappings, growing=False):
    """A virtual dataset. Mappings: first row, number, source file and dataset, its rows and first.
    h5py's own interface writes the file's own name as "."; this one as it is given."""
    plist = h5p.create(h5p.DATASET_CREATE)
    plist.set_fill_value(np.array(-1, "i8"))
    for first, count, path, source, source_rows, source_first in mappings:
        plist.set_virtual(select(first, count, rows, growing), path.encode(), source.encode(),
                          select(source_first, count, source_rows, growing))
    space = h5s.create_simple((rows,), (h5s.UNLIMITED,) if growing else None)
    h5d.create(file.id, name.encode(), h5t.NATIVE_INT64, space, plist)


with h5py.File("own.h5", "w", libver="latest") as file:
    file["base"] = np.arange(100, 130)
    file.create_dataset("grown", data=np.arange(30), maxshape=(None,), chunks=(10,))
    virtual(file, "named", 30, (0, 30, "own.h5", "base", 30, 0))
    virtual(file, "dot", 30, (0, 30, ".", "base", 30, 0))
    virtual(file, "absolute", 30, (0, 30, os.path.abspath("own.h5"), "base", 30, 0))
    virtual(file, "moved", 30, (0, 30, "/nowhere/at/all/own.h5", "base", 30, 0))
    virtual(file, "nested", 40, (0, 30, "own.h5", "named", 30, 0), (30, 10, "other.h5", "x", 10, 0))
    virtual(file, "growing", 30, (0, 30, "own.h5", "grown", 30, 0), growing=True)
    file["back"] = h5py.ExternalLink("own.h5", "/base")
    file["away"] = h5py.ExternalLink("other.h5", "/home")
    virtual(file, "no_file", 30, (0, 20, "own.h5", "base", 30, 0),
            (20, 10, "gone.h5", "base", 30, 0))
    virtual(file, "no_dataset", 30, (0, 30, "own.h5", "gone", 30, 0))
    virtual(file, "short", 40, (0, 40, "own.h5", "base", 40, 0))
    virtual(file, "circle", 30, (0, 30, "own.h5", "other_half", 30, 0))
    virtual(file, "other_half", 30, (0, 30, "own.h5", "circle", 30, 0))
    virtual(file, "not_hdf", 30, (0, 30, "text.csv", "base", 30, 0))
with h5py.File("growing.h5", "w", libver="latest") as file:
    virtual(file, "circle", 30, (0, 30, "growing.h5", "circle", 30, 0), growing=True)
with h5py.File("other.h5", "w") as file:
    file["x"] = np.arange(10)
    file["home"] = h5py.ExternalLink("own.h5", "/named")
with open("text.csv", "w") as file:
    file.write("base\n1\n")

with h5py.File("groups.h5", "w") as file:
    file["top"] = np.arange(4)
    file["a/x"] = np.arange(4) * 2
    file["a/b/y"] = np.arange(4) / 2
    file["a/b/text"] = ["one", "two"]
    file["a/again"] = file["a"]
    file["z/up"] = file["/"]
    file["z/b"] = file["a/b"]
    file["z/soft"] = h5py.SoftLink("/a")
    file["z/linked"] = h5py.SoftLink("/a/x")
    file["z/far"] = h5py.ExternalLink("other.h5", "/x")
    file["z/far_group"] = h5py.ExternalLink("groups.h5", "/a")
    file["z/dangling"] = h5py.SoftLink("/nowhere")
    file.create_group("empty")
with h5py.File("deep.h5", "w") as file:
    group = file
    for i in range(200):
        group = group.create_group("g")
    group["x"] = np.arange(3)
with h5py.File("matlab.h5", "w") as file:
    for kind in ("double", "single", "int8", "uint64", "logical", "char"):
        empty = file.create_dataset(kind, data=np.zeros(2, "u8"))
        empty.attrs["MATLAB_class"] = np.bytes_(kind)
        empty.attrs["MATLAB_empty"] = np.uint8(1)
    mask = file.create_dataset("mask", data=np.array([1, 0, 1], "u1"))
    mask.attrs["MATLAB_class"] = np.bytes_("logical")
    full = file.create_dataset("full", data=np.array([0.0, 0.0]))
    full.attrs["MATLAB_empty"] = np.uint8(0)
