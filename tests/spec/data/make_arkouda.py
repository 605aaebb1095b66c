"""Writes files in Arkouda's layouts, of the present version 2.0 and of older ones.

usage: make_arkouda.py FOLDER
"""
import os
import sys

import h5py
import numpy as np

os.chdir(sys.argv[1])
PDARRAY, STRINGS, SEGARRAY, CATEGORICAL, GROUPBY, DATAFRAME = 1, 2, 3, 4, 5, 6
DATETIME, TIMEDELTA, IPV4, INDEX = 7, 8, 9, 12


def mark(thing, kind, **more):
    thing.attrs["ObjType"] = np.int64(kind)
    thing.attrs["file_version"] = np.float32(2.0)
    thing.attrs["arkouda_version"] = np.bytes_("v2024.10.02")
    for name, value in more.items():
        thing.attrs[name] = np.int64(value)


def array(file, name, data, kind=PDARRAY, marked=True):
    data = np.asarray(data)
    if data.dtype == bool:
        dataset = file.create_dataset(name, data=data.astype("u1"))
        mark(dataset, kind, isBool=1)
    else:
        dataset = file.create_dataset(name, data=data)
        if marked:
            mark(dataset, kind)


def strings(file, name, words, segments=True, marked=True):
    group = file.create_group(name)
    encoded = [word.encode() + b"\0" for word in words]
    group.create_dataset("values", data=np.frombuffer(b"".join(encoded), "u1"))
    if segments:
        lengths = np.array([0] + [len(word) for word in encoded], "i8")
        group.create_dataset("segments", data=np.cumsum(lengths)[:len(words)])
    if marked:
        mark(group, STRINGS)


def categorical(file, name, codes, categories, missing, marked):
    group = file.create_group(name)
    mark(group, CATEGORICAL)
    array(group, "codes", np.asarray(codes, "i8"), marked=marked)
    strings(group, "categories", categories, marked=marked)
    array(group, "NA_Codes", np.array([missing], "i8"), marked=marked)


def segarray(file, name, lists):
    group = file.create_group(name)
    mark(group, SEGARRAY)
    starts = np.cumsum([0] + [len(values) for values in lists])[:len(lists)]
    array(group, "segments", starts.astype("i8"))
    array(group, "values", np.array([v for values in lists for v in values], "i8"))


def write_single():
    with h5py.File("single.hdf5", "w") as file:
        file.attrs["File_Format"] = np.int64(0)
        array(file, "i", np.arange(6))
        array(file, "u", np.arange(6, dtype="u8") + 2**63)
        array(file, "f", np.arange(6) / 4)
        array(file, "b", np.arange(6) % 2 == 0)
        strings(file, "s", ["one", "", "\u00e9\u00e9", "x" * 300, "one", "z"])
        categorical(file, "c", [0, 1, 2, 0, 1, 1], ["red", "green", "N/A"], 2, False)
        array(file, "t", np.array([0, 10**9, -2**63, 1, 2, 3]), DATETIME)
        array(file, "d", np.arange(6) * 10**9, TIMEDELTA)
        array(file, "ip", np.arange(6, dtype="u8") + 0x0a000001, IPV4)
        for name, high in (("big", 0), ("bigger", 1)):
            group = file.create_group(name)
            mark(group, PDARRAY, isBigInt=1, MaxBits=-1, NumLimbs=2)
            group["Limb_0"] = np.arange(6, dtype="u8") + 2**63
            group["Limb_1"] = np.full(6, high, "u8")
        segarray(file, "seg", [[1, 2], [], [3]])
        group = file.create_group("grouping")
        mark(group, GROUPBY, NumKeys=1)
        array(group, "KEY_0", np.arange(6))
        array(group, "segments", np.arange(6))
    with h5py.File("frame.hdf5", "w") as file:
        frame = file.create_group("df")
        mark(frame, DATAFRAME, NumCols=4)
        array(frame, "Index", np.arange(3) * 10)
        array(frame, "zahl", np.arange(3))
        strings(frame, "name", ["p", "q", "r"])
        categorical(frame, "kind", [1, 0, 1], ["a", "b", "N/A"], 2, True)
        array(frame, "at", np.arange(3) * 10**9, DATETIME)
        index = file.create_group("index")
        mark(index, INDEX, NumIdx=11)
        for i in range(11):
            array(index, "IDX_%d" % i, np.arange(3) + i, marked=False)


def write_run():
    """One run on three locales, the second without rows; another one on one locale each."""
    parts = [range(4), range(0), range(4, 9)]
    words = ["w%d" % i for i in range(9)]
    categories = [["c0", "c1"], [], ["c2", "N/A"]]
    for locale, rows in enumerate(parts):
        with h5py.File("run_LOCALE%04d.hdf5" % locale, "w") as file:
            file.attrs["File_Format"] = np.int64(1)
            array(file, "i", np.array(rows, "i8"))
            strings(file, "s", [words[i] for i in rows])
            categorical(file, "c", [i % 4 for i in rows], categories[locale], 3, True)
            segarray(file, "seg", [[i] * (i % 3) for i in rows])
    for i in range(2):
        with h5py.File("apart%d.hdf5" % i, "w") as file:
            file.attrs["File_Format"] = np.int64(0)
            categorical(file, "c", [0, 1, 0], ["x%d" % i, "y%d" % i, "N/A"], 2, False)


def write_old():
    with h5py.File("old_LOCALE0", "w") as file:  # 2019: no attributes, no zeros before the number
        array(file, "array", np.arange(5), marked=False)
    with h5py.File("words.hdf5", "w") as file:  # before ObjType
        strings(file, "with", ["one", "two", ""], marked=False)
        strings(file, "without", ["one", "", "three"], segments=False, marked=False)
        file.create_group("flag").create_dataset("booleans", data=np.array([True, False, True]))
        file.create_group("byte").create_dataset("booleans", data=np.array([1, 0], "u1"))
        group = file.create_group("_arkouda_metadata")
        group.attrs["file_version"] = np.float32(1.0)
    with h5py.File("damaged.hdf5", "w") as file:
        strings(file, "s", ["one", "two", "three"])
        file["s/segments"][1] = 99
        strings(file, "t", ["one", "two", "three"])
        file["t/values"][7] = ord("x")
        group = file.create_group("u")
        group["values"], group["segments"] = np.zeros(3, "i4"), np.zeros(1, "i8")
        mark(group, STRINGS)


for write in (write_single, write_run, write_old):
    write()
