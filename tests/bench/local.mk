# SPDX-License-Identifier: GPL-3.0-or-later
#
# tests/bench/: `make bench` builds and runs these, one after the other. For a program:
#   bench_programs += tests/bench/bench_foo
#   tests_bench_bench_foo_CPPFLAGS = $(AM_CPPFLAGS) $(BENCH_CRYPTO_CPPFLAGS)
#   tests_bench_bench_foo_LDADD = $(CHAIN_LIBS) $(CHAIN_SYSLIBS) $(CRYPTO_LIBS)
# HAVE_CRYPTO is defined where OpenSSL, the yardstick, is present.

bench_programs =
bench_scripts =

bench_scripts += tests/bench/bench_latency.py
bench_scripts += tests/bench/bench_program.py

bench_programs += tests/bench/bench_chain
tests_bench_bench_chain_CPPFLAGS = $(AM_CPPFLAGS) $(BENCH_CRYPTO_CPPFLAGS)
tests_bench_bench_chain_LDADD = $(SUPPORT_LIBS) $(CHAIN_LIBS) $(CHAIN_SYSLIBS) $(CRYPTO_LIBS)

bench_programs += tests/bench/bench_departure
tests_bench_bench_departure_CPPFLAGS = $(AM_CPPFLAGS) $(GSL_CFLAGS)
tests_bench_bench_departure_LDADD = $(SUPPORT_LIBS) $(ANALYSIS_LIBS) $(ANALYSIS_SYSLIBS)

bench_programs += tests/bench/bench_engine
tests_bench_bench_engine_CPPFLAGS = $(AM_CPPFLAGS) $(GSL_CFLAGS) $(BENCH_CRYPTO_CPPFLAGS)
tests_bench_bench_engine_LDADD = $(SUPPORT_LIBS) $(ANALYSIS_LIBS) $(ANALYSIS_SYSLIBS) $(CRYPTO_LIBS)

bench_programs += tests/bench/bench_outbox
tests_bench_bench_outbox_CPPFLAGS = $(MONITOR_CPPFLAGS)
tests_bench_bench_outbox_LDADD = $(MONITOR_LIBS) $(MONITOR_SYSLIBS)

bench_programs += tests/bench/bench_store
tests_bench_bench_store_CPPFLAGS = $(MONITOR_CPPFLAGS) $(BENCH_CRYPTO_CPPFLAGS)
tests_bench_bench_store_LDADD = $(SUPPORT_LIBS) $(MONITOR_LIBS) $(MONITOR_SYSLIBS) $(CRYPTO_LIBS)

# `make bench-methods`: how good the estimators are; it says nothing of speed.
methods_programs = tests/bench/bench_methods
tests_bench_bench_methods_SOURCES = \
	tests/bench/bench_methods.c \
	tests/bench/methods.h \
	tests/bench/methods_change.c \
	tests/bench/methods_companies.c \
	tests/bench/methods_coverage.c \
	tests/bench/methods_departure.c \
	tests/bench/methods_fingerprint.c \
	tests/bench/methods_follow.c \
	tests/bench/methods_follow.h \
	tests/bench/methods_forecast.c \
	tests/bench/methods_history.c \
	tests/bench/methods_nowcast.c \
	tests/bench/methods_real.c \
	tests/bench/methods_score.c \
	tests/bench/methods_score.h \
	tests/bench/methods_volatility.c \
	tests/support/departed.c \
	tests/support/departed.h \
	tests/support/reported.c \
	tests/support/reported.h
tests_bench_bench_methods_CPPFLAGS = $(AM_CPPFLAGS) $(GSL_CFLAGS)
tests_bench_bench_methods_LDADD = $(SUPPORT_LIBS) $(ANALYSIS_LIBS) $(ANALYSIS_SYSLIBS) $(ZLIB_LIBS)

EXTRA_PROGRAMS += $(bench_programs) $(methods_programs)
EXTRA_DIST += $(bench_scripts)

BENCH_CRYPTO_CPPFLAGS = $(CRYPTO_CFLAGS)
if HAVE_CRYPTO
BENCH_CRYPTO_CPPFLAGS += -DHAVE_CRYPTO=1
endif

bench: hashtide $(bench_programs)
	@$(AM_TESTS_ENVIRONMENT) \
	for program in $(bench_programs); do \
		echo "== $$program"; ./$$program || exit 1; \
	done; \
	for script in $(bench_scripts); do \
		echo "== $$script"; \
		case $$script in \
		*.py) $(PYTHON) -B $(srcdir)/$$script || exit 1 ;; \
		*) $(SHELL) $(srcdir)/$$script || exit 1 ;; \
		esac; \
	done
.PHONY: bench

bench-methods: $(methods_programs)
	@$(AM_TESTS_ENVIRONMENT) ./tests/bench/bench_methods
.PHONY: bench-methods
