# Arrays of numpy as columns: each type, layouts that are none of moonbear's, and when they are given back.
import gc

import moonbear
import numpy

mb = moonbear.open()
mb.run("function double(c) return c * 2 end function same(x) return x end function collect() "
       "collectgarbage() collectgarbage() end")


def refuses(function, *arguments):
    try:
        function(*arguments)
    except moonbear.Error:
        return True
    return False


values = numpy.arange(100)
for kind in moonbear.KINDS:
    array = (values % 2 if kind == "b1" else values).astype(kind)
    column = mb.share(array)
    assert (column.numpy() == array).all(), kind
    if kind in ("i8", "u8", "f4", "f8", "b1"):
        assert column.numpy().ctypes.data == array.ctypes.data, kind
    del column

for array in (values[::3], values[::-1], values[:0], numpy.broadcast_to(7.5, 5)):
    assert (mb.share(array).numpy() == array).all() and (mb.call("double", array).numpy() == array * 2).all()
for array in (values.astype(">i8"), values.reshape(10, 10), values.astype("f2"), numpy.array(["a"]), numpy.array(1)):
    assert refuses(mb.share, array), array.dtype
assert refuses(mb.call, "same", 2**63) and mb.call("same", -2**63) == -2**63

doubled = mb.call("double", values)
mb.call("collect")
assert len(mb.shared) == 1 and (doubled.numpy() == values * 2).all()
assert refuses(mb.share, values, "no.such") and len(mb.shared) == 1
del doubled
gc.collect()
mb.call("collect")
assert not mb.shared, "arrays that nothing uses are kept"
mb.close()
print("as numpy has them")
