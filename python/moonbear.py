"""moonbear in Python: numpy arrays are shared with scripts, and columns are seen as numpy arrays.

    import moonbear, numpy
    mb = moonbear.open()
    mb.run("function busy(bytes) return bytes:sum(), bytes[bytes:gt(1000)] end")
    total, large = mb.call("busy", numpy.arange(2000))
    print(total, large.numpy())

Under mpiexec each process has its own rows, and all make the same calls. Errors are raised as
moonbear.Error, alike in all of them. LIBMOONBEAR names libmoonbear where it is not installed.
"""

import ctypes as c
import os

import numpy

RELEASE = c.CFUNCTYPE(None, c.c_void_p)
KINDS = "i1 i2 i4 i8 u1 u2 u4 u8 f4 f8 b1".split()  # in the order of mb_array_type
NIL, BOOLEAN, INTEGER, NUMBER, STRING, COLUMN, FRAME, OTHER = range(8)


class Error(Exception):
    pass


class Value(c.Union):
    _fields_ = [("integer", c.c_int64), ("number", c.c_double), ("text", c.c_void_p)]


class Variant(c.Structure):
    _fields_ = [("kind", c.c_int32), ("unused", c.c_int32), ("size", c.c_uint64), ("as_", Value)]


class Array(c.Structure):
    _fields_ = [("type", c.c_int), ("rows", c.c_int64), ("values", c.c_void_p), ("stride", c.c_int64),
                ("validity", c.c_void_p), ("bytes", c.c_void_p), ("range", c.c_void_p),
                ("release", c.c_void_p), ("data", c.c_void_p)]


class View(c.Structure):
    _fields_ = [("type", c.c_char_p), ("rows", c.c_int64), ("first", c.c_int64), ("total", c.c_int64),
                ("values", c.c_void_p), ("width", c.c_int), ("is_signed", c.c_int),
                ("base", c.c_uint64), ("validity", c.c_void_p), ("missing", c.c_int64)]


class Reference:
    """A column, a frame or another value of a script."""

    def __init__(self, runtime, number, kind=COLUMN):
        self.runtime, self.number, self.kind = runtime, number, kind

    def __del__(self):
        if self.runtime.address:
            self.runtime.library.mb_release(c.c_void_p(self.runtime.address), c.c_int64(self.number))

    def view(self):
        view = View()
        self.runtime.check("mb_column_view", self.number, c.byref(view))
        return view

    def numpy(self):
        """This process's rows: where the column has them if nothing is missing and the values lie as
        numpy has them, then read-only; else a copy, of text a list of bytes. Collective."""
        view = self.view()
        kind = view.type.decode()
        if kind == "text":
            offsets, data = c.POINTER(c.c_int64)(), c.c_void_p()
            self.runtime.check("mb_column_text", self.number, c.byref(offsets), c.byref(data))
            return [c.string_at(data.value + offsets[i], offsets[i + 1] - offsets[i])
                    for i in range(view.rows)]
        letter = {"float": "f", "bool": "b"}.get(kind, "i" if view.is_signed else "u")
        if not view.missing and not view.base and (letter in "fb" or view.width == 8) and view.rows:
            memory = (c.c_char * (view.rows * view.width)).from_address(view.values)
            memory.reference = self  # the column lives as long as the array
            array = numpy.frombuffer(memory, dtype=f"{letter}{view.width}")
            array.flags.writeable = False
            return array
        array = numpy.empty(view.rows, dtype="b1" if letter == "b" else letter + "8")
        valid = numpy.empty(view.rows, dtype="b1")
        self.runtime.check("mb_column_read", self.number, array.ctypes.data_as(c.c_void_p),
                           valid.ctypes.data_as(c.c_void_p), c.c_int64(view.rows))
        return numpy.ma.array(array, mask=~valid) if view.missing else array

    def touch(self):
        """The array that was shared has changed. Collective."""
        self.runtime.check("mb_column_touch", self.number, None)


