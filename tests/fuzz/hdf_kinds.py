"""HDF5 datasets of random types, layouts, filters and sizes, and what h5py reads from them."""
import os

import h5py
import numpy as np
from h5py import h5d, h5p, h5s, h5t, h5z

INTEGERS = ["i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8"]
FLOATS = ["f2", "f4", "f8"]
SIZES = (0, 1, 2, 7, 63, 64, 65, 200, 1000, 3000, 70000)


def values_of(dtype, n, rng):
    """Values of a random distribution."""
    if dtype.kind == "b":
        return rng.random(n) < 0.5
    if dtype.kind == "f":
        data = rng.normal(size=n) * 10.0 ** rng.integers(-3, 4)
        if rng.random() < 0.3 and n > 3:
            data[:4] = [np.nan, np.inf, -np.inf, -0.0]
        return data.astype(dtype)
    info = np.iinfo(dtype)
    native = dtype.newbyteorder("=")
    kind = rng.integers(4)
    if kind == 0:
        data = rng.integers(info.min, info.max, n, dtype=native, endpoint=True)
    elif kind == 1:
        low = rng.integers(info.min, info.max, 1, dtype=native)[0]
        data = low + rng.integers(0, max(1, min(100, int(info.max) - int(low))), n).astype(native)
    elif kind == 2:
        data = np.full(n, rng.integers(info.min, info.max, 1, dtype=native, endpoint=True)[0])
    else:
        data = np.sort(rng.integers(info.min, info.max, n, dtype=native, endpoint=True))
    return data.astype(dtype)


def options_of(dtype, n, rng):
    """Keyword arguments of create_dataset."""
    layout = rng.integers(6)
    if layout == 0:
        return {}
    options = {"chunks": (int(rng.choice([1, 3, 16, 64, 1000, 65536, 200000])),)}
    if n > 5000 and options["chunks"][0] < 64:
        options["chunks"] = (64,)
    if layout > 3 or options["chunks"][0] > n:
        options["maxshape"] = (None,)
    if rng.random() < 0.5:
        options["compression"] = "gzip"
        options["compression_opts"] = int(rng.integers(0, 10))
    options["shuffle"] = bool(rng.random() < 0.5)
    options["fletcher32"] = bool(rng.random() < 0.3)
    scalable = dtype.kind in "iu" or dtype.str[1:] in ("f4", "f8")
    if scalable and rng.random() < 0.3 and not options["fletcher32"]:
        options["scaleoffset"] = int(rng.integers(0, 6)) if dtype.kind == "f" else 0
    if dtype.kind != "b" and rng.random() < 0.4:
        options["fillvalue"] = values_of(dtype, 1, rng)[0]
    return options


