# SPDX-License-Identifier: GPL-3.0-or-later
# alerts/: findings in, deliverable and signed alerts out. Knows analysis' findings.

noinst_LIBRARIES += alerts/libalerts.a
alerts_libalerts_a_SOURCES =