class Runtime:
    def __init__(self, library, address):
        self.library, self.address = library, address
        self.shared, self.ever = {}, 0  # arrays that columns use, and how many there were
        self.give_back = RELEASE(lambda number: self.shared.pop(number, None))

    def check(self, function, *arguments):
        plain = [c.c_int64(x) if isinstance(x, int) else x for x in arguments]
        if getattr(self.library, function)(c.c_void_p(self.address), *plain):
            raise Error(self.library.mb_error(c.c_void_p(self.address)).decode())

    def run(self, chunk, name="=python"):
        self.check("mb_runtime_string", chunk.encode(), name.encode())

    def file(self, path):
        self.check("mb_runtime_file", os.fsencode(path))

    def share(self, array, name=None):
        """A column of this process's rows and those of the others. The array must stay as it is, or
        touch() be called; it is kept as long as a script or a reference uses the column. Collective."""
        array = numpy.asarray(array)
        kind = f"{array.dtype.kind}{array.dtype.itemsize}"
        if kind not in KINDS or array.ndim != 1 or not array.dtype.isnative:
            raise Error(f"an array of shape {array.shape} of {array.dtype} cannot be shared")
        if array.strides[0] == 0:  # one value for all rows: for moonbear 0 is "side by side"
            array = array.copy()
        self.ever += 1
        about = Array(KINDS.index(kind), len(array), array.ctypes.data, array.strides[0],
                      release=c.cast(self.give_back, c.c_void_p), data=self.ever)
        number, self.shared[self.ever] = c.c_int64(), array
        try:
            self.check("mb_column_import", name and name.encode(), c.byref(about), c.byref(number))
        except Error:
            del self.shared[self.ever]
            raise
        return Reference(self, number.value)

    def variant(self, value):
        if value is None:
            return Variant(NIL)
        if isinstance(value, (bool, numpy.bool_)):
            return Variant(BOOLEAN, as_=Value(integer=int(value)))
        if isinstance(value, (int, numpy.integer)):
            if not -2**63 <= value < 2**63:
                raise Error(f"{value} is not an integer of 64 bits")
            return Variant(INTEGER, as_=Value(integer=int(value)))
        if isinstance(value, (float, numpy.floating)):
            return Variant(NUMBER, as_=Value(number=float(value)))
        if isinstance(value, Reference):
            return Variant(value.kind, as_=Value(integer=value.number))
        if isinstance(value, str):
            value = value.encode()
        if not isinstance(value, bytes):
            raise Error(f"a {type(value).__name__} cannot be passed to a script")
        variant = Variant(STRING, size=len(value))
        variant.keep = c.create_string_buffer(value)
        variant.as_.text = c.addressof(variant.keep)
        return variant

    def value(self, variant):
        if variant.kind == STRING:
            return c.string_at(variant.as_.text, variant.size).decode(errors="surrogateescape")
        if variant.kind >= COLUMN:
            return Reference(self, variant.as_.integer, variant.kind)
        return {NIL: None, BOOLEAN: bool(variant.as_.integer), NUMBER: variant.as_.number,
                INTEGER: variant.as_.integer}[variant.kind]

    def call(self, name, *arguments, results=8):
        """What a global function of a script gives: one value, or a tuple. Numpy arrays among the
        arguments are shared. Collective."""
        arguments = [self.share(x) if isinstance(x, numpy.ndarray) else x for x in arguments]
        made = [self.variant(x) for x in arguments]
        given, out = (Variant * len(made))(*made), (Variant * results)()
        self.check("mb_call_function", name.encode(), given, c.c_int(len(made)), out, c.c_int(results))
        values = [self.value(x) for x in out]
        while values and values[-1] is None:
            values.pop()
        return tuple(values) if len(values) > 1 else values[0] if values else None

    def get(self, name):
        """A column, a frame or another value that is no number, string or boolean. Collective."""
        number = c.c_int64()
        self.check("mb_get_reference", name.encode(), c.byref(number))
        return Reference(self, number.value)

    def close(self):
        address, self.address = self.address, None
        if address:
            self.library.mb_runtime_close(c.c_void_p(address))


def open():
    """A runtime on all processes, which share MPICH's MPI_COMM_WORLD. Collective."""
    library = c.CDLL(os.environ.get("LIBMOONBEAR", "libmoonbear.so.0"), mode=c.RTLD_GLOBAL)
    library.mb_error.restype = c.c_char_p
    library.mb_runtime_open.restype = c.c_void_p
    ready = c.c_int()
    library.MPI_Initialized(c.byref(ready))
    if not ready.value:
        import atexit
        library.MPI_Init(None, None)
        atexit.register(library.MPI_Finalize)
    address = library.mb_runtime_open(c.c_int(0x44000000))
    if not address:
        raise Error(library.mb_error(None).decode())
    return Runtime(library, address)