def make_plain(file, name, dtype, n, rng):
    options = options_of(dtype, n, rng)
    data = values_of(dtype, n, rng)
    if "scaleoffset" in options and dtype.kind == "f":
        data = np.nan_to_num(data, posinf=1, neginf=-1).astype(dtype)
    dataset = file.create_dataset(name, (n,), dtype, **options)
    if rng.random() < 0.2 and n > 10:  # in part: the rest has the fill value
        dataset[n // 3:n // 2] = data[n // 3:n // 2]
    else:
        dataset[...] = data
    if "maxshape" in options and rng.random() < 0.3:
        dataset.resize((int(rng.integers(0, n + 100)),))


def make_odd(file, name, n, rng):
    """Integers of odd widths, compact and external storage, optional filters and n-bit."""
    size, signed = int(rng.integers(1, 9)), bool(rng.random() < 0.5)
    precision = int(rng.integers(1, 8 * size + 1))
    offset = int(rng.integers(0, 8 * size - precision + 1))
    kind = (h5t.STD_I64LE if signed else h5t.STD_U64LE).copy()
    kind.set_precision(precision)
    kind.set_offset(0)
    kind.set_size(size)
    kind.set_offset(offset)
    if rng.random() < 0.5:
        kind.set_order(h5t.ORDER_BE)
    plist = h5p.create(h5p.DATASET_CREATE)
    layout = rng.integers(4)
    if layout == 0 and n * size < 60000:
        plist.set_layout(h5d.COMPACT)
    elif layout == 1 and n > 0:
        plist.set_external(os.fsencode(os.path.abspath(file.filename + "." + name)), 0, n * size)
    elif layout > 1:
        plist.set_chunk((int(rng.choice([10, 100, 5000])),))
        if rng.random() < 0.7 and not (size == 8 and precision == 64):
            plist.set_filter(h5z.FILTER_NBIT, h5z.FLAG_OPTIONAL, ())
        if rng.random() < 0.3:
            plist.set_deflate(4)
        if rng.random() < 0.3:
            plist.set_fletcher32()
    low = -2 ** (precision - 1) if signed else 0
    high = 2 ** (precision - 1) - 1 if signed else 2 ** precision - 1
    data = rng.integers(low, high, n, dtype="i8" if signed else "u8", endpoint=True)
    space = h5s.create_simple((n,), (h5s.UNLIMITED,) if layout > 1 else None)
    dataset = h5d.create(file.id, name.encode(), kind, space, plist)
    dataset.write(h5s.ALL, h5s.ALL, data)


def make_text(file, name, n, rng):
    """Strings of a fixed length with any padding, or of variable lengths."""
    padding = int(rng.choice([h5t.STR_NULLTERM, h5t.STR_NULLPAD, h5t.STR_SPACEPAD]))
    size = int(rng.choice([1, 2, 7, 8, 30, 300]))
    letters = "abcd \0\n" if rng.random() < 0.5 else "xyz"
    different = int(rng.choice([1, 10, 100000]))
    words = ["".join(rng.choice(list(letters), rng.integers(0, size + 1)))
             for i in range(min(n, different, 2000) or 1)]
    texts = [words[i] for i in rng.integers(0, len(words), n)]
    if rng.random() < 0.5:
        options = options_of(np.dtype("?"), n, rng)
        for key in ("fletcher32", "fillvalue", "scaleoffset"):
            options.pop(key, None)
        dataset = file.create_dataset(name, (n,), h5py.string_dtype(), **options)
        if n > 0:
            dataset[...] = [text.replace("\0", "") for text in texts]
        return
    kind = h5t.C_S1.copy()
    kind.set_size(size)
    kind.set_strpad(padding)
    plist = h5p.create(h5p.DATASET_CREATE)
    if rng.random() < 0.7:
        plist.set_chunk((int(rng.choice([16, 64, 1000, 65536])),))
        if rng.random() < 0.5:
            plist.set_shuffle()
        if rng.random() < 0.7:
            plist.set_deflate(4)
    space = h5s.create_simple((n,), (h5s.UNLIMITED,) if plist.get_layout() == h5d.CHUNKED else None)
    pad = b" " if padding == h5t.STR_SPACEPAD else b"\0"
    data = b"".join(text.encode().ljust(size, pad) for text in texts)
    dataset = h5d.create(file.id, name.encode(), kind, space, plist)
    if n > 0:
        dataset.write(h5s.ALL, h5s.ALL, np.frombuffer(data, "S%d" % size), mtype=kind)


def strip(value, kind):
    """A string without its padding."""
    padding = kind.get_strpad()
    if padding == h5t.STR_NULLTERM:
        return value.split(b"\0")[0]
    return value.rstrip(b" " if padding == h5t.STR_SPACEPAD else b"\0")


def read_texts(dataset):
    """Strings as h5py reads them, of fixed lengths as bytes of the whole row."""
    kind = dataset.id.get_type()
    if kind.is_variable_str():
        return [bytes(value) for value in dataset[...]]
    size = kind.get_size()
    rows = np.zeros(dataset.shape, "S%d" % size)
    if len(rows) > 0:
        dataset.id.read(h5s.ALL, h5s.ALL, rows, mtype=kind)
    data = rows.tobytes()
    return [strip(data[i * size:i * size + size], kind) for i in range(len(rows))]


def read_back(dataset):
    """What h5py's lower layer reads: its type for us, and the values in 8 bytes each."""
    kind = dataset.id.get_type()
    n = dataset.shape[0]
    if isinstance(kind, h5t.TypeEnumID):
        return "bool", dataset[...].astype("i8")
    if isinstance(kind, h5t.TypeFloatID):
        return "float", dataset[...].astype("f8")
    wide = kind.get_size() == 8 and kind.get_sign() == h5t.SGN_NONE
    data = np.zeros(n, "u8" if wide else "i8")
    if n > 0:
        dataset.id.read(h5s.ALL, h5s.ALL, data)
    return "uint" if wide else "int", data


def write(path, seed):
    """Writes one file and, beside it, PATH.txt and PATH.bin: names, types, rows and values."""
    rng = np.random.default_rng(seed)
    with h5py.File(path, "w", libver=str(rng.choice(["earliest", "v108", "latest"])),
                   userblock_size=int(rng.choice([0, 0, 512, 4096]))) as file:
        for i in range(12):
            n = int(rng.choice(SIZES))
            name = "d%d" % i
            if rng.random() < 0.2:
                make_text(file, name, n, rng)
            elif rng.random() < 0.25:
                make_odd(file, name, min(n, 3000), rng)
            else:
                code = str(rng.choice(INTEGERS + FLOATS + ["?"]))
                order = str(rng.choice(["<", ">"])) if code != "?" else ""
                make_plain(file, name, np.dtype(order + code), n, rng)
    with h5py.File(path, "r") as file, open(path + ".txt", "w") as index, \
            open(path + ".bin", "wb") as out:
        for name in sorted(file):
            if isinstance(file[name].id.get_type(), h5t.TypeStringID):
                texts = read_texts(file[name])
                index.write("%s text %d\n" % (name, len(texts)))
                out.write(b"".join(len(text).to_bytes(8, "little") + text for text in texts))
                continue
            kind, data = read_back(file[name])
            index.write("%s %s %d\n" % (name, kind, len(data)))
            out.write(data.astype(data.dtype.newbyteorder("<")).tobytes())
