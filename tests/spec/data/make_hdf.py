"""Writes HDF5 files of every kind into a folder, and expected.lua: what h5py reads from them.

usage: make_hdf.py FOLDER
"""
import os
import sys

import h5py
import numpy as np

folder = sys.argv[1]
cases = []
rng = np.random.default_rng(5)


def path(name):
    return os.path.join(folder, name)


def lua_value(value):
    if isinstance(value, (bool, np.bool_)):
        return "true" if value else "false"
    if isinstance(value, (int, np.integer)):
        return "0x%016x" % (int(value) & (2**64 - 1))
    value = float(value)
    if np.isnan(value):
        return "0/0"
    if np.isinf(value):
        return "math.huge" if value > 0 else "-math.huge"
    return value.hex()


def lua_type(dtype):
    if dtype == bool:
        return "bool"
    if dtype.kind == "f":
        return "float"
    return "uint" if dtype.kind == "u" and dtype.itemsize == 8 else "int"


def expect(file, name, values, kind=None):
    """Notes what reading a dataset must give."""
    values = np.asarray(values)
    cases.append('  {file = "%s", name = "%s", type = "%s", values = {%s}},\n' % (
        file, name, kind or lua_type(values.dtype), ", ".join(map(lua_value, values))))


def sample(dtype, n):
    """Values of a type, its extremes among them."""
    dtype = np.dtype(dtype)
    if dtype.kind == "f":
        values = rng.normal(size=n).astype(dtype)
        values[:4] = [np.inf, -np.inf, np.nan, -0.0]
        return values
    info = np.iinfo(dtype)
    values = rng.integers(info.min, info.max, n, dtype=dtype.newbyteorder("="), endpoint=True)
    values[0], values[-1] = info.min, info.max
    return values.astype(dtype)


LAYOUTS = {
    "contiguous": {},
    "chunked": dict(chunks=(64,)),
    "gzip": dict(chunks=(64,), compression="gzip"),
    "shuffle": dict(chunks=(64,), shuffle=True),
    "gzip_shuffle": dict(chunks=(50,), compression="gzip", shuffle=True),
    "all": dict(chunks=(33,), compression="gzip", shuffle=True, fletcher32=True),
    "fletcher32": dict(chunks=(64,), fletcher32=True),
    "extendible": dict(chunks=(64,), maxshape=(None,)),
}


def write_types():
    with h5py.File(path("types.h5"), "w") as file:
        for code in ("i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8"):
            for order in "<>":
                for layout, options in LAYOUTS.items():
                    name = "%s%s_%s" % (code, "le" if order == "<" else "be", layout)
                    file.create_dataset(name, data=sample(order + code, 207), **options)
        for layout, options in LAYOUTS.items():
            file.create_dataset("bool_" + layout, data=rng.random(207) < 0.5, **options)
        for code in ("i4", "u2", "i8"):
            file.create_dataset(code + "_scaleoffset", data=rng.integers(0, 100, 207).astype(code),
                                chunks=(64,), scaleoffset=0)
        file.create_dataset("f8_scaleoffset", data=rng.integers(0, 100, 207) / 4.0, chunks=(64,),
                            scaleoffset=2)
        if h5py.h5z.get_filter_info(h5py.h5z.FILTER_SZIP) & h5py.h5z.FILTER_CONFIG_ENCODE_ENABLED:
            file.create_dataset("i4_szip", data=sample("i4", 207), chunks=(64,), compression="szip")
        low_level(file)
        for name in file:
            if name != "u3":  # which numpy does not know
                expect("types.h5", name, file[name][:])


