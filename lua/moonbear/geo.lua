-- Country, AS and whatever else databases of MaxMind's know of addresses:
-- `local geo = require "moonbear.geo"`. Addresses are columns of type ip, of both versions.

local check = require "moonbear.check"
local core = require "moonbear.core"
local names = require "moonbear.names"
local public = require "moonbear.public"

---A database that is open. Each rank has a copy of its file in memory, outside the budget.
---@class moonbear.Geo
local Geo = {}

local meta = { __name = "moonbear.database" }

local DATABASE = {} -- a key that no script has

local geo = { methods = Geo }

-- What records have at a path of names and of numbers from "0" on: looked up once for each record.
local function values_at(name, self, addresses, path, otherwise)
  if not check.is_column(addresses) or addresses:type() ~= "ip" then
    check.argument(1, name, "column of type ip", addresses)
  end
  local database = self[DATABASE]
  if not database then check.blame("%s: this database was closed", name) end
  local record = core.geo_find(database, addresses)
  local records = record:unique():drop_missing():eval()
  return core.geo_values(database, records, path, otherwise)[records:find(record)]
end

local function check_path(path)
  local texts = {}
  if type(path) ~= "table" or #path == 0 then
    check.argument(2, "lookup", 'list of names, as {"country", "iso_code"}', path)
  end
  for i, part in ipairs(path) do
    if type(part) == "string" and not part:find "\0" then
      texts[i] = part
    elseif math.type(part) == "integer" and part ~= 0 then -- libmaxminddb counts from 0
      texts[i] = tostring(part > 0 and part - 1 or part)
    else
      check.blame("bad argument #2 to 'lookup' (entry %d of the path is %s; it must be a name, or "
        .. "the number of an entry of a list)", i, check.describe(part))
    end
  end
  return texts
end

---What the database has for each address at a path of names, and of numbers of entries of lists
---from 1 on (-1 is the last): text, uint, int, float or bool as it is there; missing where it has
---nothing. Each record is read once. A column that is text throughout where no address has any.
---Collective. Raises for what is a map, a list or bytes, for types that differ, and for a database
---that was closed or is damaged.
---
---    local db = geo.open "GeoLite2-City.mmdb"
---    flows.city = db:lookup(flows.dst, {"city", "names", "en"})
---    flows.region = db:lookup(flows.dst, {"subdivisions", 1, "iso_code"})
---@param addresses moonbear.Column of type ip
---@param path (string|integer)[]
---@return moonbear.Column
function Geo:lookup(addresses, path)
  return values_at("lookup", self, addresses, check_path(path), "text")
end

---The ISO code of the country of each address, as "DE", of a database of countries or cities;
---missing where it has none. Collective. Raises as `lookup` does.
---@param addresses moonbear.Column of type ip
---@return moonbear.Column # text
function Geo:country(addresses)
  return values_at("country", self, addresses, { "country", "iso_code" }, "text")
end

---The number of the autonomous system of each address, of a database of AS; missing where it has
---none. Collective. Raises as `lookup` does.
---@param addresses moonbear.Column of type ip
---@return moonbear.Column # uint
function Geo:asn(addresses)
  return values_at("asn", self, addresses, { "autonomous_system_number" }, "uint")
end

---The organization whose autonomous system each address is in, of a database of AS; missing where
---it has none. Collective. Raises as `lookup` does.
---@param addresses moonbear.Column of type ip
---@return moonbear.Column # text
function Geo:organization(addresses)
  return values_at("organization", self, addresses, { "autonomous_system_organization" }, "text")
end

---What kind of database it is, as "GeoLite2-ASN". Not collective.
---@return string
function Geo:type()
  local database = self[DATABASE]
  return database and database:type() or "closed"
end

---Frees the database's memory; as it goes by itself, like `local db <close> = geo.open(path)`. Not
---collective.
function Geo:close()
  if self[DATABASE] then self[DATABASE]:close() end
  self[DATABASE] = nil
end

public.seal(Geo, "database")

function meta.__index(_, name)
  local method = Geo[name]
  if method or type(name) ~= "string" then return method end
  check.blame("a database has no method '%s'%s", name,
    names.mend("database", name, names.of(Geo)))
end

function meta.__tostring(self) return ("geo(%s)"):format(self:type()) end

function meta.__close(self) self:close() end

---Opens a database of MaxMind's (.mmdb), as GeoLite2-Country, -City or -ASN. Its tree is checked
---whole; damage to records is found when they are read. Collective; each rank reads the file.
---Raises, on all ranks and naming the path, where the file cannot be read, is no such database, is
---damaged or differs between ranks, and where moonbear was built without libmaxminddb.
---
---    local geo = require "moonbear.geo"
---    local db = geo.open "GeoLite2-ASN.mmdb"
---    flows.as = db:organization(flows.dst)
---@param path string
---@return moonbear.Geo
function geo.open(path)
  if type(path) ~= "string" or path:find "\0" then check.argument(1, "open", "path", path) end
  return setmetatable({ [DATABASE] = core.geo_open(path) }, meta)
end

public.seal(geo)

return names.told_by(geo, "geo")
