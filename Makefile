# moonbear: columns spread over MPI ranks, driven by Lua. `make help` lists the targets.

# Settings, all overridable on the command line.
# Also `make install prefix=...`, as the GNU project writes it.
PREFIX     ?= $(if $(filter command,$(origin prefix)),$(prefix),/usr/local)
DESTDIR    ?=
BUILD      ?= release
PKG_CONFIG ?= pkg-config
CFLAGS     ?=
LIBDIR     ?= $(PREFIX)/lib
LUA_CMOD   ?= $(LIBDIR)/lua/5.4
LUA_LMOD   ?= $(PREFIX)/share/lua/5.4
BASH_COMPLETIONS ?= $(PREFIX)/share/bash-completion/completions
ZSH_COMPLETIONS  ?= $(PREFIX)/share/zsh/site-functions
NP         ?= 1 2 3 4
# mpich or openmpi.
MPI        ?= mpich
# shared or static; static takes the archive LUA_ARCHIVE, compiled with -fPIC, which Debian's is not.
# Modules in C find no Lua in it, so that sessions, which need some, do not run; the module for a
# stock lua5.4 is left out.
LUA        ?= shared
LUA_ARCHIVE ?= $(error LUA=static needs LUA_ARCHIVE=, a liblua.a that was compiled with -fPIC)

VERSION := $(shell sed -n 's/.*MOONBEAR_VERSION  *"\(.*\)"/\1/p' src/moonbear.h)
# What programs are linked with, and the loader looks for: it changes when an old program would break.
SONAME := libmoonbear.so.0
SOVERSION := $(VERSION:0.%=%)
O := build$(if $(filter-out release,$(BUILD)),/$(BUILD))$(if $(filter-out mpich,$(MPI)),/$(MPI))$(if $(filter static,$(LUA)),/static)

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
Q := $(if $(V),,@)

# What is linked: MPI and parallel HDF5 by the names that only they have, never a plain `hdf5`,
# which may be the serial one.
MPI_PACKAGES_mpich   := mpich hdf5-mpich
MPI_PACKAGES_openmpi := ompi-c hdf5-openmpi
MPI_PACKAGES := $(or $(MPI_PACKAGES_$(MPI)),$(error MPI is mpich or openmpi, not $(MPI)))

# What starts ranks in the tests, as words before `-n N`.
MPIEXEC_mpich   := mpiexec.hydra
MPIEXEC_openmpi := mpirun.openmpi --oversubscribe
MPIEXEC ?= $(MPIEXEC_$(MPI))
export MPIEXEC

PACKAGES := $(MPI_PACKAGES) $(if $(filter shared,$(LUA)),lua5.4) sleef libpcre2-8 libidn2 libzstd liblzma simdjson
# Without these moonbear lacks a part, which says so when it is asked for.
OPTIONAL = $(shell $(PKG_CONFIG) --exists libmaxminddb && echo libmaxminddb)
# Asked once, when the first file is compiled: the packages may be missing until `make deps`.
DEPS_CFLAGS = $(eval DEPS_CFLAGS := $(shell $(PKG_CONFIG) --cflags $(PACKAGES) $(OPTIONAL) lua5.4))$(DEPS_CFLAGS)
DEPS_LIBS   = $(eval DEPS_LIBS := $(shell $(PKG_CONFIG) --libs $(PACKAGES) $(OPTIONAL)) $(if $(filter static,$(LUA)),$(LUA_ARCHIVE) -ldl) -ldeflate -lz -lbz2 -lunistring -lstdc++ -lm)$(DEPS_LIBS)

WARNINGS := -Wall -Wextra -Werror -Wpedantic -Wconversion -Wstrict-prototypes \
            -Wmissing-prototypes -Wdouble-promotion -Wundef -Wvla -Wcast-qual
# clang warns of `{NULL}` for a whole record, of NAN as a float, and of an enum as an int.
WARNINGS += $(if $(findstring clang,$(CC)),-Wno-missing-field-initializers -Wno-double-promotion \
              -Wno-sign-conversion,-Wshadow=local)
