"""Runs the example notebooks, and compares what they print with what numpy finds, or what was
planted."""

import glob
import os
import shutil
import subprocess
import sys
import tempfile

import h5py
import nbformat
import numpy
from notebooks import ROOT, Notebooks

EXAMPLES = os.path.join(ROOT, "examples")
SECONDS = r"^\d+\.\d{3} s\n$"


def outputs_of(cell):
    """What a cell printed, and its value."""
    printed = "".join(output.text for output in cell.outputs if output.output_type == "stream")
    values = [output.data for output in cell.outputs if output.output_type == "execute_result"]
    return printed, values[0] if values else None


def top_ten(column):
    values, counts = numpy.unique(column, return_counts=True)
    order = numpy.lexsort((values, -counts))[:10]
    return "".join(f"{values[i]}\t{counts[i]}\n" for i in order)


def rows_of(text):
    """The numbers of a table's rows, without those that count them."""
    return [[int(word) for word in line.split()[1:]] for line in text.split("\n")[2:-1]]


class Examples(Notebooks):
    """An example notebook that is run in a folder of its own, beside the scripts that it needs."""

    @classmethod
    def run_notebook(cls, notebook, *scripts):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        for name in (notebook, *scripts):
            shutil.copy(os.path.join(EXAMPLES, name), cls.folder.name)
        subprocess.run([sys.executable, "-m", "nbconvert", "--to", "notebook", "--execute",
                        "--ExecutePreprocessor.timeout=120", "--output", "run.ipynb", notebook],
                       cwd=cls.folder.name, check=True, timeout=240, capture_output=True)
        cells = nbformat.read(os.path.join(cls.folder.name, "run.ipynb"), 4).cells
        cls.cells = [cell for cell in cells if cell.cell_type == "code"]

    def found(self, *words):
        """What the first cell gave whose source has all these words."""
        for cell in self.cells:
            if all(word in cell.source for word in words):
                return outputs_of(cell)
        raise AssertionError(f"no cell has {words}")


class Netflow(Examples):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.run_notebook("netflow.ipynb", "make_flows.lua")
        with h5py.File(os.path.join(cls.folder.name, "flows.hdf")) as file:
            cls.flows = {name: column[:] for name, column in file.items()}

    def test_they_are_kept_without_outputs(self):
        for name in glob.glob(os.path.join(EXAMPLES, "*.ipynb")):
            for cell in nbformat.read(name, 4).cells:
                self.assertFalse(cell.get("outputs"))
                self.assertIsNone(cell.get("execution_count"))

    def test_the_data(self):
        self.assertEqual(self.found("mb.size()")[0], "2 ranks\n")
        self.assertEqual(self.found("make_flows.lua")[0], "flows.csv: 200000 flows\n")
        printed, value = self.found("csv2hdf")
        self.assertIn("flows.hdf: 200000 rows", printed)
        self.assertEqual(value["text/plain"], "true\texit\t0")
        names = [line.split("\t")[0] for line in self.found("ls_hdf")[0].split("\n")[:-1]]
        self.assertEqual(names, sorted(self.flows))
        self.assertRegex(self.found("flows = mb.read_hdf")[0], SECONDS)

    def test_the_table(self):
        cell = next(cell for cell in self.cells if cell.source == "flows")
        value = outputs_of(cell)[1]
        self.assertIn("200000 rows, 5 columns", value["text/plain"])
        for name in ("srcIP", "dstIP", "srcPort", "dstPort", "start"):
            self.assertIn(f"<th>{name}</th>", value["text/html"])
            for row in (0, -1):
                self.assertIn(f"<td>{self.flows[name][row]}</td>", value["text/html"])

    def test_sums(self):
        for port in (80, 443):
            printed, value = self.found(f"srcPort:eq({port})")
            sums = [int((self.flows[name] == port).sum()) for name in ("srcPort", "dstPort")]
            self.assertEqual(value["text/plain"], "%d\t%d" % tuple(sums))
            self.assertRegex(printed, SECONDS)

    def test_counts(self):
        tops = [outputs_of(cell)[0] for cell in self.cells if "most_common" in cell.source]
        lengths = [outputs_of(cell)[1] for cell in self.cells if cell.source == "#ports"]
        for i, name in enumerate(("srcPort", "dstPort")):
            self.assertEqual(tops[i], top_ten(self.flows[name]))
            self.assertEqual(lengths[i]["text/plain"], str(len(numpy.unique(self.flows[name]))))

    def test_services(self):
        _, value = self.found("services =")
        ports = self.flows["dstPort"]
        values, groups = numpy.unique(ports, return_inverse=True)
        moved = numpy.zeros(len(values), numpy.int64)
        numpy.add.at(moved, groups, self.flows["dstBytes"])
        expected = []
        for i in numpy.lexsort((values, -moved))[:10]:
            rows = groups == i
            clients = len(numpy.unique(self.flows["srcIP"][rows]))
            expected.append([int(values[i]), int(rows.sum()), clients, int(moved[i])])
        self.assertEqual(rows_of(value["text/plain"]), expected)

    def clients_and_servers(self):
        """How many there are of each, and of both, and the table of the five that answer most."""
        clients, asked = numpy.unique(self.flows["srcIP"], return_counts=True)
        servers, answered = numpy.unique(self.flows["dstIP"], return_counts=True)
        both, left, right = numpy.intersect1d(clients, servers, return_indices=True)
        order = numpy.lexsort((both, -answered[right]))[:5]
        rows = [[int(both[i]), int(asked[left[i]]), int(answered[right[i]])] for i in order]
        return (len(clients), len(servers), len(both)), rows

    def test_clients_and_servers(self):
        printed, value = self.found("clients:join")
        counts, rows = self.clients_and_servers()
        self.assertEqual(printed, "%d\t%d\t%d\n" % counts)
        self.assertEqual(rows_of(value["text/plain"]), rows)

    def test_a_snapshot_on_more_ranks(self):
        printed, value = self.found("mb.load")
        https = int((self.flows["dstPort"] == 443).sum())
        self.assertEqual(printed, f"3\t200000\t{https}\n")
        self.assertEqual(rows_of(value["text/plain"]), self.clients_and_servers()[1])


class Hunting(Examples):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.run_notebook("hunting.ipynb", "office.lua")

    def first_row(self, *words):
        return self.found(*words)[1]["text/plain"].split("\n")[2].split()

    def test_what_was_planted_is_found(self):
        self.assertEqual(self.first_row("netflow.beacons")[1:5],
                         ["10.1.0.21", "52.0.27.89", "443", "300"])
        self.assertEqual(self.first_row("horizontal_scans")[1:4], ["10.1.0.31", "22", "12"])
        self.assertEqual(self.first_row("senders:head")[1], "10.1.0.78")

    def test_pictures(self):
        for words in ("time_series", "plot.hist"):
            self.assertTrue(self.found(words)[1].get("image/png"))


class Graph(Examples):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.run_notebook("graph.ipynb", "office.lua")

    def test_servers_matter_most(self):
        ranked = self.found("pagerank")[1]["text/plain"].split("\n")[2:-1]
        self.assertTrue(any(row.split()[1] == "10.2.0.1" for row in ranked), ranked)

    def test_pictures(self):
        for words in ("graph_degrees", "plot.hist"):
            self.assertTrue(self.found(words)[1].get("image/png"))