def low_level(file):
    """Kinds that h5py's upper layer does not make."""
    space = h5py.h5s.create_simple((207,))
    compact = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    compact.set_layout(h5py.h5d.COMPACT)
    data = sample("i4", 207)
    h5py.h5d.create(file.id, b"i4_compact", h5py.h5t.STD_I32BE, space, compact).write(
        h5py.h5s.ALL, h5py.h5s.ALL, data)
    twelve = h5py.h5t.STD_I32LE.copy()
    twelve.set_precision(12)
    twelve.set_offset(3)
    nbit = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    nbit.set_chunk((64,))
    nbit.set_filter(h5py.h5z.FILTER_NBIT, h5py.h5z.FLAG_OPTIONAL, ())
    for name, plist in (("i4_nbit", nbit), ("i4_12bits", None)):
        h5py.h5d.create(file.id, name.encode(), twelve, space, plist).write(
            h5py.h5s.ALL, h5py.h5s.ALL, rng.integers(-2000, 2000, 207).astype("i4"))
    data = rng.integers(0, 2**24, 207).astype("u4")
    three = h5py.h5t.STD_U32LE.copy()
    three.set_precision(24)
    three.set_size(3)
    h5py.h5d.create(file.id, b"u3", three, space).write(h5py.h5s.ALL, h5py.h5s.ALL, data)
    expect("types.h5", "u3", data)


def write_bits():
    with h5py.File(path("bits.h5"), "w") as file:
        space = h5py.h5s.create_simple((20,))
        data = (np.arange(20) % 3).astype("u1")
        h5py.h5d.create(file.id, b"bitfield", h5py.h5t.STD_B8LE, space).write(
            h5py.h5s.ALL, h5py.h5s.ALL, data, mtype=h5py.h5t.STD_B8LE)
        expect("bits.h5", "bitfield", data != 0)


def write_fills():
    with h5py.File(path("fill.h5"), "w") as file:
        file.create_dataset("never", (100,), "i4", fillvalue=-7)
        file.create_dataset("never_default", (100,), ">i8")
        file.create_dataset("never_chunked", (100,), "f8", chunks=(8,), fillvalue=2.5)
        some = file.create_dataset("some", (1000,), ">u2", chunks=(64,), compression="gzip",
                                   shuffle=True, fillvalue=513)
        some[100:140] = np.arange(40)
        some[990:] = 5
        grown = file.create_dataset("grown", (10,), "i8", chunks=(16,), maxshape=(None,),
                                    fillvalue=3)
        grown[:] = np.arange(10)
        grown.resize((70,))
        flags = file.create_dataset("flags", (100,), bool, chunks=(10,), fillvalue=True)
        flags[15:25] = False
        for name in file:
            expect("fill.h5", name, file[name][:])


def write_masked():
    """Chunks whose filters were skipped, as the filter mask says."""
    data = np.arange(256, dtype="<i4")
    with h5py.File(path("masked.h5"), "w") as file:
        dataset = file.create_dataset("x", (256,), "<i4", chunks=(64,), compression="gzip",
                                      shuffle=True)
        dataset[:] = data
        dataset.id.write_direct_chunk((64,), data[64:128].tobytes(), 3)
        dataset.id.write_direct_chunk((192,), (data[192:] * 2).tobytes(), 3)
        expect("masked.h5", "x", dataset[:])


def write_links():
    with h5py.File(path("far.h5"), "w") as file:
        file["data"] = np.arange(50)
        file["data"].attrs["single"] = np.bytes_("near")
        file.create_dataset("packed", data=np.arange(50), chunks=(9,), compression="gzip")
    with h5py.File(path("links.h5"), "w") as file:
        file["inner/deep/data"] = np.arange(30) * 3
        file["soft"] = h5py.SoftLink("/inner/deep/data")
        file["hard"] = file["inner/deep/data"]
        file["outer"] = h5py.ExternalLink("far.h5", "/data")
        file["outer_packed"] = h5py.ExternalLink("far.h5", "/packed")
        file["dangling"] = h5py.SoftLink("/nowhere")
        file["dangling_outer"] = h5py.ExternalLink("nowhere.h5", "/data")
        for name in ("inner/deep/data", "soft", "hard", "outer", "outer_packed"):
            expect("links.h5", name, file[name][:])


