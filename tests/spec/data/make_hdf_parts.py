"""Writes HDF5 files of datasets that have several columns, and of what else is not a plain one.

usage: make_hdf_parts.py FOLDER; prints a list of {file, name, type, values} for Lua
"""
import glob
import os
import sys

# Debian's plugins, which h5py does not look for.
os.environ["HDF5_PLUGIN_PATH"] = ":".join(glob.glob("/usr/lib/*/hdf5/serial/plugins"))
import h5py  # noqa: E402
import numpy as np  # noqa: E402

os.chdir(sys.argv[1])
rng = np.random.default_rng(5)
N = 1003
STORAGE = {"contiguous": {}, "gzip": dict(chunks=(100,), compression="gzip", shuffle=True),
           "lzf": dict(chunks=(64,), compression="lzf"), "large": dict(chunks=(N,))}


def literal(value):
    if isinstance(value, (bytes, str)):
        text = value.encode() if isinstance(value, str) else value
        return '"' + "".join("\\x%02x" % byte for byte in text) + '"'
    if isinstance(value, (bool, np.bool_)):
        return "true" if value else "false"
    if isinstance(value, (float, np.floating)):
        return float(value).hex()
    return "0x%x" % (int(value) & 2**64 - 1)


def case(file, name, kind, values):
    print('{file = "%s", name = "%s", type = "%s", values = {%s}},'
          % (file, name, kind, ", ".join(map(literal, values))))


def write_compounds():
    inner = np.dtype([("x", "<u2"), ("y.z", ">i8")])
    kind = np.dtype([("a", "<i4"), ("s", "S6"), ("b", ">f8"), ("v", h5py.string_dtype()),
                     ("in", inner), ("list", "<f4", (3,)), ("grid", "<i2", (2, 2)),
                     ("flag", "?"), ("w", h5py.string_dtype())])
    rows = np.zeros(N, kind)
    rows["a"], rows["b"] = rng.integers(-2**31, 2**31, N), rng.normal(size=N)
    rows["s"] = [b"%d" % i for i in range(N)]
    rows["v"] = ["v%d" % (i % 7) for i in range(N)]
    rows["w"] = ["\u00e9" * (i % 40) for i in range(N)]
    rows["in"]["x"], rows["in"]["y.z"] = rng.integers(0, 2**16, N), rng.integers(-2**60, 2**60, N)
    rows["list"] = rng.normal(size=(N, 3))
    rows["grid"] = rng.integers(-2**15, 2**15, (N, 2, 2))
    rows["flag"] = rng.integers(0, 2, N)
    with h5py.File("compounds.h5", "w") as file:
        for name, options in STORAGE.items():
            file.create_dataset("group/" + name, data=rows, **options)
        file["alone"] = rows["list"].astype("i8")[:, 1:2]
        kind = np.dtype([("n", "<i4", (2,))])
        file.create_dataset("pairs", data=np.array([((1, 2),), ((3, 4),)], kind))
    for name in STORAGE:
        name = "group/" + name
        case("compounds.h5", name + ".a", "int", rows["a"])
        case("compounds.h5", name + ".s", "text", rows["s"])
        case("compounds.h5", name + ".b", "float", rows["b"])
        case("compounds.h5", name + ".v", "text", rows["v"])
        case("compounds.h5", name + ".w", "text", rows["w"])
        case("compounds.h5", name + ".in.x", "int", rows["in"]["x"])
        case("compounds.h5", name + ".in.y.z", "int", rows["in"]["y.z"])
        case("compounds.h5", name + ".list[3]", "float", rows["list"][:, 2])
        case("compounds.h5", name + ".grid[3]", "int", rows["grid"][:, 1, 0])
        case("compounds.h5", name + ".flag", "bool", rows["flag"])
    case("compounds.h5", "alone", "int", rows["list"].astype("i8")[:, 1])
    case("compounds.h5", "pairs.n[2]", "int", [2, 4])


def write_matrices():
    wide = rng.integers(-2**40, 2**40, (N, 7))
    with h5py.File("matrices.h5", "w") as file:
        for name, options in (("plain", {}), ("gzip", dict(chunks=(64, 3), compression="gzip")),
                              ("lzf", dict(chunks=(100, 7), compression="lzf", shuffle=True)),
                              ("small", dict(chunks=(1, 1))), ("scaled", dict(chunks=(50, 2),
                                                                             scaleoffset=0)),
                              ("swapped", dict(dtype=">i8"))):
            file.create_dataset(name, data=wide, **options)
            for column in (0, 3, 6):
                case("matrices.h5", "%s[%d]" % (name, column + 1), "int", wide[:, column])
        file.create_dataset("never", (5, 3), "i4", fillvalue=7, chunks=(2, 2))
        case("matrices.h5", "never[2]", "int", [7] * 5)
        text = np.array([[b"a", b"bb"], [b"", b"dd"]], "S2")
        file["text"] = text
        case("matrices.h5", "text[2]", "text", text[:, 1])
        file["one"] = wide[:, :1]
        case("matrices.h5", "one", "int", wide[:, 0])
        case("matrices.h5", "one[1]", "int", wide[:, 0])


