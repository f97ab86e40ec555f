# SPDX-License-Identifier: GPL-3.0-or-later
# tests/system/: the built binary at the shell; each script begins with its goal.