def write_odd_storage():
    with h5py.File(path("userblock.h5"), "w", userblock_size=512) as file:
        file["x"] = np.arange(100)
        file.create_dataset("z", data=np.arange(100), chunks=(30,), compression="gzip")
        expect("userblock.h5", "x", file["x"][:])
        expect("userblock.h5", "z", file["z"][:])
        file.create_dataset("never", (2000,), "i8", fillvalue=7)
        expect("userblock.h5", "never", file["never"][:])
    np.arange(40, dtype="<i8").tofile(path("raw.bin"))
    with h5py.File(path("external.h5"), "w") as file:
        file.create_dataset("x", (40,), "<i8", external=[(path("raw.bin"), 0, 320)])
        expect("external.h5", "x", file["x"][:])
    with h5py.File(path("latest.h5"), "w", libver="latest") as file:
        for i, options in enumerate((dict(chunks=(64,)), dict(chunks=(207,)),
                                     dict(chunks=(64,), maxshape=(None,), compression="gzip"))):
            file.create_dataset("x%d" % i, data=np.arange(207), **options)
            expect("latest.h5", "x%d" % i, np.arange(207))
    with h5py.File(path("virtual.h5"), "w", libver="latest") as file:
        layout = h5py.VirtualLayout(shape=(60,), dtype="i8")
        layout[:50] = h5py.VirtualSource(path("far.h5"), "data", shape=(50,))
        file.create_virtual_dataset("x", layout, fillvalue=-1)
        expect("virtual.h5", "x", file["x"][:])


def write_long():
    """Row i (from 0) is i * i * 7919 % 1000003."""
    i = np.arange(200003, dtype="i8")
    values = i * i * 7919 % 1000003
    with h5py.File(path("long.h5"), "w") as file:
        file.create_dataset("be4", data=values.astype(">i4"))
        file.create_dataset("le4", data=values.astype("<u4"))
        file.create_dataset("le8", data=values)
        file.create_dataset("be8_gzip", data=values.astype(">i8"), chunks=(10000,), shuffle=True,
                            compression="gzip")
        file.create_dataset("one_chunk", data=values, chunks=(200003,), compression="gzip")
        file.create_dataset("scaled", data=values, chunks=(70000,), scaleoffset=0)
        file.create_dataset("small_chunks", data=values.astype("u4"), chunks=(1000,),
                            scaleoffset=0)
        file.create_dataset("checked", data=values, chunks=(65000,), fletcher32=True)


def write_arkouda():
    """One file a locale, of a run on three, the second without rows of its own."""
    rows = [np.arange(5), np.arange(0), np.arange(5, 12)]
    for locale, part in enumerate(rows):
        with h5py.File(path("ark_LOCALE%04d.hdf5" % locale), "w") as file:
            file.attrs["File_Format"] = np.int64(1)
            for name, data in (("array", part.astype("i8")), ("mask", (part % 2).astype("u1")),
                               ("size", part.astype("u8") + 2**63)):
                dataset = file.create_dataset(name, data=data)
                dataset.attrs["ObjType"] = np.int64(1)
                dataset.attrs["file_version"] = np.float32(2.0)
                if name == "mask":
                    dataset.attrs["isBool"] = np.int64(1)
            file["old_mask/booleans"] = part % 3 == 0
            strings = file.create_group("strings_array")
            strings.attrs["ObjType"] = np.int64(2)
            words = [b"w%d" % n if n % 4 else b"" for n in part]
            strings["values"] = np.frombuffer(b"".join(word + b"\0" for word in words), "u1")
            strings["segments"] = np.cumsum([0] + [len(word) + 1 for word in words])[:-1]
            file.create_group("_arkouda_metadata")


def write_parts():
    """Files of one column, with lengths that differ, some zero."""
    for i, n in enumerate((3, 0, 11, 1, 6)):
        with h5py.File(path("part_%d.h5" % i), "w") as file:
            file["a"] = np.arange(n) + 100 * i
            file.create_dataset("b", data=np.arange(n, dtype="f4") / 2)
            file.create_dataset("width", data=np.arange(n, dtype="f4" if i % 2 else "f8"))
            file.create_dataset("size", data=np.arange(n, dtype=("u1", "i2", ">u4")[i % 3]))
            file.create_dataset("class", data=np.arange(n, dtype="i8" if i < 3 else "f8"))
            file.create_dataset("sign", data=np.arange(n, dtype="i8" if i < 4 else "u8"))
            if i != 3:
                file["sometimes"] = np.arange(n)
    with h5py.File(path("empty.h5"), "w") as file:
        file["i"] = np.zeros(0, "i8")
        file["f"] = np.zeros(0, "f4")
        file.create_dataset("z", data=np.zeros(0, "u8"), chunks=(10,), maxshape=(None,))


