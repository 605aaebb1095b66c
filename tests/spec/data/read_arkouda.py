"""Reads files in Arkouda's layout (file version 2.0) by that layout alone, and checks the marks.

usage: read_arkouda.py FILE... [-- FILE...]    the files of each run, in their order

Prints a line for each object: its name, what Arkouda makes of it, and its values.
"""
import sys

import h5py
import numpy as np

NAMES = {1: "pdarray", 2: "Strings", 4: "Categorical", 7: "Datetime", 8: "Timedelta", 9: "IPv4"}
WIDE = {"int64": np.int64, "uint64": np.uint64, "float64": np.float64, "uint8": np.uint8}


def attribute(thing, name, dtype):
    """The value of a scalar attribute, which is to be of that type."""
    low = thing.attrs.get_id(name)
    assert low.shape == (), (thing.name, name, low.shape)
    if dtype == "S":
        kind = low.get_type()
        value = bytes(thing.attrs[name])
        assert kind.get_strpad() == h5py.h5t.STR_NULLTERM and kind.get_size() == len(value) + 1
        return value.decode()
    assert low.dtype == np.dtype(dtype), (thing.name, name, low.dtype)
    return thing.attrs[name]


def check_marks(thing, wanted=None, more=()):
    names = {"ObjType", "file_version", "arkouda_version", *more}
    assert set(thing.attrs) == names, (thing.name, set(thing.attrs))
    kind = int(attribute(thing, "ObjType", "i8"))
    assert wanted is None or kind == wanted, (thing.name, kind)
    assert attribute(thing, "file_version", "f4") == np.float32(2)
    assert attribute(thing, "arkouda_version", "S").startswith("v")
    return kind


def check_dataset(dataset):
    assert dataset.ndim == 1 and dataset.chunks is None and dataset.compression is None
    assert dataset.dtype.name in WIDE, (dataset.name, dataset.dtype)
    return dataset[:]


def strings(group, marked):
    """The strings of one file: each ends with a zero byte, and begins where `segments` says."""
    assert set(group) == {"segments", "values"}
    if marked:
        check_marks(group, 2)
    else:
        assert not group.attrs
    check_marks(group["segments"], 1)
    check_marks(group["values"], 1)
    values, segments = check_dataset(group["values"]), check_dataset(group["segments"])
    assert values.dtype == np.uint8 and segments.dtype == np.int64
    raw, found = values.tobytes(), []
    for i, start in enumerate(segments):
        end = segments[i + 1] if i + 1 < len(segments) else len(raw)
        assert raw[end - 1] == 0 and b"\0" not in raw[start:end - 1]
        found.append(raw[start:end - 1])
    assert not len(segments) or segments[0] == 0
    assert len(segments) or not raw
    return found


def part(group, name, marked):
    """A dataset of a Categorical, which has marks in files of locales alone."""
    if marked:
        check_marks(group[name], 1)
    else:
        assert not group[name].attrs
    values = check_dataset(group[name])
    assert values.dtype == np.int64
    return values


def categorical(groups, many):
    codes, labels, missing = [], [], []
    for group in groups:
        assert set(group) == {"codes", "categories", "NA_Codes"}
        check_marks(group, 4)
        codes.extend(part(group, "codes", many))
        labels.extend(strings(group["categories"], many))
        missing.extend(part(group, "NA_Codes", many))
    assert len(missing) == 1 and labels[missing[0]] == b"N/A"
    return [None if code == missing[0] else labels[code] for code in codes]


def show(value):
    if value is None:
        return "null"
    if isinstance(value, bytes):
        return "'" + value.hex()
    if isinstance(value, (float, np.floating)):
        return "%.17g" % value
    return str(value)


def objects(files):
    many = "_LOCALE" in files[0].filename
    for file in files:
        assert attribute(file, "File_Format", "i8") == int(many)
        assert set(file) == set(files[0])
    for name in files[0]:
        things = [file[name] for file in files]
        flag = "isBool" in things[0].attrs
        if isinstance(things[0], h5py.Group) and "codes" in things[0]:
            yield name, "Categorical", categorical(things, many)
            continue
        kind = check_marks(things[0], None, ["isBool"] if flag else [])
        if kind == 2:
            yield name, "Strings", [s for thing in things for s in strings(thing, True)]
            continue
        values = np.concatenate([check_dataset(thing) for thing in things])
        for thing in things:
            assert check_marks(thing, kind, ["isBool"] if flag else []) == kind
        what = NAMES[kind] + " " + values.dtype.name
        if flag:
            assert attribute(things[0], "isBool", "i8") == 1 and values.dtype == np.uint8
            what, values = "pdarray bool", values.astype(bool)
        yield name, what, list(values)


for run in " ".join(sys.argv[1:]).split(" -- "):
    for title, kind, rows in objects([h5py.File(path, "r") for path in run.split()]):
        print(title, kind, *map(show, rows))
