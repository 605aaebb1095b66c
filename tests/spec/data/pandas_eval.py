# Evaluates expressions of pandas over a table, for specs that have both side by side: prints a table
# of Lua, {name = {{column name, {rows}}, ...}}, in which "missing" stands for None, NaN and NaT.
#   python3 pandas_eval.py CSV CASES, with lines of "name<TAB>expression" in CASES
import sys

import numpy as np
import pandas as pd

csv, cases = sys.argv[1:3]
df = pd.read_csv(csv, keep_default_na=False, na_values=[""])
if "at" in df:
    df["at"] = pd.to_datetime(df["at"]).dt.tz_localize(None)


def literal(value):
    if value is None or value is pd.NaT or isinstance(value, float) and np.isnan(value):
        return '"missing"'
    if isinstance(value, (bool, np.bool_)):
        return "true" if value else "false"
    if isinstance(value, (float, np.floating)):
        return repr(float(value)) if np.isfinite(value) else "math.huge" if value > 0 else "-math.huge"
    if isinstance(value, (int, np.integer)):
        return str(int(value))
    return '"%s"' % str(value).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def columns(result):
    if isinstance(result, pd.DataFrame):
        return [(str(name), result[name].tolist()) for name in result.columns]
    if isinstance(result, pd.Series):
        return [("", result.tolist())]
    return [("", list(result))]


print("return {")
for line in open(cases, encoding="utf-8"):
    name, expression = line.rstrip("\n").split("\t")
    lists = ("{%s, {%s}}" % (literal(column), ",".join(map(literal, rows)))
             for column, rows in columns(eval(expression)))
    print("[%s] = {%s}," % (literal(name), ",".join(lists)))
print("}")
