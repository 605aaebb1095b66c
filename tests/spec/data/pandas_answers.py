# Skewed netflow-like columns, and what pandas and numpy make of them, as datasets of an HDF5 file:
# inputs by their names, answers as "answer/NAME", with "answer/NAME there" where rows are missing.
#   python3 pandas_answers.py FILE ROWS
import sys

import h5py
import numpy as np
import pandas as pd

path, n = sys.argv[1], int(sys.argv[2])
rng = np.random.default_rng(7)
out = h5py.File(path, "w")


def answer(name, values, there=None):
    values = np.asarray(values)
    if values.dtype == bool:
        values = values.astype(np.int8)
    out["answer/" + name] = values
    if there is not None:
        out["answer/" + name + " there"] = np.asarray(there).astype(np.int8)


def answer_missing(name, series):
    there = series.notna()
    answer(name, series.where(there, 0).to_numpy().astype(np.int64), there)


def skewed(values):
    return values[(len(values) * rng.random(n) ** 4).astype(int)]


hosts = rng.permutation(np.unique(rng.integers(0, 2**32, 60000)))
flows = pd.DataFrame({
    "srcIP": skewed(hosts),
    "dstIP": skewed(rng.permutation(hosts)),
    "dstPort": np.where(rng.random(n) < 0.5, 443, skewed(rng.permutation(65536))),
    "srcPort": rng.integers(1024, 65536, n),
    "start": rng.integers(0, 5_000_000, n),
    "bytes": rng.lognormal(8, 3, n).astype(np.int64),
    "proto": rng.choice([6, 17, 1], n, p=[0.9, 0.09, 0.01]),
    "wide": rng.integers(-2**63, 2**63 - 1, n),
})
flows["hour"] = flows["start"] // 250_000
flows["rate"] = flows["bytes"] / (1 + flows["srcPort"])
gaps = flows["rate"].where(rng.random(n) > 0.01).to_numpy()
times = rng.integers(0, 3, n)
at = rng.integers(1, n + 1, n)

# Devices, a few of them twice; some of them without flows.
m = 40000
devices = pd.DataFrame({
    "srcIP": np.concatenate([rng.choice(hosts, m - 3000, replace=False),
                             rng.choice(hosts, 2000), np.arange(2**33, 2**33 + 1000)]),
    "group": rng.integers(0, 500, m),
})
events = pd.DataFrame({
    "proto": rng.choice([6, 17], m),
    "start": rng.integers(1000, 5_000_000, m),
    "event": np.arange(m),
})
starts = np.unique(rng.integers(0, 2**32, m))
ends = np.append(starts[1:] - 1, 2**32) - (starts % 2) * 1000
ends = np.maximum(ends, starts)

for name in flows:
    out[name] = flows[name].to_numpy()
for name, values in {"gaps": gaps, "times": times, "at": at, "starts": starts,
                     "ends": ends}.items():
    out[name] = values
for name in devices:
    out["devices/" + name] = devices[name].to_numpy()
for name in events:
    out["events/" + name] = events[name].to_numpy()


def positions(order):
    return (np.asarray(order) + 1).astype(np.int32)


# --- Order.
answer("sort", np.sort(flows.wide.to_numpy()))
answer("sort descending", np.sort(flows.bytes.to_numpy())[::-1])
answer("argsort", positions(np.argsort(flows.dstPort.to_numpy(), kind="stable")))
answer("argsort descending", positions(np.argsort(-flows.bytes.to_numpy(), kind="stable")))
answer("argsort gaps", positions(np.argsort(gaps, kind="stable")))
answer("argsort three", positions(flows.reset_index().sort_values(
    ["dstPort", "start", "srcIP"], ascending=[True, False, True], kind="stable")["index"]))
top = flows.bytes.nlargest(1000)
answer("topk", top)
answer("topk positions", positions(top.index))
answer("bottomk positions", positions(flows.rate.nsmallest(500).index))
answer_missing("rank", pd.Series(gaps).rank(method="first"))
answer("searchsorted", positions(np.searchsorted(np.sort(flows.bytes), flows.start)))
answer("searchsorted right",
       positions(np.searchsorted(np.sort(flows.bytes), flows.start, side="right")))

