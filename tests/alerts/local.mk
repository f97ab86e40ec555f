# SPDX-License-Identifier: GPL-3.0-or-later
# tests/alerts/: unit tests of alerts/, which link alerts/ and what it may know, and nothing above it.

EXTRA_DIST += tests/alerts/bip340.txt

check_PROGRAMS += tests/alerts/check_incident
tests_alerts_check_incident_CPPFLAGS = $(ALERTS_TEST_CPPFLAGS)
tests_alerts_check_incident_LDADD = $(ALERTS_TEST_LIBS)

check_PROGRAMS += tests/alerts/check_metric
tests_alerts_check_metric_CPPFLAGS = $(ALERTS_TEST_CPPFLAGS)
tests_alerts_check_metric_LDADD = $(ALERTS_TEST_LIBS)

check_PROGRAMS += tests/alerts/check_rule
tests_alerts_check_rule_CPPFLAGS = $(ALERTS_TEST_CPPFLAGS)
tests_alerts_check_rule_LDADD = $(ALERTS_TEST_LIBS)

check_PROGRAMS += tests/alerts/check_sign
tests_alerts_check_sign_CPPFLAGS = $(ALERTS_TEST_CPPFLAGS)
tests_alerts_check_sign_LDADD = $(ALERTS_TEST_LIBS)

check_PROGRAMS += tests/alerts/check_webhook
tests_alerts_check_webhook_CPPFLAGS = $(ALERTS_TEST_CPPFLAGS)
tests_alerts_check_webhook_LDADD = $(ALERTS_TEST_LIBS)
