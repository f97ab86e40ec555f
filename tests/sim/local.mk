# SPDX-License-Identifier: GPL-3.0-or-later
# tests/sim/: the whole monitor in virtual time, one scenario per file.