CFLAGS_release := -O3 -g
CFLAGS_debug   := -O0 -g -DMB_CHECKED
# gcc's warnings about the flow of values err in instrumented code: no -Werror there.
CFLAGS_asan    := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all \
                  -fno-omit-frame-pointer -Wno-error -DMB_CHECKED
CFLAGS_clang    := $(CFLAGS_release)
CFLAGS_fuzz     := -O1 -g -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all \
                  -fno-sanitize=pointer-overflow \
                  -fno-omit-frame-pointer -DMB_CHECKED
CFLAGS_coverage := -O0 -g --coverage
# No contraction to fused multiply-add: a float has the same bits on every instruction set.
ALL_CFLAGS = -std=c11 -D_GNU_SOURCE -Isrc -fPIC -fvisibility=hidden -ffp-contract=off \
             $(WARNINGS) $(CFLAGS_$(BUILD)) $(DEPS_CFLAGS) $(CPPFLAGS) $(CFLAGS)

# C++ where a library speaks nothing else. Headers with templates warn in ways that C's do not.
CXX_SOURCES  := $(wildcard src/*/*/*.cc)
CXX_FLAGS     = -std=c++17 -Isrc -fPIC -fvisibility=hidden -fno-exceptions -fno-rtti -Wall -Wextra \
                $(CFLAGS_$(BUILD)) $(CFLAGS)
