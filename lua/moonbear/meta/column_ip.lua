---@meta

-- Methods of columns of ip addresses, and of flags.
--
-- Addresses come from text and from integers by `as("ip")`: of version 4 as four decimal numbers,
-- of version 6 in every form of RFC 4291, and are shown as RFC 5952 says. Those of version 4 come
-- before those of version 6, and by their numbers; ::ffff:10.0.0.1 is one of version 6. A column of
-- version 4 alone takes 4 bytes a row; one with others has a dictionary as text has, of any number of
-- different addresses. Scripts write addresses as strings: `c:eq "10.0.0.1"`. `c + n` and `c - n`
-- are the addresses n after or before each, of an integer or a column of them.

---@class moonbear.Column
local Column = {}

---Whether each address is in a block, as `"10.0.0.0/8"`, or in one of a list of blocks: a bool
---column. An address alone is a block of one. Raises for columns that are no addresses, for texts
---that are no blocks, and for blocks whose address has bits past the prefix. Collective.
---@param networks string|string[]
---@return moonbear.Column
function Column:in_network(networks) end

---The first address of the block that each address is in, of so many bits: `c:network(24)` is the
---network to group by. Addresses of version 6 have `v6` bits. Raises for columns that are no
---addresses. Collective; pending.
---@param prefix integer of version 4, up to 32
---@param options? {v6: integer?} up to 128: 64 unless told
---@return moonbear.Column # ip
function Column:network(prefix, options) end

---The version of each address, 4 or 6: an int column. Raises for columns that are no addresses.
---Collective; pending.
---@return moonbear.Column
function Column:version() end

---Whether each address is for private use, as Python's ipaddress lists them (the registries of
---IANA): networks that are not routed, loopback, local links, documentation and reserved blocks. A
---bool column. Raises for columns that are no addresses. Collective.
---@return moonbear.Column
function Column:is_private() end

---Whether each address can be reached from everywhere: neither private nor in 100.64.0.0/10, as
---Python's ipaddress has it. A bool column. Raises for columns that are no addresses. Collective.
---@return moonbear.Column
function Column:is_global() end

---Whether each address is of a group: in 224.0.0.0/4 or ff00::/8. A bool column. Raises for columns
---that are no addresses. Collective.
---@return moonbear.Column
function Column:is_multicast() end

---Whether each address is the host's own: in 127.0.0.0/8, or ::1. A bool column. Raises for columns
---that are no addresses. Collective.
---@return moonbear.Column
function Column:is_loopback() end

---Whether each address is of a local link: in 169.254.0.0/16 or fe80::/10. A bool column. Raises
---for columns that are no addresses. Collective.
---@return moonbear.Column
function Column:is_link_local() end

---Of a text column of blocks, as `"10.0.0.0/8"`: for each row of `column`, the row of `values` that
---stands beside the block with the longest prefix that has its address, of equal blocks the first.
---Missing where no block has it, or the address or the value is missing; missing blocks are passed
---over. Raises for the first row that is no block, or one with bits past its prefix, and for
---columns of other types or lengths. Every rank has all blocks. Collective.
---
---    local where = blocks.cidr:lookup_network(blocks.site, flows.src)
---@param values moonbear.Column as long as this one
---@param column moonbear.Column ip
---@return moonbear.Column # of the type of `values`
function Column:lookup_network(values, column) end

---Whether all of some flags are set in each row: `c:has "S"`. Flags are named as they print, or
---given as an integer. A bool column. Raises for columns of other types, and for names that the
---column's flags do not have. Not collective; pending.
---@param flags string|integer
---@return moonbear.Column
function Column:has(flags) end

---The same as `has`.
---@param flags string|integer
---@return moonbear.Column
function Column:all_of(flags) end

---Whether any of some flags is set in each row: `c:any_of "RF"`. A bool column. Raises as `has`
---does. Not collective; pending.
---@param flags string|integer
---@return moonbear.Column
function Column:any_of(flags) end

return Column
