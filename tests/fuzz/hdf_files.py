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


def write(folder):
    """Writes the files; returns their names."""
    names = []
    here = os.getcwd()
    os.chdir(folder)
    for version in ("earliest", "latest"):
        for part in (columns, texts, links, marks):
            name = "%s_%s.h5" % (part.__name__, version)
            with h5py.File(name, "w", libver=version,
                           userblock_size=512 if part in (marks, texts) else 0) as file:
                part(file, name) if part is links else part(file)
            names.append(name)
    os.chdir(here)
    return names
