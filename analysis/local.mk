# SPDX-License-Identifier: GPL-3.0-or-later
# analysis/: samples in, findings with uncertainty out. Knows chain's value types.

noinst_LIBRARIES += analysis/libanalysis.a
analysis_libanalysis_a_CPPFLAGS = $(AM_CPPFLAGS) $(GSL_CFLAGS)
analysis_libanalysis_a_SOURCES = \
	analysis/window.c \
	analysis/window.h
