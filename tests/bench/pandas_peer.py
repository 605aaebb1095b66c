#!/usr/bin/python3
"""The operations as users of pandas, numpy and h5py do them; called and answering as peer.lua."""
import gc
import os
import resource
import socket
import sys
import time
import zlib
from multiprocessing import Pool

import h5py
import numpy as np
import pandas as pd

FLOW = ["start", "duration", "srcIP", "dstIP", "proto", "srcPort", "dstPort",
        "srcPkts", "dstPkts", "srcBytes", "dstBytes"]
FIVE = ["start", "srcIP", "dstIP", "dstPort", "dstBytes"]
OTHERS = ["a", "b", "i", "k", "r", "set10k", "set1m", "devip", "devgrp"]
HOSTS = {"host", "other", "value"}
MOMENTS = {"moment", "stamp", "second", "address", "dotted", "device", "block"}
COMPUTED = {"low32": ("r", lambda r: r & 0xFFFFFFFF), "k34": ("k", lambda k: k & 0x3FFFFFFFF)}
PREFIXES = {"Comp": 21036, "IP": 5022}


def read(folder, base, names):
    files = [h5py.File(f"{folder}/{base}.{i}.h5", "r") for i in range(4)]
    columns = {}
    for name in names:
        column = np.empty(sum(len(file[name]) for file in files), files[0][name].dtype)
        at = 0
        for file in files:
            rows = len(file[name])
            file[name].read_direct(column[at:at + rows])
            at += rows
        columns[name] = column
    return columns


def port(text):
    return int(text.removeprefix("Port"))


def device(text):
    prefix = text.rstrip("0123456789")
    number = text[len(prefix):] or "0"
    return (PREFIXES.get(prefix) or zlib.crc32(prefix.encode()) & 0xFFFF) << 20 ^ int(number)


def once_for_each(function, texts):
    codes, distinct = pd.factorize(texts)
    return np.array([function(text) for text in distinct], np.int64)[codes]


def convert_file(source, target):
    converters = {"srcIP": device, "dstIP": device, "srcPort": port, "dstPort": port}
    table = pd.read_csv(source, header=None, names=FLOW, dtype=dict.fromkeys(converters, str))
    for name, function in converters.items():
        table[name] = once_for_each(function, table[name])
    with h5py.File(target, "w") as file:
        for name in FLOW:
            file.create_dataset(name, data=table[name].values, compression="gzip",
                                compression_opts=1, shuffle=True)
    return len(table)


def convert(_, folder):
    paths = [(f"{folder}/flows.{i}.csv", f"{folder}/pandas.out.{i}.h5") for i in range(4)]
    with Pool(2) as pool:
        rows = sum(pool.starmap(convert_file, paths, 1))
        pool.close()
        pool.join()
    return rows


def on_disk(path):
    with open(path, "rb+") as file:
        os.fsync(file.fileno())


def written(**options):
    def write(columns, folder):
        path = f"{folder}/pandas.out.w.h5"
        with h5py.File(path, "w") as file:
            for name in FIVE:
                file.create_dataset(name, data=columns[name].values, **options)
        on_disk(path)
        return len(columns["start"])
    return write


def read_texts(_, folder):
    parts = [pd.read_csv(f"{folder}/flows.{i}.csv", header=None, names=FLOW) for i in range(4)]
    return pd.concat(parts)["dstBytes"].sum()


def read_lines(_, folder):
    parts = [pd.read_json(f"{folder}/flows.{i}.json", lines=True) for i in range(4)]
    return pd.concat(parts)["dstBytes"].sum()


def write_text(columns, folder):
    rows = len(columns["start"]) // 10
    path = f"{folder}/pandas.out.csv"
    pd.DataFrame({name: columns[name][:rows] for name in FIVE}).to_csv(path, index=False)
    on_disk(path)
    return rows


def distinct_counted(name):
    return [name], lambda columns, _: len(columns[name].value_counts())