SOURCES         := $(wildcard src/*/*.c src/*/*/*.c)
KERNEL_SOURCES  := $(filter %.kernel.c,$(SOURCES))
LIBRARY_SOURCES := $(filter-out src/cli/% src/bind/module/% %.kernel.c,$(SOURCES))
ifneq ($(findstring x86_64,$(shell $(CC) -dumpmachine)),)
ISAS := base avx2 avx512
endif
ISAS ?= base
# Without errno and traps loops of floats vectorise; no result changes. Loops begin with a cache line:
# else code elsewhere decides how fast they are, by 6 % either way.
FLAGS_kernel := -fno-math-errno -fno-trapping-math -falign-functions=64 -falign-loops=64
FLAGS_base   :=
FLAGS_avx2   := -march=x86-64-v3
FLAGS_avx512 := -march=x86-64-v4 -mprefer-vector-width=512

LIBRARY_OBJECTS := $(LIBRARY_SOURCES:src/%.c=$O/obj/%.o) \
                   $(CXX_SOURCES:src/%.cc=$O/obj/%.o) \
                   $(foreach isa,$(ISAS),$(KERNEL_SOURCES:src/%.kernel.c=$O/obj/%.$(isa).o))
CLI_OBJECTS     := $(patsubst src/%.c,$O/obj/%.o,$(wildcard src/cli/*.c))
MODULE_OBJECTS  := $O/obj/bind/module/core.o

# Where programs of a build, and installed ones, find the library beside them; empty where the
# loader finds it by itself.
RUNPATH     ?= $$ORIGIN/../lib
RUNPATH_LUA ?= $$ORIGIN/../../..:$$ORIGIN/..
runpath = $(if $(1),-Wl$(,)-rpath$(,)'$(1)')
, := ,
MODULE := $(if $(filter shared,$(LUA)),$O/lib/lua/5.4/moonbear/core.so)

# Kernels as shared objects: an example, and those of tests, which are one file in several shapes.
KERNEL_LIBRARIES := $O/kernels/example.so $(foreach shape,all empty divergent failing clash wrong bare,$O/kernels/$(shape).so)

all: $O/bin/moonbear $O/bin/csv2hdf $(MODULE) $(KERNEL_LIBRARIES) ## build everything (default)

$O/obj/%.o: src/%.c
	@mkdir -p $(@D)
	@$(if $(V),,echo "  CC    $<")
	$Q$(CC) $(ALL_CFLAGS) -MMD -MP -c $< -o $@

$O/obj/%.o: src/%.cc
	@mkdir -p $(@D)
	@$(if $(V),,echo "  CXX   $<")
	$Q$(CXX) $(CXX_FLAGS) -MMD -MP -c $< -o $@

define kernel_rule
$O/obj/%.$(1).o: src/%.kernel.c
	@mkdir -p $$(@D)
	@$$(if $$(V),,echo "  CC    $$< ($(1))")
	$$Q$$(CC) $$(ALL_CFLAGS) $$(FLAGS_kernel) $$(FLAGS_$(1)) -DMB_ISA_SUFFIX=$(1) -MMD -MP -c $$< -o $$@
endef
$(foreach isa,$(ISAS),$(eval $(call kernel_rule,$(isa))))

# What it exports is listed in src/moonbear.map, with the version that each function came with.
$O/lib/$(SONAME): $(LIBRARY_OBJECTS) src/moonbear.map tools/symbols
	@mkdir -p $(@D)
	@$(if $(V),,echo "  LINK  $@")
	$Q$(CC) $(ALL_CFLAGS) $(LDFLAGS) -shared -Wl,-soname,$(SONAME),-z,nodelete \
	  -Wl,--version-script=src/moonbear.map $(LIBRARY_OBJECTS) $(DEPS_LIBS) -o $@
	$Qtools/symbols $@ src/moonbear.map $(LIBRARY_OBJECTS)

$O/lib/libmoonbear.so: $O/lib/$(SONAME)
	$Qln -sf $(SONAME) $@

$O/bin/moonbear: $(CLI_OBJECTS) $O/lib/libmoonbear.so
	@mkdir -p $(@D)
	@$(if $(V),,echo "  LINK  $@")
	$Q$(CC) $(ALL_CFLAGS) $(LDFLAGS) $(CLI_OBJECTS) -L$O/lib $(call runpath,$(RUNPATH)) -lmoonbear \
	  $(DEPS_LIBS) -ledit -o $@

# The module for a stock lua5.4, which brings liblua itself.
$O/lib/lua/5.4/moonbear/core.so: $(MODULE_OBJECTS) $O/lib/libmoonbear.so
	@mkdir -p $(@D)
	@$(if $(V),,echo "  LINK  $@")
	$Q$(CC) $(ALL_CFLAGS) $(LDFLAGS) -shared $(MODULE_OBJECTS) \
	  $(call runpath,$(RUNPATH_LUA)) -ldl -o $@

$O/bin/csv2hdf: src/cli/csv2hdf.lua
	@mkdir -p $(@D)
	$Qinstall -m 755 $< $@

$O/kernels/example.so: examples/embed/kernels.c src/moonbear_kernel.h
	@mkdir -p $(@D)
	@$(if $(V),,echo "  LINK  $@")
	$Q$(CC) $(ALL_CFLAGS) $(FLAGS_kernel) $(LDFLAGS) -shared $< -lm -o $@

$O/kernels/%.so: tests/spec/data/kernels.c src/moonbear_kernel.h
	@mkdir -p $(@D)
	@$(if $(V),,echo "  LINK  $@")
	$Q$(CC) $(ALL_CFLAGS) $(FLAGS_kernel) $(LDFLAGS) -DSHAPE_$* -shared $< -lm -o $@

# Unit tests reach below the public interface, so they link the objects.
UNIT_PROGRAMS := $(patsubst tests/unit/%.c,$O/unit/%,$(wildcard tests/unit/*/*_test.c)) \
                 $(patsubst tests/unit/%.cc,$O/unit/%,$(wildcard tests/unit/*/*_test.cc))

$O/obj/moonbear.a: $(LIBRARY_OBJECTS)
	@rm -f $@
	$Qar rcs $@ $^

$O/obj/unit/%.o: tests/unit/%.c
	@mkdir -p $(@D)
	@$(if $(V),,echo "  CC    $<")
	$Q$(CC) $(ALL_CFLAGS) -Itests/unit -MMD -MP -c $< -o $@

$O/unit/%: $O/obj/unit/%.o $O/obj/unit/check.o $O/obj/unit/columns.o $O/obj/moonbear.a
	@mkdir -p $(@D)
	@$(if $(V),,echo "  LINK  $@")
	$Q$(CC) $(ALL_CFLAGS) $(LDFLAGS) $(filter-out %.h,$^) $(DEPS_LIBS) -o $@

# An example that is worth tests of its own: what comes from a network.
$O/unit/examples/exports_test: examples/embed/exports.c examples/embed/exports.h

# Hosts in C++ use moonbear.h alone.
$O/unit/host/cplusplus_test: tests/unit/host/cplusplus_test.cc src/moonbear.h src/moonbear_kernel.h $O/obj/moonbear.a
	@mkdir -p $(@D)
	@$(if $(V),,echo "  LINK  $@")
	$Q$(CXX) -Werror $(CXX_FLAGS) -DMPICH_SKIP_MPICXX -DOMPI_SKIP_MPICXX $(DEPS_CFLAGS) \
	  $(LDFLAGS) $< $O/obj/moonbear.a $(DEPS_LIBS) -o $@

.PRECIOUS: $O/obj/unit/%.o

# With BUILD=fuzz CC=clang CXX=clang++ only.
$O/readers: tests/fuzz/readers.c $O/obj/moonbear.a
	@$(if $(V),,echo "  LINK  $@")
	$Q$(CC) $(ALL_CFLAGS) $(LDFLAGS) -fsanitize=fuzzer -fsanitize-link-c++-runtime $^ $(DEPS_LIBS) -o $@

SPECS = $(patsubst %,spec:%,$(1))

# What tests use of DuckDB, which Debian has not, where `make deps-test` has brought it.
DUCKDB := $(wildcard $(CURDIR)/build/duckdb/package/libduckdb.so)
ifneq ($(DUCKDB),)
MOONBEAR_DUCKDB ?= $(DUCKDB)
export MOONBEAR_DUCKDB
endif

# Targets that need packages install them first, then call make again, which finds them.
JOBS = $(if $(filter -j%,$(MAKEFLAGS)),,-j$(shell nproc))
AGAIN = @$(MAKE) --no-print-directory $(JOBS)

deps: ## install the Debian packages that are missing
	@tools/deps build test lint

deps-test: ## bring DuckDB's library for Parquet and SQL, by npm, under build/
	@command -v npm >/dev/null || tools/deps duckdb
	@mkdir -p build/duckdb
	cd build/duckdb && npm pack --silent @duckdb/node-bindings-linux-x64 && \
	  tar -xzf duckdb-node-bindings-linux-x64-*.tgz

demo: ## convert a million flows to HDF5 and count their ports, on 2 ranks
	@tools/deps build
	$(AGAIN) all
	@examples/demo $O

test: ## run every test; NP="1 2 3 4" sets the numbers of ranks
	@tools/deps build test
	$(AGAIN) all $(UNIT_PROGRAMS)
	@NP="$(NP)" tests/run-all $O "$(call SPECS,$(filter-out 1 2,$(NP))) installed fronts jupyter" \
	  "$(call SPECS,$(filter 1 2,$(NP))) fuzz unit"

check: ## run the tests that are worth it after each edit, on 2 ranks
	@tools/deps build test
	$(AGAIN) all $(UNIT_PROGRAMS)
	@NP=2 tests/run-all $O "spec:2" "unit"

unit: ## run the unit tests, in C
	@tools/deps build test
	$(AGAIN) $(UNIT_PROGRAMS)
	@NP="$(NP)" tests/run-all $O unit

spec: ## run the specs, in Lua
	@tools/deps build test
	$(AGAIN) all
	@tests/run-all $O "$(call SPECS,$(NP))"

fuzz: ## random programs beside numpy and plain Python; SEED=, SECONDS= (1, 600)
	@tools/deps build test
	$(AGAIN) all
	@tests/fuzz/run $O $(or $(SEED),1) $(or $(SECONDS),600)

fuzz-readers: ## libFuzzer beside readers of files; KIND=csv, json, zeek, nfdump, hdf, parquet; CORPUS=, SECONDS=
	@tools/deps build test clang
	$(AGAIN) BUILD=fuzz CC=clang CXX=clang++ build/fuzz/readers
	@mkdir -p $(or $(CORPUS),build/fuzz/corpus)/found
	@/usr/bin/python3 tests/fuzz/seeds.py $(or $(CORPUS),build/fuzz/corpus)
	@ASAN_OPTIONS=detect_leaks=0:allocator_may_return_null=1 HDF5_PLUGIN_PRELOAD=:: MOONBEAR_MEMORY=256M \
	  FUZZ_KIND=$(or $(KIND),csv) build/fuzz/readers -max_total_time=$(or $(SECONDS),600) -max_len=40000 \
	  $(or $(CORPUS),build/fuzz/corpus)/found $(or $(CORPUS),build/fuzz/corpus)/$(or $(KIND),csv)

asan: ## run the tests under sanitizers: specs on 2 ranks, unit tests on 1 to 4
	@tools/deps build test
	$(AGAIN) BUILD=asan all $(UNIT_PROGRAMS:$O/%=build/asan/%)
	@NP="1 2 3 4" TEST_LIMIT=1800 tests/run-all build/asan "spec:2:a-m unit installed" spec:2:n-z

# Specs of kernels, of orders and of text: what two compilers may understand differently.
COMPUTING = elementwise operators expression reduce kernels sort group match join text time put rolling

clang: ## build with a second compiler, run the tests of 2 ranks that compute most
	@tools/deps build test clang
	$(AGAIN) BUILD=clang CC=clang all $(UNIT_PROGRAMS:$O/%=build/clang/%)
	@NP=2 ONLY="$(COMPUTING)" tests/run-all build/clang spec:2 unit

# Hosts in C under valgrind: all on 1 and 2 ranks, and what is called, shared and opened on 3 and 4.
# All on four takes as long as what is left of the tests: for whoever sets NP.
MEMCHECK_HOSTS = $(if $(filter command%,$(origin NP)),$(foreach n,$(NP),memcheck:host:$n memcheck:bind:$n), \
  $(foreach n,1 2,memcheck:host:$n memcheck:bind:$n) \
  $(foreach n,3 4,memcheck:host/values:$n memcheck:host/cplusplus:$n))

memcheck: ## run unit tests of one process, and of the interface for C on 1 to 4 ranks, under valgrind; NP= on these all
	@tools/deps build test memcheck
	$(AGAIN) $(UNIT_PROGRAMS)
	@tests/run-all $O memcheck:ops "memcheck:core $(MEMCHECK_HOSTS)"

# Without kernels: gcovr refuses functions that are at other lines for other instruction sets.
coverage: ## run the tests of 2 ranks and tell which lines of src/ ran
	@tools/deps build test coverage
	$(AGAIN) BUILD=coverage all $(UNIT_PROGRAMS:$O/%=build/coverage/%)
	find build/coverage -name '*.gcda' -delete
	@NP=2 tests/run-all build/coverage "unit spec:1 spec:2"
	gcovr --root . --filter src/ --exclude '.*\.kernel\.c$$' --object-directory build/coverage \
	  --print-summary --output build/coverage/report.txt

lint: ## check layers, layout and style, and analyse the sources
	@tools/deps build lint
	@tools/lint

format: ## lay out the C files
	clang-format -i $$(find src tests -name '*.[ch]' -o -name '*.cc')

metrics: ## lengths of files and functions
	@tools/metrics

bench: ## measure; N= sets the number of flows, QUICK=1 takes few
	@tools/deps build bench
	$(AGAIN) all
	@tests/bench/run $O $(N)

traffic: ## count what operations send, on 1 to 16 ranks
	@tools/deps build
	$(AGAIN) all
	@tests/bench/traffic $O

# Programs say what they can themselves: their pages are made of that.
$O/man/%.1: tools/man docs/man/%.h2m docs/guide/running.md $O/bin/moonbear $O/bin/csv2hdf
	@mkdir -p $(@D)
	$Qtools/man $O $* > $@

# Without help2man there are none.
MAN_PAGES := $(if $(shell command -v help2man),$O/man/moonbear.1 $O/man/csv2hdf.1)

man: $(MAN_PAGES) ## make the man pages

LUA_FILES = $(shell find lua -name '*.lua')

# What files say of where they are.
FILL = sed -e 's|@PREFIX@|$(PREFIX)|g' -e 's|@VERSION@|$(VERSION)|g' -e 's|@LUA_LMOD@|$(LUA_LMOD)|g' \
         -e 's|@LUA_CMOD@|$(LUA_CMOD)|g'
INSTALL_FILES = install -m 644 -D -t
DOC_FOLDER = $(DESTDIR)$(PREFIX)/share/doc/moonbear

$O/docs/reference/README.md: tools/reference.lua $(LUA_FILES) $O/bin/moonbear
	@mkdir -p $(@D)
	$Q$O/bin/moonbear tools/reference.lua $(@D)

docs: $O/docs/reference/README.md ## write the reference, from the comments of the sources

install: all man docs ## copy under PREFIX (DESTDIR is put before it)
	install -D -t $(DESTDIR)$(PREFIX)/bin $O/bin/moonbear $O/bin/csv2hdf
	install -D -m 644 $O/lib/$(SONAME) $(DESTDIR)$(LIBDIR)/$(SONAME).$(SOVERSION)
	ln -sf $(SONAME).$(SOVERSION) $(DESTDIR)$(LIBDIR)/$(SONAME)
	ln -sf $(SONAME) $(DESTDIR)$(LIBDIR)/libmoonbear.so
	$(INSTALL_FILES) $(DESTDIR)$(PREFIX)/include src/moonbear.h src/moonbear_kernel.h
	install -d $(DESTDIR)$(LIBDIR)/pkgconfig
	$(FILL) -e 's|@MPI@|$(firstword $(MPI_PACKAGES))|' -e 's|@LIBDIR@|$(LIBDIR:$(PREFIX)/%=$${prefix}/%)|' moonbear.pc.in \
	  > $(DESTDIR)$(LIBDIR)/pkgconfig/moonbear.pc
	$(if $(MODULE),$(INSTALL_FILES) $(DESTDIR)$(LUA_CMOD)/moonbear $(MODULE))
	for f in $(LUA_FILES:lua/%=%); do \
	  install -D -m 644 lua/$$f $(DESTDIR)$(LUA_LMOD)/$$f || exit 1; done
	$(INSTALL_FILES) $(DESTDIR)$(PREFIX)/share/moonbear python/moonbear_kernel.py python/moonbear.py
	$(FILL) -e 's|@LIBDIR@|$(LIBDIR)|g' examples/modulefile > $(DESTDIR)$(PREFIX)/share/moonbear/modulefile
	$(if $(MAN_PAGES),$(INSTALL_FILES) $(DESTDIR)$(PREFIX)/share/man/man1 $(MAN_PAGES))
	$(INSTALL_FILES) $(DOC_FOLDER) README.md
	$(INSTALL_FILES) $(DOC_FOLDER)/docs docs/*.md
	$(INSTALL_FILES) $(DOC_FOLDER)/docs/guide docs/guide/*.md
	$(INSTALL_FILES) $(DOC_FOLDER)/docs/reference $O/docs/reference/*.md
	install -D -m 644 src/cli/completion.bash $(DESTDIR)$(BASH_COMPLETIONS)/moonbear
	ln -sf moonbear $(DESTDIR)$(BASH_COMPLETIONS)/csv2hdf
	install -D -m 644 src/cli/completion.zsh $(DESTDIR)$(ZSH_COMPLETIONS)/_moonbear

# Folders that only such installations make; those of a prefix that this system has stay.
INSTALLED_FOLDERS := $(LIBDIR)/pkgconfig $(LUA_CMOD) $(dir $(LUA_CMOD)) $(LUA_LMOD) $(dir $(LUA_LMOD)) \
  $(PREFIX)/share/man/man1 $(BASH_COMPLETIONS) $(dir $(BASH_COMPLETIONS)) \
  $(ZSH_COMPLETIONS) $(dir $(ZSH_COMPLETIONS)) $(PREFIX)/share/doc \
  $(if $(filter /usr /usr/local,$(DESTDIR)$(PREFIX)),,$(LIBDIR) \
    $(addprefix $(PREFIX)/,bin include lib share/man share) $(PREFIX))

uninstall: ## remove what install has copied, and folders that are empty then
	rm -f $(addprefix $(DESTDIR)$(PREFIX)/,bin/moonbear bin/csv2hdf include/moonbear.h \
	    include/moonbear_kernel.h) \
	  $(addprefix $(DESTDIR)$(LIBDIR)/,libmoonbear.so $(SONAME) $(SONAME).$(SOVERSION) \
	    pkgconfig/moonbear.pc) $(addprefix $(DESTDIR)$(PREFIX)/share/man/man1/,moonbear.1 csv2hdf.1) \
	  $(addprefix $(DESTDIR)$(BASH_COMPLETIONS)/,moonbear csv2hdf) $(DESTDIR)$(ZSH_COMPLETIONS)/_moonbear
	rm -rf $(DESTDIR)$(LUA_CMOD)/moonbear $(DESTDIR)$(LUA_LMOD)/moonbear $(DOC_FOLDER) \
	  $(DESTDIR)$(PREFIX)/share/moonbear
	for f in $(INSTALLED_FOLDERS); do rmdir "$(DESTDIR)$$f" 2>/dev/null || :; done

# What luarocks does by moonbear-VERSION.rockspec: the module and what it needs, in LuaRocks' folders.
rock: $(MODULE)
	$(INSTALL_FILES) $(LUA_CMOD) $O/lib/$(SONAME)
	$(INSTALL_FILES) $(LUA_CMOD)/moonbear $(MODULE)
	for f in $(LUA_FILES:lua/%=%); do install -D -m 644 lua/$$f $(LUA_LMOD)/$$f || exit 1; done

DIST := moonbear-$(VERSION)

dist: ## build/moonbear-VERSION.tar.gz: the sources as they are committed
	@grep -q '^moonbear ($(VERSION))' debian/changelog && test -f $(DIST)-1.rockspec || \
	  { echo "debian/changelog and the rockspec are not of $(VERSION), the version of moonbear.h"; exit 1; }
	@mkdir -p build
	git archive --prefix=$(DIST)/ HEAD | gzip -9n > build/$(DIST).tar.gz

# Who publishes the packages puts his address into debian/.
LOCAL_TAGS := bogus-mail-host,bogus-mail-host-in-debian-changelog

deb: dist ## build/deb: packages for this Debian, of the committed sources
	@tools/deps build deb
	rm -rf build/deb
	mkdir -p build/deb
	tar -xzf build/$(DIST).tar.gz -C build/deb
	cd build/deb/$(DIST) && dpkg-buildpackage --no-sign --build=binary $(JOBS)
	cd build/deb && lintian --fail-on error,warning --suppress-tags $(LOCAL_TAGS) *.changes

deb-test: ## try the packages of build/deb in a fresh Debian (as root; needs a mirror of Debian)
	@tools/deps deb
	tests/packages build/deb

clean: ## remove build products
	rm -rf build

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  %-10s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

-include $(shell find $O/obj -name '*.d' 2>/dev/null)
.PHONY: all asan bench check clang clean coverage deb deb-test demo deps deps-test dist docs format fuzz fuzz-readers help install lint man memcheck metrics rock spec test traffic uninstall unit
