# SPDX-License-Identifier: GPL-3.0-or-later
# tests/chain/: unit tests of chain/, which link chain/ and what it may know, and nothing above it.
