-- Flows of a day in a network of 2,000 hosts, with scans and beacons planted in them: what the
-- examples scans.lua and beacons.lua look for. All rows are functions of the seed.

local mb = require "moonbear"

local DAY <const> = 86400
local planted = {}

-- Columns of n random rows, of one seed after another.
local function generator(n, seed)
  local function next_seed()
    seed = seed + 1
    return seed
  end
  return {
    from = function(low, high)
      return mb.random(n, { low = low, high = high, seed = next_seed() })
    end,
    -- whole numbers below `count`, the small ones more often
    skewed = function(count)
      return ((mb.uniform(n, { seed = next_seed() }) * math.log(count)):exp() - 1):as "int"
    end,
    of = function(values, weights)
      return mb.choice(values, n, { weights = weights, seed = next_seed() })
    end,
  }
end

local function flows(columns)
  return mb.frame { { "start", columns.start }, { "src", columns.src }, { "dst", columns.dst },
    { "src_port", columns.src_port }, { "dst_port", columns.dst_port },
    { "dst_packets", columns.dst_packets } }
end

---n flows without scans and beacons: clients ask servers, some of them far more than others; 3 %
---get no answer.
function planted.background(n, seed)
  local rows = generator(n, seed)
  return flows { start = rows.from(0, DAY - 1), src = rows.skewed(2000),
    dst = 5000 + rows.skewed(3000), src_port = rows.from(32768, 60999),
    dst_port = rows.of({ 53, 443, 80, 389, 88, 445, 123, 22, 3128, 8080 },
      { .3, .25, .15, .08, .07, .05, .04, .02, .02, .02 }),
    dst_packets = mb.where(rows.from(1, 100):le(3), 0, rows.from(1, 50)) }
end

---Scans by `sources`, of `targets` each, one flow every `pace` seconds: of ports of one host
---("vertical"), or of one port of many hosts ("horizontal"). Most get no answer.
function planted.scans(kind, sources, targets, pace, seed)
  local n = sources * targets
  local rows, number = generator(n, seed), mb.range(0, n - 1)
  local src, target = number // targets, number % targets
  local vertical = kind == "vertical"
  return flows { start = (src * 7919) % (DAY - targets * pace) + target * pace,
    src = 10000 + src, dst = 5000 + (vertical and src or target * 3),
    src_port = rows.from(32768, 60999),
    dst_port = vertical and target + 1 or mb.full(n, 445),
    dst_packets = mb.where(rows.from(1, 10):le(9), 0, 1) }
end

---Beacons of `sources` that call one host each every `period` seconds for a day, delayed at random
---by up to a share of the period (`jitter`); a share of the calls is lost.
function planted.beacons(sources, period, jitter, lost, seed)
  local calls = DAY // period
  local n = sources * calls
  local rows, number = generator(n, seed), mb.range(0, n - 1)
  local delay = rows.from(0, math.floor(jitter * period))
  local all = flows { start = number % calls * period + delay, src = 20000 + number // calls,
    dst = 5100 + number // calls, src_port = rows.from(32768, 60999), dst_port = mb.full(n, 443),
    dst_packets = mb.full(n, 3) }
  return all:where(rows.from(1, 1000):gt(math.floor(1000 * lost)))
end

---What share of the sources found were planted (1 when none is found), and of the planted ones were
---found.
function planted.precision_and_recall(found, first, sources)
  local right = found:between(first, first + sources - 1):sum()
  return #found == 0 and 1.0 or right / #found, right / sources
end

return planted