def write_matlab():
    """As MATLAB 7.3 writes: dimensions in the other order."""
    def add(name, data, kind, **options):
        dataset = file.create_dataset(name, data=np.ascontiguousarray(data.T), **options)
        dataset.attrs["MATLAB_class"] = np.bytes_(kind)
        return dataset
    matrix = rng.normal(size=(50, 4))
    with h5py.File("matlab.mat", "w", userblock_size=512) as file:
        add("row", matrix[:1], "double")
        add("column", matrix[:, :1], "double")
        add("matrix", matrix, "double", chunks=(3, 20), compression="gzip")
        add("plain", matrix, "double")
        add("scalar", matrix[:1, :1], "double")
        mask = add("mask", (matrix[:, :1] > 0).astype("u1"), "logical")
        mask.attrs["MATLAB_int_decode"] = np.int32(1)
        empty = file.create_dataset("empty", data=np.array([0, 3], "u8"))
        empty.attrs["MATLAB_class"], empty.attrs["MATLAB_empty"] = np.bytes_("single"), np.uint8(1)
    case("matlab.mat", "row", "float", matrix[0])
    case("matlab.mat", "column", "float", matrix[:, 0])
    case("matlab.mat", "matrix[2]", "float", matrix[:, 1])
    case("matlab.mat", "plain[4]", "float", matrix[:, 3])
    case("matlab.mat", "scalar", "float", matrix[0, :1])
    case("matlab.mat", "mask", "bool", matrix[:, 0] > 0)
    case("matlab.mat", "empty", "float", [])


def write_others():
    with h5py.File("others.h5", "w") as file:
        file["scalar"], file["name"] = 2.5, "h\u00e9llo"
        file["null"] = h5py.Empty("i4")
        for name, base in (("little", "<i2"), ("big", ">i4")):
            kind = h5py.enum_dtype({"RED": 0, "GREEN": 5, "BLUE": -3}, basetype=base)
            file.create_dataset(name, data=np.array([5, 0, -3, 5], base), dtype=kind)
            case("others.h5", name, "int", [5, 0, -3, 5])
        file.attrs.update({"text": "x", "words": ["a", "b\u00e9"], "n": 7, "list": np.arange(3),
                           "half": 0.5, "big": np.uint64(2**64 - 1), "yes": True,
                           "flags": np.array([True, False]), "none": np.zeros(0, "f4"),
                           "fixed": np.bytes_("fix"), "grid": np.arange(4).reshape(2, 2),
                           "odd": np.zeros(2, [("x", "i4")])})
        file["scalar"].attrs["unit"] = "m"
    case("others.h5", "scalar", "float", [2.5])
    case("others.h5", "name", "text", ["h\u00e9llo"])
    case("others.h5", "null", "int", [])


def write_plugins():
    if os.environ.get("HDF5_PLUGIN_PRELOAD") == "::":
        return  # HDF5 loads none
    data = np.arange(N) % 77
    with h5py.File("plugins.h5", "w") as file:
        for name, number, values in (("bzip2", 307, (9,)), ("blosc", 32001, (0, 0, 0, 0, 5, 1, 1)),
                                     ("lz4", 32004, ())):
            file.create_dataset(name, data=data, chunks=(100,), compression=number,
                                compression_opts=values)
            case("plugins.h5", name, "int", data)


def write_files():
    os.mkdir("many")
    for i, n in enumerate((3, 0, 0, 4, 2)):
        with h5py.File("many/f%d.%s" % (i, ("h5", "hdf5", "hdf", "HE5", "h5")[i]), "w") as file:
            numbers = np.arange(n) + (0 if i == 4 else 10 * i)
            file["x"] = numbers.astype(("i1", "i8", "u4", "i2", "?")[i])
            file["s"] = np.array([b"%d" % (k % 3) * (i + 1) for k in range(n)], "S%d" % (i + 1))
            file["t"] = np.arange(n) * 1000 + i
    with open("many/notes.txt", "w") as file:
        file.write("no HDF5\n")
    os.mkdir("bad")
    for i in range(6):
        with h5py.File("bad/b%d.h5" % i, "w") as file:
            file.create_dataset("x", data=np.arange(100) + 100 * i, chunks=(10,), compression="gzip")
            file["y"] = np.arange(99 if i == 4 else 100)
            place = file["x"].id.get_chunk_info(7).byte_offset
        if i in (1, 5):  # a damaged chunk
            with open("bad/b%d.h5" % i, "r+b") as file:
                file.seek(place + 5)
                file.write(b"\xff" * 8)
        if i == 2:
            with open("bad/b2.h5", "w") as file:
                file.write("text\n")
    os.mkdir("none")


print("return {")
for write in (write_compounds, write_matrices, write_matlab, write_others, write_plugins, write_files):
    write()
print("}")
