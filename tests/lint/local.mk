# SPDX-License-Identifier: GPL-3.0-or-later
# tests/lint/: the style that a compiler does not check.

test_scripts += tests/lint/check_contrib.sh
test_scripts += tests/lint/check_completion.sh
test_scripts += tests/lint/check_headers.sh
test_scripts += tests/lint/check_lint.py
test_scripts += tests/lint/check_manual.py
test_scripts += tests/lint/check_source.py

# Preprocess and parse as the sources of monitor/, which may know everything, are compiled.
lint_cpp_command = $(CC) -I$(abs_top_builddir) -I$(abs_top_srcdir) $(MONITOR_CPPFLAGS) \
	$(CHECK_CFLAGS) $(DIALECT_CFLAGS) $(WARN_CFLAGS)
