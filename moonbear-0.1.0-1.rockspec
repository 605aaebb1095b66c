rockspec_format = "3.0"
package = "moonbear"
version = "0.1.0-1"
source = {
  url = "file://build/moonbear-0.1.0.tar.gz", -- what `make dist` makes
}
description = {
  summary = "Columns spread over MPI ranks",
  detailed = [[
Lua scripts over columns that are too large for one core or one machine. The module for lua5.4 under
mpirun, without the programs moonbear and csv2hdf. It is built against installed libraries: MPICH,
parallel HDF5 and others, which docs/building.md lists; on Debian `tools/deps build` installs them.]],
  license = "MIT",
}
dependencies = { "lua ~> 5.4" }
supported_platforms = { "linux" }
build = {
  type = "make",
  build_target = "all",
  build_variables = { CFLAGS = "" }, -- LuaRocks would have -O2
  install_target = "rock",
  install_variables = { LUA_CMOD = "$(LIBDIR)", LUA_LMOD = "$(LUADIR)" },
}
