"""What pandas takes for what along.lua measures, on the rows that it wrote: along_peer.py STEM [ROUNDS [SECONDS]]

A question that took longer than SECONDS is not asked again."""
import sys
import time

import h5py
import pandas as pd

rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 3
patience = float(sys.argv[3]) if len(sys.argv) > 3 else 60
with h5py.File(sys.argv[1] + ".h5") as file:
    rows = pd.DataFrame({name: file[name][:] for name in ("few", "many", "x")})

ALONG = {
    "lag": lambda x: x.shift(),
    "rolling": lambda x: x.rolling(10).mean(),
    "cumsum": lambda x: x.cumsum(),
    "rank": lambda x: x.rank("min"),
}
cases = {f"{how} {key}": lambda f=f, key=key: f(rows.groupby(key).x)
         for key in ("few", "many") for how, f in ALONG.items()}
cases |= {f"{how} of 1000": lambda how=how: getattr(rows.x.rolling(1000), how)() for how in ("mean", "max", "std")}

for name, ask in cases.items():
    best = float("inf")
    for _ in range(rounds):
        began = time.monotonic()
        ask()
        took = time.monotonic() - began
        best = min(best, took)
        if took > patience:
            break
    print(f"pandas.{name}\t{best:.3f}", flush=True)
