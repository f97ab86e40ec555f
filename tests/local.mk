# SPDX-License-Identifier: GPL-3.0-or-later
#
# Three kinds of tests, all run by `make check`:
#   programs (Check)   one per module group; they link only what their folder may know
#   scripts (.py .sh)  on the built binary; exit 77 means skipped, with a line that says why
#   replays            every fuzz target over its corpus, without a fuzzer
#
# A unit test in tests/chain/ needs three lines in tests/chain/local.mk (the same holds for the others):
#   check_PROGRAMS += tests/chain/check_foo
#   tests_chain_check_foo_CPPFLAGS = $(CHAIN_TEST_CPPFLAGS)
#   tests_chain_check_foo_LDADD = $(CHAIN_TEST_LIBS)
# A script needs one, in TESTS and in EXTRA_DIST at once:
#   test_scripts += tests/functional/foo.py

test_scripts =
SUPPORT_LIBS = tests/support/libsupport.a

CHAIN_TEST_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
CHAIN_TEST_LIBS = $(SUPPORT_LIBS) $(CHAIN_LIBS) $(CHAIN_SYSLIBS) $(CHECK_LIBS) -lm
ANALYSIS_TEST_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS) $(GSL_CFLAGS)
ANALYSIS_TEST_LIBS = $(SUPPORT_LIBS) $(ANALYSIS_LIBS) $(ANALYSIS_SYSLIBS) $(CHECK_LIBS) $(ZLIB_LIBS) -lm
ALERTS_TEST_CPPFLAGS = $(ALERTS_CPPFLAGS) $(CHECK_CFLAGS)
ALERTS_TEST_LIBS = $(SUPPORT_LIBS) $(ALERTS_LIBS) $(ALERTS_SYSLIBS) $(CHECK_LIBS) $(ZLIB_LIBS) -lm
MONITOR_TEST_CPPFLAGS = $(MONITOR_CPPFLAGS) $(CHECK_CFLAGS)
MONITOR_TEST_LIBS = $(SUPPORT_LIBS) $(MONITOR_LIBS) $(MONITOR_SYSLIBS) $(CHECK_LIBS) -lm

include tests/support/local.mk
if HAVE_CHECK
include tests/chain/local.mk
include tests/analysis/local.mk
include tests/alerts/local.mk
include tests/monitor/local.mk
include tests/sim/local.mk
endif
include tests/functional/local.mk
include tests/system/local.mk
include tests/fuzz/local.mk
include tests/bench/local.mk
include tests/lint/local.mk

TESTS += $(check_PROGRAMS) $(test_scripts)
EXTRA_DIST += $(test_scripts)

TEST_EXTENSIONS = .py .sh
PY_LOG_COMPILER = $(PYTHON)
AM_PY_LOG_FLAGS = -B
SH_LOG_COMPILER = $(SHELL)

# What a test may know of its surroundings. The shared data set is optional: tests that want it skip without it.
AM_TESTS_ENVIRONMENT = \
	HASHTIDE_SHARED="$${HASHTIDE_SHARED:-$(abs_top_srcdir)/../shared/data}"; \
	HASHTIDE_BIN='$(abs_top_builddir)/hashtide'; \
	HASHTIDE_SRCDIR='$(abs_top_srcdir)'; \
	HASHTIDE_BUILDDIR='$(abs_top_builddir)'; \
	HASHTIDE_CORPUS='$(abs_top_srcdir)/tests/fuzz/corpus'; \
	HASHTIDE_BCOIN='$(abs_top_builddir)/tests/bcoin/node_modules/bcoin'; \
	HASHTIDE_WEBHOOKS='$(abs_top_builddir)/tests/webhooks/node_modules'; \
	HASHTIDE_SANITIZED='$(tests_sanitized)'; \
	HASHTIDE_CPP_COMMAND='$(lint_cpp_command)'; \
	NODE='$(NODE)'; PYTHON='$(PYTHON)'; \
	CK_DEFAULT_TIMEOUT=$${CK_DEFAULT_TIMEOUT:-$(tests_check_timeout_s)}; \
	export HASHTIDE_SHARED HASHTIDE_BIN HASHTIDE_SRCDIR HASHTIDE_BUILDDIR HASHTIDE_CORPUS \
		HASHTIDE_BCOIN HASHTIDE_WEBHOOKS HASHTIDE_SANITIZED HASHTIDE_CPP_COMMAND NODE PYTHON CK_DEFAULT_TIMEOUT;

# A hanging test ends here; nothing is timed by it, so it is generous to slow machines.
tests_check_timeout_s = 300

# 1 under sanitizers, which are several times slower: a test of many rounds may then do fewer.
if SANITIZED
tests_sanitized = 1
else
tests_sanitized = 0
endif
