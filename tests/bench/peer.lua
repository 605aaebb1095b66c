-- moonbear as one of several systems that are asked for the same operations (see protocol.lua):
--   moonbear peer.lua DIR OPERATION,... REPEATS SECONDS | moonbear peer.lua version

local here = arg[0]:match("^(.*)/[^/]*$") or "."
package.path = here .. "/?.lua;" .. package.path

local operations = require "operations"
local protocol = require "protocol"

protocol.serve(operations.known, operations.read_columns)
