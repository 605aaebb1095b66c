-- What programs that export flows call the columns that moonbear.netflow works with.

local names = {}

---LANL's netflow, as csv2hdf writes it.
names.lanl = {
  start = "start", duration = "duration", src = "srcIP", dst = "dstIP", proto = "proto",
  src_port = "srcPort", dst_port = "dstPort", src_packets = "srcPkts", dst_packets = "dstPkts",
  src_bytes = "srcBytes", dst_bytes = "dstBytes",
}

---What `nfdump -o csv` prints: of version 1.6, and of 1.7.
names.nfdump = {
  start = { "ts", "firstSeen" }, duration = { "td", "duration" }, src = { "sa", "srcAddr" },
  dst = { "da", "dstAddr" }, proto = { "pr", "proto" }, src_port = { "sp", "srcPort" },
  dst_port = { "dp", "dstPort" }, src_packets = { "ipkt", "packets" }, dst_packets = "opkt",
  src_bytes = { "ibyt", "bytes" }, dst_bytes = "obyt",
}

---Zeek's conn.log.
names.zeek = {
  start = "ts", duration = "duration", src = "id.orig_h", dst = "id.resp_h", proto = "proto",
  src_port = "id.orig_p", dst_port = "id.resp_p", src_packets = "orig_pkts",
  dst_packets = "resp_pkts", src_bytes = "orig_bytes", dst_bytes = "resp_bytes",
}

---Flow records of Suricata's eve.json.
names.suricata = {
  start = { "flow.start", "timestamp" }, duration = "flow.age", src = "src_ip", dst = "dest_ip",
  proto = "proto", src_port = "src_port", dst_port = "dest_port",
  src_packets = "flow.pkts_toserver", dst_packets = "flow.pkts_toclient",
  src_bytes = "flow.bytes_toserver", dst_bytes = "flow.bytes_toclient",
}

return names
