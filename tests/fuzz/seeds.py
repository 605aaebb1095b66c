#!/usr/bin/python3
"""Writes small files for tests/fuzz/readers to begin with, in a folder for each of its kinds.

usage: tests/fuzz/seeds.py FOLDER
"""
import bz2
import gzip
import lzma
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import hdf_files  # noqa: E402

CSV = [
    b'a,b,c,d,e,f\n1,2.5,x,2024-01-01T00:00:00Z,10.0.0.1,true\n-7,1e300,"q ""q""\n,",2024-02-29,,false\n',
    b"\xef\xbb\xbfa;b\r\n1,5;x\r\n# c\r\n2.000,25;NA\r\n",
    b"1,18446744073709551615\r2,0\r", b'a\n"x"y\n"never', b"a,a,\n1,2\n,\n\n007,-\n", b"2001:db8::1,::\n1,2,3\n",
]
JSON = [
    b'{"a":1,"b":{"c":[1,"x"],"d":null},"t":"2024-01-01T00:00:00Z"}\n{"a":2.5e3,"b.c":"\\u00e9\\ud83d\\udc3b"}\n',
    b'{"id.orig_h":"10.0.0.1","n":18446744073709551615}\r\n\r\n{}\n', b'{"a":true}\n{"a":"x', b'[{"a":1}]\n',
    b'{"":{"":1},"a":{"b":{"c":-0.0}}}\n',
]
ZEEK = [
    b"#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tx\n"
    b"#fields\tts\tid.orig_h\tn\tok\tfor\tnote\ttags\tratio\n"
    b"#types\ttime\taddr\tcount\tbool\tinterval\tstring\tset[string]\tdouble\n"
    b"1.5\t10.0.0.1\t7\tT\t0.25\t\"a\t(empty)\t1.5\n2.000001\t2001:db8::1\t-\tF\t-\t-\ta,b\t1e3\n#close\n",
]
NFDUMP = [
    b"ts,td,sa,da,sp,dp,pr,flg,ipkt,ibyt\n2023-11-14 22:13:20,1.000,10.0.0.1,::1,443,8.0,TCP,...AP.S.,3,1.2 M\n"
    b"Summary\nflows,bytes\n1,2\n", b"ts,sp\nNo matching flows\nSummary\n",
]


def write(folder, kind, contents):
    os.makedirs(os.path.join(folder, kind), exist_ok=True)
    for i, content in enumerate(contents):
        with open(os.path.join(folder, kind, "seed%d" % i), "wb") as file:
            file.write(content)


def main():
    folder = sys.argv[1]
    packed = [pack(CSV[0]) for pack in (gzip.compress, bz2.compress, lzma.compress)]
    write(folder, "csv", CSV + packed)
    write(folder, "json", JSON + [gzip.compress(JSON[0])])
    write(folder, "zeek", ZEEK)
    write(folder, "nfdump", NFDUMP)
    write(folder, "parquet", [b"PAR1"])
    write(folder, "hdf", [])
    hdf_files.write(os.path.join(folder, "hdf"))


main()
