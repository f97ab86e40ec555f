# SPDX-License-Identifier: GPL-3.0-or-later
#
# tests/fuzz/: a target per decoder. Each is built twice from one source: as replay_NAME, an ordinary
# test that runs the target over tests/fuzz/corpus/NAME, and as fuzz_NAME for libFuzzer (`make fuzz`).
# A target needs, for NAME=wire (a target that knows monitor/ uses the MONITOR_ variables):
#   replay_programs += tests/fuzz/replay_wire
#   tests_fuzz_replay_wire_SOURCES = tests/fuzz/fuzz_wire.c tests/fuzz/replay.c
#   tests_fuzz_replay_wire_LDADD = $(CHAIN_TEST_LIBS)
#   fuzz_programs += tests/fuzz/fuzz_wire
#   tests_fuzz_fuzz_wire_SOURCES = tests/fuzz/fuzz_wire.c
#   tests_fuzz_fuzz_wire_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
#   tests_fuzz_fuzz_wire_LDADD = $(CHAIN_LIBS) $(CHAIN_SYSLIBS)

replay_programs =
fuzz_programs =

replay_programs += tests/fuzz/replay_settings
tests_fuzz_replay_settings_CPPFLAGS = $(MONITOR_TEST_CPPFLAGS)
tests_fuzz_replay_settings_SOURCES = tests/fuzz/fuzz_settings.c tests/fuzz/replay.c
tests_fuzz_replay_settings_LDADD = $(MONITOR_TEST_LIBS)
fuzz_programs += tests/fuzz/fuzz_settings
tests_fuzz_fuzz_settings_CPPFLAGS = $(MONITOR_TEST_CPPFLAGS)
tests_fuzz_fuzz_settings_SOURCES = tests/fuzz/fuzz_settings.c
tests_fuzz_fuzz_settings_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_settings_LDADD = $(MONITOR_LIBS) $(MONITOR_SYSLIBS)

replay_programs += tests/fuzz/replay_delivery
tests_fuzz_replay_delivery_CPPFLAGS = $(ALERTS_CPPFLAGS)
tests_fuzz_replay_delivery_SOURCES = tests/fuzz/fuzz_delivery.c tests/fuzz/replay.c
tests_fuzz_replay_delivery_LDADD = $(SUPPORT_LIBS) $(ALERTS_LIBS) $(ALERTS_SYSLIBS)
fuzz_programs += tests/fuzz/fuzz_delivery
tests_fuzz_fuzz_delivery_CPPFLAGS = $(ALERTS_CPPFLAGS)
tests_fuzz_fuzz_delivery_SOURCES = tests/fuzz/fuzz_delivery.c
tests_fuzz_fuzz_delivery_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_delivery_LDADD = $(ALERTS_LIBS) $(ALERTS_SYSLIBS)

replay_programs += tests/fuzz/replay_rule
tests_fuzz_replay_rule_CPPFLAGS = $(ALERTS_CPPFLAGS)
tests_fuzz_replay_rule_SOURCES = tests/fuzz/fuzz_rule.c tests/fuzz/replay.c
tests_fuzz_replay_rule_LDADD = $(SUPPORT_LIBS) $(ALERTS_LIBS) $(ALERTS_SYSLIBS)
fuzz_programs += tests/fuzz/fuzz_rule
tests_fuzz_fuzz_rule_CPPFLAGS = $(ALERTS_CPPFLAGS)
tests_fuzz_fuzz_rule_SOURCES = tests/fuzz/fuzz_rule.c
tests_fuzz_fuzz_rule_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_rule_LDADD = $(ALERTS_LIBS) $(ALERTS_SYSLIBS)

replay_programs += tests/fuzz/replay_engine
tests_fuzz_replay_engine_CPPFLAGS = $(AM_CPPFLAGS) $(GSL_CFLAGS)
tests_fuzz_replay_engine_SOURCES = tests/fuzz/fuzz_engine.c tests/fuzz/replay.c \
	tests/support/figures.c tests/support/figures.h
