"""What igraph takes for what graph.lua measures, on the edges that it wrote: graph_peer.py FILE [ROUNDS]"""
import sys
import time

import h5py
import igraph
import numpy

with h5py.File(sys.argv[1]) as file:
    edges = numpy.stack([file["from"][:], file["to"][:]], axis=1)
start = edges[0, 0]
nodes, edges = numpy.unique(edges, return_inverse=True)
began = time.monotonic()
directed = igraph.Graph(n=len(nodes), edges=edges.reshape(-1, 2), directed=True)
print(f"igraph.build\t{time.monotonic() - began:.3f}", flush=True)
began = time.monotonic()
simple = directed.as_undirected()
simple.simplify()
single = directed.copy()
single.simplify(multiple=True, loops=False)
print(f"igraph.simplify\t{time.monotonic() - began:.3f}", flush=True)
first = int(numpy.searchsorted(nodes, start))
for name, ask in {
    "components": lambda: directed.connected_components("weak"),
    "kcore": lambda: simple.coreness(),
    "triangles": simple.transitivity_undirected,
    "pagerank": lambda: single.pagerank(),
    "levels": lambda: simple.distances(first),
}.items():
    best = float("inf")
    for _ in range(int(sys.argv[2]) if len(sys.argv) > 2 else 3):
        began = time.monotonic()
        ask()
        best = min(best, time.monotonic() - began)
    print(f"igraph.{name}\t{best:.3f}", flush=True)
