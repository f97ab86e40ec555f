# SPDX-License-Identifier: GPL-3.0-or-later
# tests/system/: the built binary at the shell; each script begins with its goal.

test_scripts += tests/system/01-simulate-import-export.sh
test_scripts += tests/system/02-run-and-stop.sh
test_scripts += tests/system/03-without-network.sh
