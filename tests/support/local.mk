# SPDX-License-Identifier: GPL-3.0-or-later
# tests/support/: what several tests share. The library knows chain/ alone.

check_LIBRARIES += tests/support/libsupport.a
tests_support_libsupport_a_CPPFLAGS = $(AM_CPPFLAGS) $(ZLIB_CFLAGS)
tests_support_libsupport_a_SOURCES = \
	tests/support/check.h \
	tests/support/naive.c \
	tests/support/naive.h \
	tests/support/random.c \
	tests/support/random.h \
	tests/support/records.c \
	tests/support/records.h \
	tests/support/slow.c \
	tests/support/slow.h \
	tests/support/vectors.c \
	tests/support/vectors.h \
	tests/support/world.c \
	tests/support/world.h

# Our codec as a filter, for wire_bitcoinlib.py: built for the tests, and no test itself.
EXTRA_PROGRAMS += tests/support/wirecat
tests_support_wirecat_LDADD = $(CHAIN_LIBS) $(CHAIN_SYSLIBS)
check_DATA += tests/support/wirecat
CLEANFILES += tests/support/wirecat

# Python modules of the functional tests, imported and not run.
test_modules =
EXTRA_DIST += $(test_modules)

# The bcoin full node, fetched by npm into the build tree. Without npm or a registry the tests that
# need it are skipped: the script says so and succeeds.
EXTRA_DIST += \
	tests/support/bcoin/package.json \
	tests/support/install-bcoin.sh
check_DATA += tests/bcoin/stamp
tests/bcoin/stamp: tests/support/bcoin/package.json tests/support/install-bcoin.sh
	$(AM_V_GEN)$(SHELL) $(srcdir)/tests/support/install-bcoin.sh '$(NPM)' '$(NODE)' \
		$(srcdir)/tests/support/bcoin/package.json tests/bcoin

clean-local:
	-rm -rf tests/bcoin