# --- Groups.
for name, keys in {"port": ["dstPort"], "pair": ["srcIP", "proto"]}.items():
    grouped = flows.groupby(keys)
    for i, key in enumerate(keys):
        answer(f"{name} keys {i + 1}", grouped.size().reset_index()[key])
    answer(f"{name} size", grouped.size())
    for how in ["sum", "mean", "min", "max", "first", "last", "median", "count", "nunique", "prod"]:
        answer(f"{name} {how}", getattr(grouped["bytes"], how)())
    for how in ["sum", "mean", "min", "max", "median"]:
        answer(f"{name} rate {how}", getattr(grouped["rate"], how)())
    answer(f"{name} var", grouped["rate"].var(ddof=0))
    answer(f"{name} std", grouped["rate"].std(ddof=0))
    answer(f"{name} quantile", grouped["rate"].quantile(0.9))
    rising = flows.sort_values("bytes", kind="stable").reset_index()
    answer(f"{name} argmin", positions(rising.groupby(keys)["index"].first()))
    falling = flows.sort_values("rate", ascending=False, kind="stable").reset_index()
    answer(f"{name} argmax", positions(falling.groupby(keys)["index"].first()))
    answer(f"{name} broadcast", grouped["bytes"].transform("sum"))
    answer(f"{name} head", grouped.cumcount() < 2)
    counted = flows.groupby(keys + ["hour"]).size().reset_index(name="times")
    counted = counted.sort_values("times", ascending=False, kind="stable")
    answer(f"{name} mode", counted.groupby(keys)["hour"].first())
    order = flows.sort_values(keys, kind="stable")
    firsts = np.flatnonzero((order[keys] != order[keys].shift()).any(axis=1).to_numpy())
    for how, f in {"bit_and": np.bitwise_and, "bit_or": np.bitwise_or,
                   "bit_xor": np.bitwise_xor}.items():
        answer(f"{name} {how}", f.reduceat(order["wide"].to_numpy(), firsts))
    odd = (order["start"] % 5 == 0).to_numpy()
    answer(f"{name} any", np.logical_or.reduceat(odd, firsts))
    answer(f"{name} all", np.logical_and.reduceat(odd, firsts))

# --- Match.
answer("isin", flows.srcIP.isin(devices.srcIP))
answer("isin many", flows.srcIP.isin(flows.dstIP[:n // 2]))
for name, f in {"intersect": np.intersect1d, "union": np.union1d, "difference": np.setdiff1d,
                "symmetric_difference": np.setxor1d}.items():
    answer(name, f(flows.srcIP, devices.srcIP))
answer("unique", np.unique(flows.bytes))
values, counts = np.unique(flows.srcPort, return_counts=True)
answer("value_counts keys", values)
answer("value_counts", counts)
single = devices.drop_duplicates("srcIP")
mapping = pd.Series(single.group.to_numpy(), index=single.srcIP)
answer_missing("lookup", flows.srcIP.map(mapping))
answer("lookup default", flows.srcIP.map(mapping).fillna(-7).astype(np.int64))
found = pd.Series(np.arange(1, m + 1), index=devices.srcIP)
answer_missing("find", flows.srcIP.map(found[~found.index.duplicated()]))
place = np.searchsorted(starts, flows.srcIP.to_numpy(), side="right")
inside = (place > 0) & (flows.srcIP.to_numpy() <= ends[place - 1])
answer("find_interval", np.where(inside, place, 0), inside)

left = flows[["srcIP", "bytes"]].reset_index()
right = devices.reset_index()
inner = left.merge(right, on="srcIP", suffixes=("", "_right"))
inner = inner.sort_values(["index", "index_right"])
all_left = left.merge(right, on="srcIP", how="left", suffixes=("", "_right"))
all_left = all_left.sort_values(["index", "index_right"])
alone = right[~right.srcIP.isin(left.srcIP)].rename(columns={"index": "index_right"})
for name, joined in {"inner": inner, "left": all_left, "right": pd.concat([inner, alone]),
                     "outer": pd.concat([all_left, alone])}.items():
    answer(f"join {name} srcIP", joined.srcIP)
    answer_missing(f"join {name} bytes", joined.bytes)
    answer_missing(f"join {name} group", joined.group)
answer("join semi", left.bytes[left.srcIP.isin(right.srcIP)])
answer("join anti", left.bytes[~left.srcIP.isin(right.srcIP)])

by_time = flows[["start", "proto"]].reset_index().sort_values("start", kind="stable")
in_time = events.sort_values("start", kind="stable")
asof = pd.merge_asof(by_time, in_time[["start", "event"]], on="start").sort_values("index")
answer_missing("asof", asof.event)
asof = pd.merge_asof(by_time, in_time, on="start", by="proto").sort_values("index")
answer_missing("asof by", asof.event)

# --- Move.
answer("gather", flows.wide.to_numpy()[at - 1])
changed = flows.wide.to_numpy().copy()
changed[at - 1] = flows.start.to_numpy()
answer("put", changed)
answer("concat", np.concatenate([flows.srcIP, devices.srcIP]))
answer("repeat_by", np.repeat(flows.start.to_numpy(), times))
answer("reverse", flows.wide.to_numpy()[::-1])
answer("slice", flows.wide.to_numpy()[n - 2:10:-7])
answer_missing("shift", flows.start.shift(1000))
answer_missing("diff", flows.start.diff(-3))

# --- Distribute.
q = [0, 0.1, 0.5, 0.99, 1]
answer("quantile", np.quantile(flows.wide.to_numpy(), q))
answer("quantile rate", np.quantile(flows.rate.to_numpy(), q))
answer("quantile gaps", np.nanquantile(gaps, q))
counts, edges = np.histogram(flows.rate, bins=1000)
answer("histogram", counts)
answer("histogram edges", edges)
answer("histogram range", np.histogram(flows.srcPort, bins=77, range=(2000, 30000))[0])
answer("histogram2d", np.histogram2d(flows.srcPort, flows.rate, bins=(20, 30))[0]
       .astype(np.int64).ravel())
cuts = [0, 1, 80, 443, 1024.5, 40000]
answer("digitize", np.digitize(flows.dstPort, cuts))
answer("cut", pd.cut(flows.dstPort, cuts, right=False, labels=False).fillna(-1).astype(np.int64))
out.close()
