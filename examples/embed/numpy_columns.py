# Arrays of numpy in scripts, and columns as arrays of numpy.
import moonbear
import numpy

mb = moonbear.open()
mb.run("function look(c, least) return c:sum(), c[c:ge(least)] end")
total, large = mb.call("look", numpy.arange(1000), 998)
print(f"{total}\t{large.numpy()}")
mb.close()
