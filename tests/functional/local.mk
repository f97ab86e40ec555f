# SPDX-License-Identifier: GPL-3.0-or-later
# tests/functional/: the built binary against real and misbehaving peers, in Python.
