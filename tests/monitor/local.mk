# SPDX-License-Identifier: GPL-3.0-or-later
# tests/monitor/: unit tests of monitor/, which link monitor/ and what it may know, and nothing above it.
