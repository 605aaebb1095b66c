"""Writes HDF5 files of strings into a folder, and expected.lua: their bytes without padding.

usage: make_text_hdf.py FOLDER
"""
import os
import struct
import sys

import h5py
import numpy as np
import pandas as pd
from h5py import h5d, h5p, h5s, h5t

folder = sys.argv[1]
cases = []
rng = np.random.default_rng(12)
VARIABLE = h5py.string_dtype()


def path(name):
    return os.path.join(folder, name)


def literal(value):
    if len(value) > 1000:  # of one letter
        return '("%c"):rep(%d)' % (value[0], len(value))
    return '"' + "".join("\\%03d" % byte for byte in value) + '"'


def expect(file, name, values):
    cases.append('  {file = "%s", name = "%s", values = {%s}},\n' % (
        file, name, ", ".join(map(literal, values))))


def create(file, name, kind, values, options):
    """A dataset of a type that h5py's upper layer does not make."""
    space = h5s.create_simple((len(values),), (h5s.UNLIMITED,) if "chunks" in options else None)
    plist = h5p.create(h5p.DATASET_CREATE)
    if "chunks" in options:
        plist.set_chunk(options["chunks"])
    if options.get("compact"):
        plist.set_layout(h5d.COMPACT)
    if options.get("shuffle"):
        plist.set_shuffle()
    if options.get("compression"):
        plist.set_deflate(1)
    if options.get("fletcher32"):
        plist.set_fletcher32()
    dataset = h5d.create(file.id, name.encode(), kind, space, plist)
    dataset.write(h5s.ALL, h5s.ALL, values, mtype=None if kind.is_variable_str() else kind)


LAYOUTS = {
    "contiguous": {},
    "compact": dict(compact=True),
    "chunked": dict(chunks=(64,)),
    "gzip": dict(chunks=(50,), compression="gzip"),
    "all": dict(chunks=(33,), compression="gzip", shuffle=True, fletcher32=True),
}
PADDINGS = {
    "terminated": (h5t.STR_NULLTERM, b"\0", lambda b: b.split(b"\0")[0]),
    "nulls": (h5t.STR_NULLPAD, b"\0", lambda b: b.rstrip(b"\0")),
    "spaces": (h5t.STR_SPACEPAD, b" ", lambda b: b.rstrip(b" ")),
}
SIZE = 13


def fixed_values(pad):
    """Padded strings: some fill the row, some have padding inside, some are not UTF-8."""
    values = [b"", b"a", b"x" * SIZE, b"a\0b", b" a b ", b"\0\0c", b"\xff\xfe\x80", "grün é".encode(),
              pad * 2 + b"z", b"tab\there"]
    values += [bytes(rng.integers(97, 101, rng.integers(0, SIZE + 1), dtype="u1"))
               for i in range(197)]
    return [value[:SIZE].ljust(SIZE, pad) for value in values]


def write_fixed():
    with h5py.File(path("fixed.h5"), "w") as file:
        for padding, (code, pad, strip) in PADDINGS.items():
            values = fixed_values(pad)
            for charset in (h5t.CSET_ASCII, h5t.CSET_UTF8):
                kind = h5t.C_S1.copy()
                kind.set_size(SIZE)
                kind.set_strpad(code)
                kind.set_cset(charset)
                for layout, options in LAYOUTS.items():
                    name = "%s_%d_%s" % (padding, charset, layout)
                    create(file, name, kind, np.frombuffer(b"".join(values), "S%d" % SIZE), options)
                    expect("fixed.h5", name, [strip(value) for value in values])
        some = file.create_dataset("some", (300,), "S5", chunks=(64,), fillvalue=b"fill")
        some[100:140] = [b"%d" % i for i in range(40)]
        expect("fixed.h5", "some", some[:])
        file.create_dataset("never", (20,), "S5")
        expect("fixed.h5", "never", [b""] * 20)


def variable_values(n=207):
    return ["", "a", "grün é", "x" * 70000, "y" * 5000000, " spaces  "] + [
        "".join(rng.choice(list("abcd"), rng.integers(0, 30))) for i in range(n - 6)]


def write_variable(name, **options):
    values = variable_values()
    stored = [value.encode() for value in values]
    with h5py.File(path(name), "w", **options) as file:
        for layout, filters in (("contiguous", {}), ("chunked", dict(chunks=(64,))),
                                ("gzip", dict(chunks=(50,), compression="gzip", shuffle=True))):
            file.create_dataset(layout, data=values, dtype=VARIABLE, **filters)
            expect(name, layout, stored)
        ascii_type = h5py.string_dtype("ascii")
        odd = [b"\xff\xfe", b"\x80abc", b"z"] * 30
        file.create_dataset("ascii", data=odd, dtype=ascii_type)
        expect(name, "ascii", odd)
        kind = h5t.C_S1.copy()
        kind.set_size(h5t.VARIABLE)
        kind.set_cset(h5t.CSET_UTF8)
        create(file, "compact", kind, np.array(values[6:60], dtype=VARIABLE), dict(compact=True))
        expect(name, "compact", stored[6:60])
        some = file.create_dataset("some", (1000,), VARIABLE, chunks=(64,), fillvalue="none")
        some[100:140] = ["row %d" % i for i in range(40)]
        expect(name, "some", some[:])
        file.create_dataset("never", (100,), VARIABLE)
        expect(name, "never", [b""] * 100)
        shuffled = file.create_dataset("shuffled", (3000,), VARIABLE, chunks=(500,))
        for i in rng.permutation(30):  # heaps in another order than rows
            shuffled[i * 100:i * 100 + 100] = ["host %d" % (k % 977) for k in
                                               range(i * 100, i * 100 + 100)]
        shuffled[::7] = ["again and again, and longer %d" % i for i in range(429)]
        expect(name, "shuffled", shuffled[:])


