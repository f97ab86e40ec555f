# SPDX-License-Identifier: GPL-3.0-or-later
# tests/lint/: the style that a compiler does not check.