tests_fuzz_replay_engine_LDADD = $(ANALYSIS_TEST_LIBS)
fuzz_programs += tests/fuzz/fuzz_engine
tests_fuzz_fuzz_engine_CPPFLAGS = $(AM_CPPFLAGS) $(GSL_CFLAGS)
tests_fuzz_fuzz_engine_SOURCES = tests/fuzz/fuzz_engine.c tests/support/figures.c \
	tests/support/figures.h
tests_fuzz_fuzz_engine_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_engine_LDADD = $(ANALYSIS_LIBS) $(ANALYSIS_SYSLIBS)

replay_programs += tests/fuzz/replay_format
tests_fuzz_replay_format_CPPFLAGS = $(ALERTS_CPPFLAGS)
tests_fuzz_replay_format_SOURCES = tests/fuzz/fuzz_format.c tests/fuzz/replay.c
tests_fuzz_replay_format_LDADD = $(SUPPORT_LIBS) $(ALERTS_LIBS) $(ALERTS_SYSLIBS)
fuzz_programs += tests/fuzz/fuzz_format
tests_fuzz_fuzz_format_CPPFLAGS = $(ALERTS_CPPFLAGS)
tests_fuzz_fuzz_format_SOURCES = tests/fuzz/fuzz_format.c
tests_fuzz_fuzz_format_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_format_LDADD = $(ALERTS_LIBS) $(ALERTS_SYSLIBS)

replay_programs += tests/fuzz/replay_headerfile
tests_fuzz_replay_headerfile_SOURCES = tests/fuzz/fuzz_headerfile.c tests/fuzz/replay.c \
	tests/support/io_record.c tests/support/io_record.h
tests_fuzz_replay_headerfile_LDADD = $(MONITOR_TEST_LIBS)
fuzz_programs += tests/fuzz/fuzz_headerfile
tests_fuzz_fuzz_headerfile_SOURCES = tests/fuzz/fuzz_headerfile.c tests/support/io_record.c \
	tests/support/io_record.h
tests_fuzz_fuzz_headerfile_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_headerfile_LDADD = $(SUPPORT_LIBS) $(MONITOR_LIBS) $(MONITOR_SYSLIBS)

replay_programs += tests/fuzz/replay_import
tests_fuzz_replay_import_SOURCES = tests/fuzz/fuzz_import.c tests/fuzz/replay.c
tests_fuzz_replay_import_LDADD = $(MONITOR_TEST_LIBS)
fuzz_programs += tests/fuzz/fuzz_import
tests_fuzz_fuzz_import_SOURCES = tests/fuzz/fuzz_import.c
tests_fuzz_fuzz_import_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_import_LDADD = $(SUPPORT_LIBS) $(MONITOR_LIBS) $(MONITOR_SYSLIBS)

replay_programs += tests/fuzz/replay_ledger
tests_fuzz_replay_ledger_SOURCES = tests/fuzz/fuzz_ledger.c tests/fuzz/replay.c
tests_fuzz_replay_ledger_LDADD = $(ANALYSIS_TEST_LIBS)
fuzz_programs += tests/fuzz/fuzz_ledger
tests_fuzz_fuzz_ledger_SOURCES = tests/fuzz/fuzz_ledger.c
tests_fuzz_fuzz_ledger_LDADD = $(ANALYSIS_LIBS) $(ANALYSIS_SYSLIBS)
tests_fuzz_fuzz_ledger_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)

replay_programs += tests/fuzz/replay_script
tests_fuzz_replay_script_CPPFLAGS = $(MONITOR_TEST_CPPFLAGS)
tests_fuzz_replay_script_SOURCES = tests/fuzz/fuzz_script.c tests/fuzz/replay.c
tests_fuzz_replay_script_LDADD = $(MONITOR_TEST_LIBS)
fuzz_programs += tests/fuzz/fuzz_script
tests_fuzz_fuzz_script_CPPFLAGS = $(MONITOR_TEST_CPPFLAGS)
tests_fuzz_fuzz_script_SOURCES = tests/fuzz/fuzz_script.c
tests_fuzz_fuzz_script_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_script_LDADD = $(MONITOR_LIBS) $(MONITOR_SYSLIBS)

