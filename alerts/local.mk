# SPDX-License-Identifier: GPL-3.0-or-later
# alerts/: findings in, deliverable and signed alerts out. Knows analysis' findings.

noinst_LIBRARIES += alerts/libalerts.a
alerts_libalerts_a_CPPFLAGS = $(ALERTS_CPPFLAGS)
alerts_libalerts_a_SOURCES = \
	alerts/document.h \
	alerts/hex.c \
	alerts/hex.h \
	alerts/identity.h \
	alerts/incident.h \
	alerts/metric.h \
	alerts/nearest.h \
	alerts/rule.h \
	alerts/ruleset.h \
	alerts/sigfile.c \
	alerts/sigfile.h \
	alerts/sign.c \
	alerts/sign.h \
	alerts/template.h \
	alerts/webhook.c \
	alerts/webhook.h

ALERTS_CPPFLAGS = $(AM_CPPFLAGS) $(GSL_CFLAGS) $(JANSSON_CFLAGS) $(SECP256K1_CFLAGS) \
	$(SODIUM_CFLAGS)
