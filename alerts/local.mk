# SPDX-License-Identifier: GPL-3.0-or-later
# alerts/: findings in, deliverable and signed alerts out. Knows analysis' findings.

noinst_LIBRARIES += alerts/libalerts.a
alerts_libalerts_a_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS)
alerts_libalerts_a_SOURCES = \
	alerts/document.h \
	alerts/identity.h \
	alerts/incident.h \
	alerts/metric.h \
	alerts/nearest.h \
	alerts/rule.h \
	alerts/ruleset.h \
	alerts/template.h