replay_programs += tests/fuzz/replay_sync
tests_fuzz_replay_sync_SOURCES = tests/fuzz/fuzz_sync.c tests/fuzz/replay.c
tests_fuzz_replay_sync_LDADD = $(CHAIN_TEST_LIBS)
fuzz_programs += tests/fuzz/fuzz_sync
tests_fuzz_fuzz_sync_SOURCES = tests/fuzz/fuzz_sync.c
tests_fuzz_fuzz_sync_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_sync_LDADD = $(CHAIN_LIBS) $(CHAIN_SYSLIBS)

replay_programs += tests/fuzz/replay_tables
tests_fuzz_replay_tables_SOURCES = tests/fuzz/fuzz_tables.c tests/fuzz/replay.c
tests_fuzz_replay_tables_LDADD = $(ANALYSIS_TEST_LIBS)
fuzz_programs += tests/fuzz/fuzz_tables
tests_fuzz_fuzz_tables_SOURCES = tests/fuzz/fuzz_tables.c
tests_fuzz_fuzz_tables_LDADD = $(ANALYSIS_LIBS) $(ANALYSIS_SYSLIBS)
tests_fuzz_fuzz_tables_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)

replay_programs += tests/fuzz/replay_wire
tests_fuzz_replay_wire_SOURCES = tests/fuzz/fuzz_wire.c tests/fuzz/replay.c
tests_fuzz_replay_wire_LDADD = $(CHAIN_TEST_LIBS)
fuzz_programs += tests/fuzz/fuzz_wire
tests_fuzz_fuzz_wire_SOURCES = tests/fuzz/fuzz_wire.c
tests_fuzz_fuzz_wire_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_wire_LDADD = $(CHAIN_LIBS) $(CHAIN_SYSLIBS)

replay_programs += tests/fuzz/replay_market
tests_fuzz_replay_market_CPPFLAGS = $(MONITOR_TEST_CPPFLAGS)
tests_fuzz_replay_market_SOURCES = tests/fuzz/fuzz_market.c tests/fuzz/replay.c
tests_fuzz_replay_market_LDADD = $(MONITOR_TEST_LIBS)
fuzz_programs += tests/fuzz/fuzz_market
tests_fuzz_fuzz_market_CPPFLAGS = $(MONITOR_TEST_CPPFLAGS)
tests_fuzz_fuzz_market_SOURCES = tests/fuzz/fuzz_market.c
tests_fuzz_fuzz_market_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_market_LDADD = $(MONITOR_LIBS) $(MONITOR_SYSLIBS)

replay_programs += tests/fuzz/replay_verify
tests_fuzz_replay_verify_CPPFLAGS = $(MONITOR_TEST_CPPFLAGS)
tests_fuzz_replay_verify_SOURCES = tests/fuzz/fuzz_verify.c tests/fuzz/replay.c
tests_fuzz_replay_verify_LDADD = $(MONITOR_TEST_LIBS)
fuzz_programs += tests/fuzz/fuzz_verify
tests_fuzz_fuzz_verify_CPPFLAGS = $(MONITOR_TEST_CPPFLAGS)
tests_fuzz_fuzz_verify_SOURCES = tests/fuzz/fuzz_verify.c
tests_fuzz_fuzz_verify_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_verify_LDADD = $(MONITOR_LIBS) $(MONITOR_SYSLIBS)

check_PROGRAMS += $(replay_programs)
EXTRA_PROGRAMS += $(fuzz_programs)
EXTRA_DIST += tests/fuzz/corpus

if FUZZ
fuzz: $(fuzz_programs)
else
fuzz:
	@echo "make fuzz: configure with CC=clang --enable-fuzz --enable-sanitizers first" >&2; exit 1
endif
.PHONY: fuzz
