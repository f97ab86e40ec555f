# SPDX-License-Identifier: GPL-3.0-or-later
# tests/alerts/: unit tests of alerts/, which link alerts/ and what it may know, and nothing above it.

EXTRA_DIST += tests/alerts/bip340.txt

check_PROGRAMS += tests/alerts/check_board
tests_alerts_check_board_CPPFLAGS = $(ALERTS_TEST_CPPFLAGS)
tests_alerts_check_board_LDADD = $(ALERTS_TEST_LIBS)

check_PROGRAMS += tests/alerts/check_delivery
tests_alerts_check_delivery_CPPFLAGS = $(ALERTS_TEST_CPPFLAGS)
tests_alerts_check_delivery_LDADD = $(ALERTS_TEST_LIBS)

check_PROGRAMS += tests/alerts/check_document
tests_alerts_check_document_SOURCES = \
	tests/alerts/check_document.c \
	tests/alerts/documents.c \
	tests/alerts/documents.h
tests_alerts_check_document_CPPFLAGS = $(ALERTS_TEST_CPPFLAGS)
tests_alerts_check_document_LDADD = $(ALERTS_TEST_LIBS)

check_PROGRAMS += tests/alerts/check_format
tests_alerts_check_format_SOURCES = \
	tests/alerts/check_format.c \
	tests/alerts/documents.c \
	tests/alerts/documents.h
tests_alerts_check_format_CPPFLAGS = $(ALERTS_TEST_CPPFLAGS)
tests_alerts_check_format_LDADD = $(ALERTS_TEST_LIBS)

check_PROGRAMS += tests/alerts/check_incident
tests_alerts_check_incident_CPPFLAGS = $(ALERTS_TEST_CPPFLAGS)
tests_alerts_check_incident_LDADD = $(ALERTS_TEST_LIBS)

check_PROGRAMS += tests/alerts/check_metric
tests_alerts_check_metric_CPPFLAGS = $(ALERTS_TEST_CPPFLAGS)
tests_alerts_check_metric_LDADD = $(ALERTS_TEST_LIBS)

check_PROGRAMS += tests/alerts/check_observe
tests_alerts_check_observe_CPPFLAGS = $(ALERTS_TEST_CPPFLAGS)
tests_alerts_check_observe_LDADD = $(ALERTS_TEST_LIBS)

check_PROGRAMS += tests/alerts/check_rule
tests_alerts_check_rule_CPPFLAGS = $(ALERTS_TEST_CPPFLAGS)
tests_alerts_check_rule_LDADD = $(ALERTS_TEST_LIBS)

check_PROGRAMS += tests/alerts/check_sign
tests_alerts_check_sign_CPPFLAGS = $(ALERTS_TEST_CPPFLAGS)
tests_alerts_check_sign_LDADD = $(ALERTS_TEST_LIBS)
tests_alerts_check_sign_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=free,--wrap=calloc

check_PROGRAMS += tests/alerts/check_webhook
tests_alerts_check_webhook_CPPFLAGS = $(ALERTS_TEST_CPPFLAGS)
tests_alerts_check_webhook_LDADD = $(ALERTS_TEST_LIBS)

# Documents of every kind, for test_alert_schema.py: built for the tests, and no test itself.
EXTRA_PROGRAMS += tests/alerts/print_documents
tests_alerts_print_documents_SOURCES = \
	tests/alerts/documents.c \
	tests/alerts/documents.h \
	tests/alerts/print_documents.c
tests_alerts_print_documents_CPPFLAGS = $(ALERTS_CPPFLAGS)
tests_alerts_print_documents_LDADD = $(ALERTS_LIBS) $(ALERTS_SYSLIBS)
check_DATA += tests/alerts/print_documents
CLEANFILES += tests/alerts/print_documents
