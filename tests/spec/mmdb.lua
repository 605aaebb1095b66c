-- Databases as MaxMind's are, by their specification of version 2.0: a tree of bits, records, and
-- what is told of all. Written here, so that tests know every network of theirs.
local mmdb = {}

-- Types of fields that Lua's values do not tell.
function mmdb.typed(type, value) return { type = type, value = value } end

local TYPES <const> = { utf8 = 2, double = 3, bytes = 4, uint16 = 5, uint32 = 6, map = 7, int32 = 8,
  uint64 = 9, uint128 = 10, array = 11, bool = 14, float = 15 }

-- The bytes that tell a type and a size.
local function control(type, size)
  local number, more, least = TYPES[type], "", size
  if size >= 285 then least, more = 30, (">I2"):pack(size - 285)
  elseif size >= 29 then least, more = 29, string.char(size - 29) end
  if number > 7 then return string.char(least, number - 7) .. more end
  return string.char(number << 5 | least) .. more
end

-- A number of no more bytes than it needs.
local function number(type, n)
  local bytes = n == 0 and "" or (">I8"):pack(n):gsub("^\0+", "")
  return control(type, #bytes) .. bytes
end

-- Values as the bytes of a data section. Strings that have come before are pointers.
local function encoder()
  local parts, length, strings, encoded = {}, 0, {}, {}
  local function add(bytes)
    parts[#parts + 1], length = bytes, length + #bytes
  end
  local encode
  local function add_string(s)
    local at = strings[s]
    if at and at < 2048 then return add(string.char(1 << 5 | at >> 8, at & 255)) end
    strings[s] = at or length
    add(control("utf8", #s) .. s)
  end
  local function add_table(t)
    if #t > 0 then
      add(control("array", #t))
      for _, value in ipairs(t) do encode(value) end
      return
    end
    local keys = {}
    for key in pairs(t) do keys[#keys + 1] = key end
    add(control("map", #keys))
    for _, key in ipairs(keys) do
      add_string(key)
      encode(t[key])
    end
  end
  function encode(value)
    if type(value) == "table" and value.type then
      local kind, v = value.type, value.value
      if kind == "float" then add(control(kind, 4) .. (">f"):pack(v))
      elseif kind == "bytes" or kind == "uint128" then add(control(kind, #v) .. v)
      else add(number(kind, kind == "int32" and v & 0xffffffff or v)) end
    elseif type(value) == "table" then add_table(value)
    elseif type(value) == "string" then add_string(value)
    elseif type(value) == "boolean" then add(control("bool", value and 1 or 0))
    elseif math.type(value) == "integer" then add(number("uint32", value))
    else add(control("double", 8) .. (">d"):pack(value)) end
  end
  return {
    -- Where a record is, which several networks may share.
    place = function(record)
      if not encoded[record] then
        encoded[record] = length
        encode(record)
      end
      return encoded[record]
    end,
    bytes = function() return table.concat(parts) end,
  }
end

-- A bit of an address's bytes, from 0 on.
local function bit(bytes, i) return bytes:byte(i // 8 + 1) >> (7 - i % 8) & 1 end

-- The tree of networks, { bytes, prefix, record }, the wider ones before those within them: nodes
-- with two children each, which are nodes, records or nothing.
local function tree_of(networks)
  local nodes = { {} }
  local function descend(node, which)
    local below = nodes[node][which]
    if type(below) == "number" then return below end
    nodes[#nodes + 1] = { [0] = below, [1] = below } -- a record of a wider network is both's
    nodes[node][which] = #nodes
    return #nodes
  end
  for _, network in ipairs(networks) do
    local node, bytes = 1, network[1]
    for i = 0, network[2] - 2 do node = descend(node, bit(bytes, i)) end
    nodes[node][bit(bytes, network[2] - 1)] = network[3]
  end
  return nodes
end

local function pack_node(size, left, right)
  if size == 28 then
    return (">I3"):pack(left & 0xffffff) .. string.char(left >> 24 << 4 | right >> 24)
      .. (">I3"):pack(right & 0xffffff)
  end
  local form = (">I%d"):format(size // 8)
  return form:pack(left) .. form:pack(right)
end

---A database of networks, the wider ones before those within them.
---@param networks {[1]: string, [2]: integer, [3]: table}[] bytes of an address, prefix, record
---@param opts? {size: 24|28|32?, version: 4|6?, type: string?}
---@return string
function mmdb.bytes(networks, opts)
  local size, version = opts and opts.size or 28, opts and opts.version or 6
  local nodes, data, packed = tree_of(networks), encoder(), {}
  local function record(child)
    if type(child) == "number" then return child - 1 end
    return child and #nodes + 16 + data.place(child) or #nodes
  end
  for i, node in ipairs(nodes) do packed[i] = pack_node(size, record(node[0]), record(node[1])) end
  local told, typed = encoder(), mmdb.typed
  told.place { node_count = typed("uint32", #nodes), record_size = typed("uint16", size),
    ip_version = typed("uint16", version), database_type = opts and opts.type or "Test",
    languages = { "en" }, binary_format_major_version = typed("uint16", 2),
    binary_format_minor_version = typed("uint16", 0), build_epoch = typed("uint64", 1700000000),
    description = { en = "networks of a test" } }
  return table.concat(packed) .. ("\0"):rep(16) .. data.bytes() .. "\xab\xcd\xefMaxMind.com"
    .. told.bytes()
end

return mmdb