def write_unreadable():
    with h5py.File(path("unreadable.h5"), "w") as file:
        file["cube"] = np.zeros((3, 4, 2))
        file.create_dataset("lists", (3,), h5py.vlen_dtype("i4"))
        file["opaque"] = np.zeros(3, "V5")
        file.create_dataset("references", (3,), h5py.ref_dtype)
        file.create_dataset("odd", (3,), np.dtype([("lists", h5py.vlen_dtype("i4"))]))
        creation = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        creation.set_chunk((20,))
        creation.set_filter(32099, h5py.h5z.FLAG_OPTIONAL, (1,))
        h5py.h5d.create(file.id, b"unknown", h5py.h5t.NATIVE_INT32, h5py.h5s.create_simple((20,)),
                        creation).write_direct_chunk((0,), b"x" * 80)
        file.create_group("group")
        file["fine"] = np.arange(3)
    with h5py.File(path("compounds.h5"), "w") as file:
        file.create_dataset("odd", (3,), np.dtype([("lists", h5py.vlen_dtype("i4"))]))
    with h5py.File(path("ragged.h5"), "w") as file:
        file["a"], file["b"] = np.arange(3), np.arange(4)


def write_damaged():
    with h5py.File(path("corrupt.h5"), "w") as file:
        dataset = file.create_dataset("x", data=rng.integers(0, 1000, 1000), chunks=(100,),
                                      compression="gzip", shuffle=True)
        checked = file.create_dataset("checked", data=np.arange(1000), chunks=(100,),
                                      fletcher32=True)
        places = [dataset.id.get_chunk_info(7).byte_offset,
                  checked.id.get_chunk_info(3).byte_offset]
    with open(path("corrupt.h5"), "r+b") as file:
        for place in places:
            file.seek(place + 20)
            file.write(b"\xff" * 30)
    with h5py.File(path("whole.h5"), "w") as file:
        file["x"] = np.arange(100000)
    with open(path("whole.h5"), "rb") as whole, open(path("cut.h5"), "wb") as cut:
        cut.write(whole.read()[:300000])
    with open(path("whole.h5"), "rb") as whole, open(path("short.h5"), "wb") as short:
        content = bytearray(whole.read()[:300000])
        content[40:48] = (300000).to_bytes(8, "little")  # the end of the file, says its superblock
        short.write(content)
    with open(path("text.h5"), "w") as file:
        file.write("srcIP,dstIP\n1,2\n")
    open(path("nothing.h5"), "w").close()


def write_attributes():
    with h5py.File(path("attributes.h5"), "w") as file:
        file["plain"] = np.arange(3)
        file["data"] = np.arange(3)
        attributes = file["data"].attrs
        attributes["device_prefixes"] = np.array([b"Host:4711:4", b"Mail:4712:-"])
        attributes["words"] = ["one", "two words"]
        attributes["single"] = "alone"
        attributes["number"] = 5
    with h5py.File(path("foreign.h5"), "w") as file:
        for number, text in enumerate(["Comp", "Comp:21036", "Comp:x:6", "Comp:65536:6", "A:1:",
                                       "A:1:-6", "A:1:6-", "A:1:7-6", "A:1:64", "A:1:0", "21036:6",
                                       "A" * 64 + ":1:6", "", "some\nlines"]):
            file[f"d{number}"] = np.arange(3)
            file[f"d{number}"].attrs["device_prefixes"] = ["Host:4711:4", text]


for write in (write_types, write_bits, write_fills, write_masked, write_links, write_odd_storage,
              write_long, write_arkouda, write_parts, write_unreadable, write_damaged,
              write_attributes):
    write()
with open(path("expected.lua"), "w") as out:
    out.write("return {\n" + "".join(cases) + "}\n")
