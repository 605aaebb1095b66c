"""Small HDF5 files of every kind of storage, to be damaged."""
import os

import h5py
import numpy as np
from h5py import h5d, h5p, h5s, h5t, h5z

ROWS = 60


def filtered(file, name, data, number, values, flags=h5z.FLAG_OPTIONAL, kind=None):
    """A dataset of h5py's lower layer with one filter."""
    plist = h5p.create(h5p.DATASET_CREATE)
    plist.set_chunk((20,))
    if number == h5z.FILTER_SZIP:
        plist.set_szip(h5z.SZIP_NN_OPTION_MASK, 8)
    else:
        plist.set_filter(number, flags, values)
    kind = kind or h5t.py_create(data.dtype)
    h5d.create(file.id, name.encode(), kind, h5s.create_simple((len(data),)), plist).write(
        h5s.ALL, h5s.ALL, data)


def columns(file):
    """Datasets of one length, each stored in another way."""
    whole = np.arange(ROWS) * 7919 % 1000
    file["contiguous"] = whole.astype("i4")
    file["big"] = whole.astype(">i8")
    file["half"] = (whole / 8).astype("f2")
    file["flags"] = whole % 3 == 0
    file.create_dataset("gzip", data=whole, chunks=(16,), compression="gzip", shuffle=True)
    file.create_dataset("checked", data=whole, chunks=(16,), fletcher32=True)
    file.create_dataset("plain", data=whole.astype("u2"), chunks=(16,))
    file.create_dataset("one", data=whole, chunks=(ROWS,), compression="gzip")
    file.create_dataset("grown", data=whole, chunks=(7,), maxshape=(None,))
    file.create_dataset("scaled", data=whole, chunks=(20,), scaleoffset=0)
    file.create_dataset("scaled_float", data=whole / 4, chunks=(20,), scaleoffset=2)
    file.create_dataset("lzf", data=whole, chunks=(20,), compression="lzf")
    file.create_dataset("never", (ROWS,), "i8", chunks=(16,), fillvalue=5)
    twelve = h5t.STD_I32LE.copy()
    twelve.set_precision(12)
    filtered(file, "nbit", whole.astype("i4"), h5z.FILTER_NBIT, (), kind=twelve)
    if h5z.get_filter_info(h5z.FILTER_SZIP) & h5z.FILTER_CONFIG_ENCODE_ENABLED:
        filtered(file, "szip", whole.astype("i4"), h5z.FILTER_SZIP, ())
    compact = h5p.create(h5p.DATASET_CREATE)
    compact.set_layout(h5d.COMPACT)
    h5d.create(file.id, b"compact", h5t.STD_I32BE, h5s.create_simple((ROWS,)), compact).write(
        h5s.ALL, h5s.ALL, whole.astype("i4"))


def texts(file):
    """Strings, each stored in another way; not compact ones of variable length, which HDF5 reads
    for us and crashes over when their heap is damaged."""
    names = ["host %d" % (i * 7919 % 37) for i in range(ROWS)]
    file["fixed"] = np.array(names, "S9")
    file.create_dataset("fixed_gzip", data=np.array(names, "S9"), chunks=(16,), shuffle=True,
                        compression="gzip")
    kind = h5py.string_dtype()
    file.create_dataset("variable", data=names, dtype=kind)
    file.create_dataset("variable_gzip", data=names, dtype=kind, chunks=(16,), compression="gzip")
    file.create_dataset("variable_lzf", data=names, dtype=kind, chunks=(16,), compression="lzf")
    file.create_dataset("filled", (ROWS,), kind, chunks=(16,), fillvalue="none")[20:30] = names[:10]


