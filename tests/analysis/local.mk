# SPDX-License-Identifier: GPL-3.0-or-later
# tests/analysis/: unit tests of analysis/, which link analysis/ and what it may know, and nothing above it.
