# SPDX-License-Identifier: GPL-3.0-or-later
# alerts/: findings in, deliverable and signed alerts out. Knows analysis' findings.

noinst_LIBRARIES += alerts/libalerts.a
alerts_libalerts_a_CPPFLAGS = $(ALERTS_CPPFLAGS)
alerts_libalerts_a_SOURCES = \
	alerts/board.c \
	alerts/board.h \
	alerts/delivery.c \
	alerts/delivery.h \
	alerts/document.c \
	alerts/document.h \
	alerts/document_internal.h \
	alerts/document_summary.c \
	alerts/format.c \
	alerts/format.h \
	alerts/format_internal.h \
	alerts/format_mail.c \
	alerts/hex.c \
	alerts/hex.h \
	alerts/httpdate.c \
	alerts/httpdate.h \
	alerts/identity.c \
	alerts/identity.h \
	alerts/incident.c \
	alerts/incident.h \
	alerts/incident_store.c \
	alerts/metric.c \
	alerts/metric.h \
	alerts/nearest.c \
	alerts/nearest.h \
	alerts/observe.c \
	alerts/observe.h \
	alerts/rule.c \
	alerts/rule.h \
	alerts/rule_internal.h \
	alerts/rule_parse.c \
	alerts/ruleset.c \
	alerts/ruleset.h \
	alerts/sigfile.c \
	alerts/sigfile.h \
	alerts/sign.c \
	alerts/sign.h \
	alerts/template.c \
	alerts/template.h \
	alerts/webhook.c \
	alerts/webhook.h

ALERTS_CPPFLAGS = $(AM_CPPFLAGS) $(GSL_CFLAGS) $(JANSSON_CFLAGS) $(SECP256K1_CFLAGS) \
	$(SODIUM_CFLAGS)

# The form of documents, for those who receive them.
dist_pkgdata_DATA += alerts/alert.schema.json