def links(file, name):
    file["a/b/deep"] = np.arange(ROWS)
    file["a/up"] = file["/"]
    file["soft"] = h5py.SoftLink("/a/b/deep")
    file["outer"] = h5py.ExternalLink(name, "/a/b/deep")
    file["dangling"] = h5py.ExternalLink("nowhere.h5", "/x")
    layout = h5py.VirtualLayout(shape=(ROWS,), dtype="i8")
    layout[:ROWS // 2] = h5py.VirtualSource(name, "a/b/deep", shape=(ROWS,))[:ROWS // 2]
    file.create_virtual_dataset("virtual", layout, fillvalue=-1)


def marks(file):
    data = file.create_dataset("device", data=np.arange(ROWS))
    data.attrs["device_prefixes"] = np.array([b"Comp:1:6", b"User:2:6"])
    data = file.create_dataset("words", data=np.arange(ROWS))
    data.attrs["device_prefixes"] = ["Comp:1:6", "User:2:6"]
    data = file.create_dataset("bytes", data=np.arange(ROWS, dtype="u1") % 2)
    data.attrs["isBool"] = np.int64(1)
    data = file.create_dataset("empty", data=np.zeros(2, "u8"))
    data.attrs["MATLAB_class"] = np.bytes_("double")
    data.attrs["MATLAB_empty"] = np.uint8(1)
    data = file.create_dataset("many", data=np.arange(ROWS))
    for i in range(12):
        data.attrs["attribute_%d" % i] = i
    file["group/booleans"] = np.arange(ROWS) % 2 == 0
    for i in range(20):
        file["crowd/member_%d" % i] = np.arange(3)
    file["text"] = ["a", "bc"]
    file["pairs"] = np.zeros(3, [("x", "i4"), ("y", "f8")])


def parts(file):
    """Datasets with several columns, scalars, MATLAB's matrices, and attributes of every kind."""
    inner = np.dtype([("x", "u2"), ("y.z", ">i8")])
    rows = np.zeros(ROWS, [("a", "i4"), ("s", "S5"), ("v", h5py.string_dtype()), ("in", inner),
                           ("list", "f4", (3,))])
    rows["a"], rows["s"], rows["list"] = np.arange(ROWS), b"word", 1.5
    rows["v"] = ["v%d" % (i % 7) for i in range(ROWS)]
    rows["in"]["y.z"] = -np.arange(ROWS)
    file["compound"] = rows
    file.create_dataset("compound_gzip", data=rows, chunks=(16,), compression="gzip")
    file.create_dataset("compound_lzf", data=rows, chunks=(16,), compression="lzf")
    wide = np.arange(ROWS * 3).reshape(ROWS, 3)
    file["matrix"] = wide
    file.create_dataset("matrix_gzip", data=wide, chunks=(16, 2), compression="gzip", shuffle=True)
    for name, data in (("matlab", wide.T), ("row", wide[:1]), ("column", wide[:, :1])):
        file.create_dataset(name, data=data).attrs["MATLAB_class"] = np.bytes_("int64")
    file["scalar"], file["word"] = 2.5, "w"
    file.create_dataset("colours", data=np.array([5, 0, 5], "i2"),
                        dtype=h5py.enum_dtype({"RED": 0, "GREEN": 5}, basetype="i2"))
    file.attrs.update({"text": "x", "words": ["a", "b"], "list": np.arange(3), "half": 0.5,
                       "flags": np.array([True, False]), "fixed": np.bytes_("fix")})


def arkouda(file):
    """Arkouda's objects, and the groups that pandas marks."""
    def mark(thing, kind):
        thing.attrs["ObjType"] = np.int64(kind)

    def strings(name, words, segments=True):
        group = file.create_group(name)
        mark(group, 2)
        encoded = [word + b"\0" for word in words]
        group["values"] = np.frombuffer(b"".join(encoded), "u1")
        if segments:
            group["segments"] = np.cumsum([0] + [len(word) for word in encoded])[:-1]

    words = [b"w%d" % (i % 9) for i in range(ROWS)]
    strings("strings", words)
    strings("old_strings", words, False)
    mark(file.create_group("kinds"), 4)
    file["kinds/codes"] = np.arange(ROWS) % 3
    strings("kinds/categories", [b"a", b"b", b"N/A"])
    file["kinds/NA_Codes"] = np.array([2])
    mark(file.create_group("lists"), 3)
    file["lists/segments"], file["lists/values"] = np.arange(ROWS), np.arange(ROWS)
    mark(file.create_group("df"), 6)
    file["df/Index"] = np.arange(ROWS)
    strings("df/name", words)
    file["df/at"] = np.arange(ROWS) * 10**9
    mark(file["df/at"], 7)
    big = file.create_group("big")
    mark(big, 1)
    big.attrs["NumLimbs"] = np.int64(2)
    big["Limb_0"], big["Limb_1"] = np.arange(ROWS, dtype="u8"), np.zeros(ROWS, "u8")
    fixed = file.create_group("fixed")
    fixed.attrs.update({"pandas_type": "frame", "nblocks": 1, "axis1_variety": "regular"})
    file["fixed/axis0"] = file["fixed/block0_items"] = np.array([b"a", b"b"])
    file["fixed/axis1"] = np.arange(ROWS)
    file["fixed/block0_values"] = np.arange(2 * ROWS).reshape(ROWS, 2)
    table = file.create_group("table")
    table.attrs.update({"pandas_type": "frame_table", "nan_rep": "nan",
                        "non_index_axes": "(lp0\n(I1\n(lp1\nVx\np2\naVy\np3\natp4\na."})
    rows = np.zeros(ROWS, [("index", "i8"), ("values_block_0", "i8", (2,))])
    file["table/table"] = rows
    file["table/table"].attrs.update({"values_block_0_kind": "(lp0\nVx\np1\naVy\np2\na.",
                                      "values_block_0_dtype": "datetime64"})


def write(folder):
    """Writes the files; returns their names."""
    names = []
    here = os.getcwd()
    os.chdir(folder)
    for version in ("earliest", "latest"):
        for part in (columns, texts, links, marks, parts, arkouda):
            name = "%s_%s.h5" % (part.__name__, version)
            with h5py.File(name, "w", libver=version,
                           userblock_size=512 if part in (marks, texts) else 0) as file:
                part(file, name) if part is links else part(file)
            names.append(name)
    os.chdir(here)
    return names
