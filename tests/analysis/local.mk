# SPDX-License-Identifier: GPL-3.0-or-later
# tests/analysis/: unit tests of analysis/, which link analysis/ and what it may know, and nothing above it.

check_PROGRAMS += tests/analysis/check_change
tests_analysis_check_change_CPPFLAGS = $(ANALYSIS_TEST_CPPFLAGS)
tests_analysis_check_change_LDADD = $(ANALYSIS_TEST_LIBS)

check_PROGRAMS += tests/analysis/check_claims
tests_analysis_check_claims_CPPFLAGS = $(ANALYSIS_TEST_CPPFLAGS)
tests_analysis_check_claims_LDADD = $(ANALYSIS_TEST_LIBS)

check_PROGRAMS += tests/analysis/check_companies
tests_analysis_check_companies_SOURCES = tests/analysis/check_companies.c \
	tests/support/reported.c tests/support/reported.h
tests_analysis_check_companies_CPPFLAGS = $(ANALYSIS_TEST_CPPFLAGS)
tests_analysis_check_companies_LDADD = $(ANALYSIS_TEST_LIBS)

check_PROGRAMS += tests/analysis/check_csv
tests_analysis_check_csv_CPPFLAGS = $(ANALYSIS_TEST_CPPFLAGS)
tests_analysis_check_csv_LDADD = $(ANALYSIS_TEST_LIBS)

check_PROGRAMS += tests/analysis/check_fingerprint
tests_analysis_check_fingerprint_CPPFLAGS = $(ANALYSIS_TEST_CPPFLAGS)
tests_analysis_check_fingerprint_LDADD = $(ANALYSIS_TEST_LIBS)

check_PROGRAMS += tests/analysis/check_departure
tests_analysis_check_departure_SOURCES = tests/analysis/check_departure.c \
	tests/support/departed.c tests/support/departed.h
tests_analysis_check_departure_CPPFLAGS = $(ANALYSIS_TEST_CPPFLAGS)
tests_analysis_check_departure_LDADD = $(ANALYSIS_TEST_LIBS)

check_PROGRAMS += tests/analysis/check_efficiency
tests_analysis_check_efficiency_CPPFLAGS = $(ANALYSIS_TEST_CPPFLAGS)
tests_analysis_check_efficiency_LDADD = $(ANALYSIS_TEST_LIBS)

check_PROGRAMS += tests/analysis/check_engine
tests_analysis_check_engine_SOURCES = tests/analysis/check_engine.c \
	tests/support/figures.c tests/support/figures.h
tests_analysis_check_engine_CPPFLAGS = $(ANALYSIS_TEST_CPPFLAGS)
tests_analysis_check_engine_LDADD = $(ANALYSIS_TEST_LIBS)

check_PROGRAMS += tests/analysis/check_engine_chains
tests_analysis_check_engine_chains_SOURCES = tests/analysis/check_engine_chains.c \
	tests/support/figures.c tests/support/figures.h
tests_analysis_check_engine_chains_CPPFLAGS = $(ANALYSIS_TEST_CPPFLAGS)
tests_analysis_check_engine_chains_LDADD = $(ANALYSIS_TEST_LIBS)

check_PROGRAMS += tests/analysis/check_forecast
tests_analysis_check_forecast_CPPFLAGS = $(ANALYSIS_TEST_CPPFLAGS)
tests_analysis_check_forecast_LDADD = $(ANALYSIS_TEST_LIBS)

check_PROGRAMS += tests/analysis/check_hashprice
tests_analysis_check_hashprice_CPPFLAGS = $(ANALYSIS_TEST_CPPFLAGS)
tests_analysis_check_hashprice_LDADD = $(ANALYSIS_TEST_LIBS)

check_PROGRAMS += tests/analysis/check_incentive
tests_analysis_check_incentive_CPPFLAGS = $(ANALYSIS_TEST_CPPFLAGS)
tests_analysis_check_incentive_LDADD = $(ANALYSIS_TEST_LIBS)

check_PROGRAMS += tests/analysis/check_interval
tests_analysis_check_interval_CPPFLAGS = $(ANALYSIS_TEST_CPPFLAGS)
tests_analysis_check_interval_LDADD = $(ANALYSIS_TEST_LIBS)

check_PROGRAMS += tests/analysis/check_ledger
tests_analysis_check_ledger_CPPFLAGS = $(ANALYSIS_TEST_CPPFLAGS)
tests_analysis_check_ledger_LDADD = $(ANALYSIS_TEST_LIBS)

check_PROGRAMS += tests/analysis/check_nowcast
tests_analysis_check_nowcast_CPPFLAGS = $(ANALYSIS_TEST_CPPFLAGS)
tests_analysis_check_nowcast_LDADD = $(ANALYSIS_TEST_LIBS)

check_PROGRAMS += tests/analysis/check_pools
tests_analysis_check_pools_SOURCES = tests/analysis/check_pools.c \
	tests/support/reported.c tests/support/reported.h
tests_analysis_check_pools_CPPFLAGS = $(ANALYSIS_TEST_CPPFLAGS)
tests_analysis_check_pools_LDADD = $(ANALYSIS_TEST_LIBS)

check_PROGRAMS += tests/analysis/check_price
tests_analysis_check_price_CPPFLAGS = $(ANALYSIS_TEST_CPPFLAGS)
tests_analysis_check_price_LDADD = $(ANALYSIS_TEST_LIBS)

check_PROGRAMS += tests/analysis/check_series
tests_analysis_check_series_CPPFLAGS = $(ANALYSIS_TEST_CPPFLAGS)
tests_analysis_check_series_LDADD = $(ANALYSIS_TEST_LIBS)

check_PROGRAMS += tests/analysis/check_site
tests_analysis_check_site_SOURCES = tests/analysis/check_site.c \
	tests/support/departed.c tests/support/departed.h
tests_analysis_check_site_CPPFLAGS = $(ANALYSIS_TEST_CPPFLAGS)
tests_analysis_check_site_LDADD = $(ANALYSIS_TEST_LIBS)

check_PROGRAMS += tests/analysis/check_synth
tests_analysis_check_synth_CPPFLAGS = $(ANALYSIS_TEST_CPPFLAGS)
tests_analysis_check_synth_LDADD = $(ANALYSIS_TEST_LIBS)

check_PROGRAMS += tests/analysis/check_volatility
tests_analysis_check_volatility_CPPFLAGS = $(ANALYSIS_TEST_CPPFLAGS)
tests_analysis_check_volatility_LDADD = $(ANALYSIS_TEST_LIBS)

check_PROGRAMS += tests/analysis/check_window
tests_analysis_check_window_CPPFLAGS = $(ANALYSIS_TEST_CPPFLAGS)
tests_analysis_check_window_LDADD = $(ANALYSIS_TEST_LIBS)
