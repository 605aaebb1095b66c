"""Prints the datasets of an HDF5 file as h5py reads them: name, type, filters, then all values."""
import sys
import h5py

with h5py.File(sys.argv[1], "r") as file:
    for name in sys.argv[2:] or sorted(file):
        data = file[name]
        filters = "%s %s" % (data.compression_opts, "shuffle" if data.shuffle else "plain")
        values = data[:]
        if values.dtype.kind == "f":
            texts = [float(v).hex() for v in values]
        elif values.dtype.kind == "b":
            texts = [str(int(v)) for v in values]
        else:
            texts = [str(v) for v in values]
        print(name, values.dtype, filters, " ".join(texts), sep="\t")