def write_small_addresses():
    """A file whose addresses and lengths have 4 bytes."""
    plist = h5p.create(h5p.FILE_CREATE)
    plist.set_sizes(4, 4)
    with h5py.File(h5py.h5f.create(path("small.h5").encode(), h5py.h5f.ACC_TRUNC, plist)) as file:
        values = variable_values()
        file.create_dataset("data", data=values, dtype=VARIABLE, chunks=(64,))
        expect("small.h5", "data", [value.encode() for value in values])


def write_virtual():
    with h5py.File(path("virtual.h5"), "w") as file:
        whole = h5py.VirtualLayout((600,), VARIABLE)
        fixed = h5py.VirtualLayout((600,), "S9")
        both, names = [], []
        for i in range(3):
            part = ["part %d row %d" % (i, k * k) for k in range(200)]
            file.create_dataset("part%d" % i, data=part, dtype=VARIABLE)
            file.create_dataset("fixed%d" % i, data=np.array(part, "S9"))
            whole[i * 200:i * 200 + 200] = h5py.VirtualSource(".", "part%d" % i, (200,), VARIABLE)
            fixed[i * 200:i * 200 + 200] = h5py.VirtualSource(".", "fixed%d" % i, (200,), "S9")
            both += [value.encode() for value in part]
            names += [value.encode()[:9] for value in part]
        file.create_virtual_dataset("whole", whole)
        file.create_virtual_dataset("fixed", fixed)
        expect("virtual.h5", "whole", both)
        expect("virtual.h5", "fixed", names)


def write_parts():
    """Files of a few rows, beside numbers, of strings of different kinds."""
    for i, n in enumerate([3, 0, 11, 1, 6]):
        with h5py.File(path("part_%d.h5" % i), "w") as file:
            texts = ["row %d of %d" % (k, i) for k in range(n)]
            if i % 2:
                file.create_dataset("text", data=texts, dtype=VARIABLE)
            else:
                file.create_dataset("text", data=np.array(texts, "S%d" % (11 + i)))
            file["number"] = np.arange(n) + 100 * i
            file["mixed"] = np.arange(n) if i == 2 else np.array(texts, "S20")
            file["rate"] = np.arange(n) / 2


def write_frame():
    """What users of pandas and numpy write."""
    frame = pd.DataFrame({"host": ["h%d" % (i * i % 37) for i in range(500)],
                          "user": ["büro", "x", ""] * 166 + ["end", "y"], "n": range(500)})
    with h5py.File(path("pandas.h5"), "w") as file:
        file["host"] = frame["host"].to_numpy("S")
        file["user"] = frame["user"].to_numpy(VARIABLE)
        file["n"] = frame["n"]
        file["kind"] = frame["host"].astype("category").cat.categories.to_numpy("S")
        file["kinds"] = np.array(["a", "bb"] * 250, dtype="S2")
    expect("pandas.h5", "host", [value.encode() for value in frame["host"]])
    expect("pandas.h5", "user", [value.encode() for value in frame["user"]])


def write_long():
    with h5py.File(path("long.h5"), "w") as file:
        n = 200003
        names = np.array(["Comp%d" % (i * i * 7919 % 1000) for i in range(n)], "S")
        file["fixed"] = names
        file.create_dataset("gzip", data=names, chunks=(40000,), compression=1, shuffle=True)
        file.create_dataset("one_chunk", data=names, chunks=(n,))
        file.create_dataset("variable", data=names.astype(object), dtype=VARIABLE)
        file.create_dataset("variable_gzip", data=names.astype(object), dtype=VARIABLE,
                            chunks=(30000,), compression=1)
        file["number"] = np.arange(n)


def heap_of(data, text):
    """Where a heap that has a text begins in the bytes of a file."""
    return data.rindex(b"GCOL", 0, data.index(text))


def write_damaged():
    values = ["the string of row %d" % i for i in range(50)]
    with h5py.File(path("whole.h5"), "w") as file:
        file.create_dataset("text", data=values, dtype=VARIABLE)
    data = open(path("whole.h5"), "rb").read()
    heap = heap_of(data, b"the string of row 3")
    first = data.index(struct.pack("<IQ", len(values[0]), heap))  # the reference of row 0

    def damage(name, at, value):
        with open(path(name), "wb") as file:
            file.write(data[:at] + value + data[at + len(value):])

    damage("signature.h5", heap, b"BAD!")
    damage("collection.h5", heap + 8, struct.pack("<Q", 1 << 62))
    damage("small_collection.h5", heap + 8, struct.pack("<Q", 17))
    damage("object.h5", heap + 24, struct.pack("<Q", (1 << 64) - 8))
    damage("length.h5", first, struct.pack("<I", 1 << 30))
    damage("number.h5", first + 12, struct.pack("<I", 4000000000))
    damage("address.h5", first + 4, struct.pack("<Q", 1 << 60))
    damage("cut.h5", 0, data[:heap + 100])
    with open(path("cut.h5"), "wb") as file:
        file.write(data[:heap + 100])


for write in (write_fixed, write_small_addresses, write_virtual, write_parts, write_frame,
              write_long, write_damaged):
    write()
write_variable("variable.h5")
write_variable("latest.h5", libver="latest")
write_variable("block.h5", userblock_size=1024)
with open(path("expected.lua"), "w") as out:
    out.write("return {\n" + "".join(cases) + "}\n")
