# driplo: build, install and test.
#
#   make demo          a server of its own with driplo in it, and a first sale
#   make check         builds what has changed and tests it in a server of its own: an answer in minutes
#   make check AREA=orders     what belongs to an area
#   make test          builds and runs every test in a server of its own
#   make lint          formatting, clang-tidy, shellcheck, plpgsql_check; make format mends the first
#   make test-long     the same with the long forms, under valgrind and UBSan too; hours
#   make test-majors   the tests on each major of PostgreSQL that the machine can get (root, mmdebstrap); hours
#   make docs          writes what the documentation repeats of the catalog: docs/api and the list of rights
#   make bench         measures, and writes docs/benchmarks.md
#   make               the library and the install script, for the server that PG_CONFIG belongs to
#   make install       into that server
#   make installcheck  pg_regress and isolation tests against a running server (PGHOST, PGPORT, ...)
#   make dist          a release archive
#
# demo, check, docs, lint, test, test-long and bench first see to the Debian packages of .ci/packages; the others expect them.

EXTENSION = driplo
# The version stands in driplo.control and nowhere else.
DRIPLO_VERSION := $(shell sed -n "s/^default_version *= *'\(.*\)'/\1/p" driplo.control)

MODULE_big = driplo
OBJS = $(patsubst %.cpp,%.o,$(sort $(wildcard src/*.cpp src/core/*.cpp src/pg/*.cpp src/api/*/*.cpp)))
# One script from each released version to this one, and none between two older ones: while such a script ran, the
# library would be newer than the extension, and its functions refuse that.
UPDATES = $(patsubst %,driplo--%--$(DRIPLO_VERSION).sql,$(shell sh sql/assemble --updates))
DATA_built = driplo--$(DRIPLO_VERSION).sql $(UPDATES)
SQL_PARTS = sql/manifest sql/assemble $(wildcard sql/*.awk) $(wildcard sql/*/*.sql)

REGRESS = $(patsubst test/sql/%.sql,%,$(sort $(wildcard test/sql/*.sql)))
# without --outputdir, or the expected output would be looked for there and not at the top
REGRESS_OPTS = --inputdir=test
ISOLATION = $(patsubst test/isolation/specs/%.spec,%,$(sort $(wildcard test/isolation/specs/*.spec)))
ISOLATION_OPTS = --inputdir=test/isolation --outputdir=build/isolation

ifndef PG_CONFIG
PG_CONFIG := $(shell sh .ci/server pg_config 2>/dev/null)
endif

PG_CPPFLAGS = -isystem $(shell $(PG_CONFIG) --includedir-server) -Isrc \
	-DFMT_HEADER_ONLY -DDRIPLO_VERSION='"$(DRIPLO_VERSION)"'
PG_CXXFLAGS = -std=c++17 -Wall -Wextra -fPIC -fvisibility-inlines-hidden -MMD -MP \
	$(if $(findstring clang,$(CXX)),-Wno-unknown-warning-option)
SHLIB_LINK = -lstdc++ -Wl,--version-script=src/driplo.map
# No bitcode: inlining C++ that throws into JIT code gains nothing here and needs clang to build.
override with_llvm = no

EXTRA_CLEAN = build results regression.diffs regression.out $(OBJS:.o=.d) $(DATA_built)

ifneq ($(PG_CONFIG),)
PGXS := $(shell $(PG_CONFIG) --pgxs 2>/dev/null)
ifneq ($(wildcard $(PGXS)),)
# PGXS has a target check of its own, which says that there is none.
ifeq ($(filter check,$(MAKECMDGOALS)),)
include $(PGXS)
endif
endif
endif

-include $(OBJS:.o=.d)

driplo.so: src/driplo.map

# A new version or another compiler flag in here rebuilds everything.
$(OBJS): Makefile driplo.control

driplo--$(DRIPLO_VERSION).sql: $(SQL_PARTS) driplo.control
	sh sql/assemble $(DRIPLO_VERSION) > $@.tmp && mv $@.tmp $@

$(UPDATES): driplo--%--$(DRIPLO_VERSION).sql: $(SQL_PARTS) driplo.control
	sh sql/assemble --update $* $(DRIPLO_VERSION) > $@.tmp && mv $@.tmp $@

# where the isolation tests write
installcheck: | build
build:
	mkdir -p build

.PHONY: bench check demo docs format lint test test-long test-majors unit dist packages

packages:
	@sh .ci/install-packages

demo: packages
	@bash demo/run

ifneq ($(filter check,$(MAKECMDGOALS)),)
check: packages
	@AREA=$(AREA) bash test/run check
endif

test: packages
	@bash test/run

lint: packages
	@bash test/run test/lint

format:
	find src test/unit test/boundary bench -name '*.[ch]pp' | xargs clang-format-14 -i

test-long: packages
	@sh .ci/install-packages .ci/packages-long
	@DRIPLO_LONG=1 bash test/run

test-majors:
	@bash test/majors

docs: packages
	@bash docs/run

bench: packages
	@sh .ci/install-packages .ci/packages-bench
	@bash bench/run

unit:
	@$(MAKE) --no-print-directory -C test/unit check

# Drawn from the tables of the states; unit tests compare.
docs/%-states.svg: src/core/%_state.cpp test/unit/%_states_picture.cpp test/unit/picture.hpp
	@$(MAKE) --no-print-directory -s -C test/unit ../../build/unit/$*_states_picture
	build/unit/$*_states_picture --write > $@

# PGXN wants the version in META.json, which is therefore filled in here.
dist: | build
	sed 's/@VERSION@/$(DRIPLO_VERSION).0/g' META.json > build/META.json
	git archive --format=zip --prefix=driplo-$(DRIPLO_VERSION).0/ --add-file=build/META.json \
		--output=build/driplo-$(DRIPLO_VERSION).0.zip HEAD ':(exclude)META.json'
	@echo build/driplo-$(DRIPLO_VERSION).0.zip