def bytes_a_packet(columns, _):
    octets = (columns["srcBytes"] + columns["dstBytes"]) * (columns["proto"] == 6)
    return (octets / (columns["srcPkts"] + columns["dstPkts"] + 1)).sum()


def five_statistics(columns, _):
    a = columns["a"]
    return a.sum() + a.min() + a.max() + a.mean() + a.std(ddof=0)


def bytes_by_pair(columns, _):
    flows = pd.DataFrame({name: columns[name] for name in ["srcIP", "dstIP", "dstBytes"]},
                         copy=False)
    found = flows.groupby(["srcIP", "dstIP"])["dstBytes"].agg(["size", "sum"])
    return len(found) + found["sum"].max() + found["size"].max()


def is_in(name):
    return ["r", name], lambda columns, _: columns["r"].isin(columns[name]).sum()


def join_groups(columns, _):
    devices = pd.DataFrame({"ip": columns["devip"], "group": columns["devgrp"]})
    flows = pd.DataFrame({"ip": columns["srcIP"]}, copy=False)
    return flows.merge(devices, on="ip").groupby("group").size().max()


def middle(values, order):
    return values[order[len(order) // 2]]


def order_of(name):
    return [name], lambda columns, _: middle(columns[name].values, np.argsort(columns[name].values))


def order_by_port(columns, _):
    order = np.lexsort((columns["start"].values, columns["dstPort"].values))
    return middle(columns["start"].values, order)


def sums_by_host(columns, _):
    found = columns["value"].groupby(columns["host"]).sum()
    return len(found) + found.sum()


def join_hosts(columns, _):
    left = pd.DataFrame({"host": columns["host"], "value": columns["value"]}, copy=False)
    joined = left.merge(pd.DataFrame({"host": columns["other"]}, copy=False), on="host")
    return len(joined) + joined["value"].sum()


def split_hosts(columns, _):
    parts = columns["host"].str.partition(".")
    return parts[0].iloc[0] + parts[2].iloc[0]


def last_second(name):
    return [name], lambda columns, _: pd.to_datetime(columns[name]).max().timestamp() // 1


def hour_and_weekday(columns, _):
    hour, weekday = columns["moment"].dt.hour, columns["moment"].dt.weekday
    return hour[0] * 10 + weekday[0]


def count_by_hour(columns, _):
    found = columns["moment"].values.astype("datetime64[h]").astype(np.int64)
    counts = np.bincount(found - found.min())
    return np.count_nonzero(counts) + counts.max()


def print_times(columns, _):
    texts = np.datetime_as_string(columns["moment"].values[:10 ** 6], "s")
    return texts[0].replace("T", " ")


def numbers_of(texts):
    return np.frombuffer(b"".join(map(socket.inet_aton, texts)), ">u4").astype(np.int64)


def print_addresses(columns, _):
    packed = columns["address"].values.astype(">u4").tobytes()
    return list(map(socket.inet_ntoa, (packed[i:i + 4] for i in range(0, len(packed), 4))))[0]


def read_devices(columns, _):
    codes, distinct = pd.factorize(columns["device"])
    return numbers_of(distinct)[codes].max()


def longest_blocks(columns, _):
    """The blocks of each length in order, from the shortest on: a longer one takes its addresses."""
    address = columns["address"].values[:10 ** 6]
    first, bits = zip(*(text.split("/") for text in columns["block"]))
    first, bits = numbers_of(first), np.array(bits, np.int64)
    found = np.zeros(len(address), np.int64)
    for length in np.unique(bits):
        rows = np.flatnonzero(bits == length)
        keys = first[rows] >> (32 - length)
        order = np.argsort(keys)
        wanted = address >> (32 - length)
        at = np.minimum(np.searchsorted(keys, wanted, sorter=order), len(rows) - 1)
        within = keys[order[at]] == wanted
        found[within] = rows[order[at[within]]] + 1
    return found.sum() + np.count_nonzero(found == 0)


# The columns that are in memory before, and what is done with them and the folder.
OPERATIONS = {
    "L1": ([], lambda _, folder: len(read(folder, "flows", FIVE)["start"])),
    "L2": ([], lambda _, folder: len(read(folder, "flows_gz", FIVE)["start"])),
    "L4": ([], convert),
    "W1": (FIVE, written()),
    "W2": (FIVE, written(compression="gzip", compression_opts=1, shuffle=True)),
    "C1": ([], read_texts),
    "C3": ([], read_lines),
    "C2": (FIVE, write_text),
    "N1": ([], lambda _, folder: sum(c.sum() for c in read(folder, "flows", FIVE).values())),
    "S1": (["dstPort"], lambda columns, _: (columns["dstPort"] == 80).sum()),
    "S2": distinct_counted("srcPort"),
    "S2b": (["srcPort"], lambda columns, _:
            np.count_nonzero(np.bincount(columns["srcPort"].values))),
    "S3": (["dstPort"], lambda columns, _: columns["dstPort"].value_counts().iloc[:10].max()),
    "S4": (["srcIP"], lambda columns, _: columns["srcIP"].nunique()),
    "S5": distinct_counted("k34"),
    "X2a": is_in("set10k"),
    "X2b": is_in("set1m"),
    "ST1": distinct_counted("names"),
    "ST2": (["names"], lambda columns, _: columns["names"].str.contains("1234", regex=False).sum()),
    "ST3": (["names"], lambda columns, _: columns["names"].str.startswith("IP").sum()),
    "PT1": (["host"], lambda columns, _: columns["host"].sort_values().iloc[0]),
    "PT2": (["host", "value"], sums_by_host),
    "PT3": (["host"], lambda columns, _: len(columns["host"].unique())),
    "PT4": (["host", "value", "other"], join_hosts),
    "PT5": (["host"], lambda columns, _: columns["host"].str.contains("1234", regex=False).sum()),
    "PT6": (["host"],
            lambda columns, _: columns["host"].str.contains(r"0\d*1\.dept[1-3]\.").sum()),
    "PT7": (["host"], lambda columns, _: columns["host"].str.upper().iloc[0]),
    "PT8": (["host"], split_hosts),
    "PT9": (["host"],
            lambda columns, _: (columns["host"] == "host-0001234.dept34.example.com").sum()),
    "TM1": last_second("stamp"),
    "TM2": last_second("second"),
    "TM3": (["moment"], lambda columns, _: columns["moment"].dt.floor("5min")[0].timestamp()),
    "TM4": (["moment"], hour_and_weekday),
    "TM5": (["moment"], count_by_hour),
    "TM6": (["moment"], print_times),
    "A1": (["dotted"], lambda columns, _: numbers_of(columns["dotted"]).max()),
    "A1b": (["device"], read_devices),
    "A2": (["address"], print_addresses),
    "A3": (["address"], lambda columns, _: (columns["address"].values >> 24 == 10).sum()),
    "A4": (["address", "block"], longest_blocks),
    "J1": (["srcIP", "devip", "devgrp"], join_groups),
    "O1": order_of("r"),
    "O1b": order_of("low32"),
    "O2": (["r"], lambda columns, _: np.sort(columns["r"].values)[len(columns["r"]) // 2]),
    "O3": (["dstPort", "start"], order_by_port),
    "T1": (["dstBytes"], lambda columns, _: columns["dstBytes"].nlargest(10).min()),
    "F1": (FIVE, lambda columns, _: len(pd.DataFrame(columns, copy=False).loc[
        columns["dstPort"] == 443, FIVE])),
    "F2": (["srcBytes", "dstBytes", "proto", "srcPkts", "dstPkts"], bytes_a_packet),
    "G1": (["dstPort", "dstBytes"],
           lambda columns, _: columns["dstBytes"].groupby(columns["dstPort"]).sum().max()),
    "G2": (["srcIP", "dstIP", "dstBytes"], bytes_by_pair),
    "G3": (["k", "a"], lambda columns, _: columns["a"].groupby(columns["k"]).mean().max()),
    "X1": (["a", "i"], lambda columns, _: columns["a"].values[columns["i"].values][0]),
    "Q1": (["dstBytes"], lambda columns, _: np.percentile(columns["dstBytes"], [50, 99]).sum()),
    "H1": (["start"], lambda columns, _: np.histogram(columns["start"], 1000)[0].max()),
    "E1": (["a", "b"], lambda columns, _: (columns["a"] + columns["b"] * 2.5)[0]),
    "E0": (["a", "b"], lambda columns, _: ((columns["a"] + columns["b"]) * columns["a"]).sum()),
    "E2": (["a"], five_statistics),
    "E3": (["a"], lambda columns, _: np.cumsum(columns["a"].values)[-1]),
    "R1": (["a"], lambda columns, _: columns["a"].sum()),
    "R2": (["a"], lambda columns, _: columns["a"].min()),
    "R3": (["a"], lambda columns, _: columns["a"].max()),
}


def device_names(ids):
    codes, distinct = pd.factorize(ids[:10 ** 7])
    prefixes = {code: prefix for prefix, code in PREFIXES.items()}
    texts = [f"{prefixes[i >> 20]}{i & 0xfffff}" for i in distinct]
    return np.array(texts, object)[codes]


def load(folder, names):
    own = [name for name in names if name not in {*OTHERS, *COMPUTED, *HOSTS, *MOMENTS, "names"}]
    columns = read(folder, "flows", own)
    with h5py.File(f"{folder}/aux.h5", "r") as file:
        columns.update((name, file[name][:]) for name in names if name in OTHERS)
        for name in COMPUTED.keys() & set(names):
            source, function = COMPUTED[name]
            columns[name] = function(file[source][:])
    for name in HOSTS & set(names):
        with h5py.File(f"{folder}/hosts.h5", "r") as file:
            column = file[name][:]
        columns[name] = column if name == "value" else column.astype(str).astype(object)
    for name in MOMENTS & set(names):
        with h5py.File(f"{folder}/moments.h5", "r") as file:
            column = file[name][:]
        if column.dtype.kind == "S":
            column = column.astype(str).astype(object)
        columns[name] = column.astype("datetime64[us]") if name == "moment" else column
    if "names" in names:
        columns["names"] = device_names(read(folder, "flows", ["srcIP"])["srcIP"])
    return {name: pd.Series(column, copy=False) for name, column in columns.items()}


def peak_kib():
    """Of this process, and of two like the largest of its children."""
    with open("/proc/self/status") as status:
        own = next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
    return own + 2 * resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss


def measure(function, columns, folder, repeats, budget):
    times, spent, check = [], 0, None
    while len(times) < 2 or (len(times) <= repeats and spent < budget):  # the first is the warm-up
        start = time.perf_counter()
        check = function(columns, folder)
        times.append(time.perf_counter() - start)
        spent += times[-1]
    return check, ",".join("%.6f" % seconds for seconds in times[1:])


def main(folder, wanted, repeats, budget):
    known = [name for name in wanted.split(",") if name in OPERATIONS]
    columns = load(folder, list(dict.fromkeys(c for name in known for c in OPERATIONS[name][0])))
    for name in known:
        gc.collect()
        with open("/proc/self/clear_refs", "w") as file:
            file.write("5")
        function = OPERATIONS[name][1]
        try:
            check, times = measure(function, columns, folder, int(repeats), float(budget))
        except Exception as problem:
            check, times = "error: " + str(problem).split("\n")[0][:100], ""
        print(name, check, peak_kib() // 1024, times, sep="\t", flush=True)


if __name__ == "__main__":
    if sys.argv[1:] == ["version"]:
        print(f"pandas {pd.__version__}, numpy {np.__version__}, h5py {h5py.__version__}")
    else:
        main(*sys.argv[1:])
