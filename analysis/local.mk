# SPDX-License-Identifier: GPL-3.0-or-later
# analysis/: samples in, findings with uncertainty out. Knows chain's value types.

noinst_LIBRARIES += analysis/libanalysis.a
analysis_libanalysis_a_CPPFLAGS = $(AM_CPPFLAGS) $(GSL_CFLAGS)
analysis_libanalysis_a_SOURCES = \
	analysis/builtin.c \
	analysis/builtin.h \
	analysis/change.c \
	analysis/change.h \
	analysis/change_calibrate.c \
	analysis/change_locate.c \
	analysis/claims.c \
	analysis/claims.h \
	analysis/companies.c \
	analysis/companies.h \
	analysis/companies_ask.c \
	analysis/companies_fit.c \
	analysis/companies_internal.h \
	analysis/companies_sites.c \
	analysis/csv.c \
	analysis/csv.h \
	analysis/csv_table.c \
	analysis/csv_table.h \
	analysis/day.c \
	analysis/day.h \
	analysis/decimal.c \
	analysis/decimal.h \
	analysis/departure.c \
	analysis/departure.h \
	analysis/departure_events.c \
	analysis/departure_fit.c \
	analysis/departure_internal.h \
	analysis/departure_kernel.c \
	analysis/departure_parts.c \
	analysis/departure_placebo.c \
	analysis/departure_weights.c \
	analysis/departure_words.c \
	analysis/economics.c \
	analysis/economics.h \
	analysis/efficiency.c \
	analysis/efficiency.h \
	analysis/engine.c \
	analysis/engine.h \
	analysis/engine_changes.c \
	analysis/engine_figures.c \
	analysis/engine_forecasts.c \
	analysis/engine_internal.h \
	analysis/engine_snapshot.c \
	analysis/engine_volatility.c \
	analysis/fingerprint.c \
	analysis/fingerprint.h \
	analysis/forecast.c \
	analysis/forecast.h \
	analysis/gamma.c \
	analysis/gamma.h \
	analysis/hashprice.c \
	analysis/hashprice.h \
	analysis/incentive.c \
	analysis/incentive.h \
	analysis/interval.c \
	analysis/interval.h \
	analysis/ledger.c \
	analysis/ledger.h \
	analysis/ledger_choose.c \
	analysis/ledger_internal.h \
	analysis/ledger_names.c \
	analysis/ledger_row.c \
	analysis/nowcast.c \
	analysis/nowcast.h \
	analysis/nowcast_internal.h \
	analysis/nowcast_smooth.c \
	analysis/order.c \
	analysis/order.h \
	analysis/pools.c \
	analysis/pools.h \
	analysis/pools_internal.h \
	analysis/pools_level.c \
	analysis/pools_table.c \
	analysis/price.c \
	analysis/price.h \
	analysis/price_table.c \
	analysis/price_table.h \
	analysis/random.c \
	analysis/random.h \
	analysis/series.c \
	analysis/series.h \
	analysis/site.c \
	analysis/site.h \
	analysis/site_priors.c \
	analysis/site_swings.c \
	analysis/synth.c \
	analysis/synth.h \
	analysis/volatility.c \
	analysis/volatility.h \
	analysis/volatility_internal.h \
	analysis/volatility_risen.c \
	analysis/window.c \
	analysis/window.h \
	analysis/window_chain.c

# Tables that are installed, and built into the program as well: a line here and one below each.
analysis_tables = \
	analysis/data/claims.csv \
	analysis/data/companies.csv \
	analysis/data/conversions.csv \
	analysis/data/economics.csv \
	analysis/data/efficiency.csv \
	analysis/data/machines.csv \
	analysis/data/power.csv \
	analysis/data/prices.csv
analysis_tables_inc = \
	analysis/data/claims.inc \
	analysis/data/companies.inc \
	analysis/data/conversions.inc \
	analysis/data/economics.inc \
	analysis/data/efficiency.inc \
	analysis/data/machines.inc \
	analysis/data/power.inc \
	analysis/data/prices.inc

dist_pkgdata_DATA += $(analysis_tables)
CLEANFILES += $(analysis_tables_inc)
analysis/libanalysis_a-builtin.$(OBJEXT): $(analysis_tables_inc)

# A table's bytes, as a C compiler reads them.
SUFFIXES += .csv .inc
.csv.inc:
	$(AM_V_GEN)$(MKDIR_P) $(@D) && od -An -v -tx1 $< | \
		$(SED) -e 's/ *\([0-9a-f][0-9a-f]\)/0x\1,/g' >$@.new && mv $@.new $@
