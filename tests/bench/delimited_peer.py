"""What pandas takes for what delimited.lua measures: delimited_peer.py DIR OUT"""

import os
import sys
import time

import pandas


def measure(name, f):
    start = time.perf_counter()
    result = f()
    print(f"pandas.{name}\t{time.perf_counter() - start:.3f}", flush=True)
    return result


folder, out = sys.argv[1], sys.argv[2] + "/pandas.out.csv"
files = [f"{folder}/flows.{i}.csv" for i in range(4)]
flows = measure("read flows", lambda: pandas.concat([pandas.read_csv(file, header=None) for file in files]))
quoted = measure("read quoted", lambda: pandas.read_csv(folder + "/quoted.csv"))
measure("write flows", lambda: flows.to_csv(out, index=False))
measure("write quoted", lambda: quoted.to_csv(out, index=False))
os.remove(out)
