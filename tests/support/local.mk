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
	tests/support/receiver.c \
	tests/support/receiver.h \
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

# Our signatures as a filter, for test_webhooks_doc.py.
EXTRA_PROGRAMS += tests/support/signcat
tests_support_signcat_CPPFLAGS = $(ALERTS_CPPFLAGS)
tests_support_signcat_LDADD = $(ALERTS_LIBS) $(ALERTS_SYSLIBS)
check_DATA += tests/support/signcat
CLEANFILES += tests/support/signcat

# Python modules of the functional tests, imported and not run.
test_modules =
EXTRA_DIST += $(test_modules)

# Packages fetched by npm into the build tree: the bcoin full node, and what verifies webhooks. Without
# npm or a registry the tests that need them are skipped: the script says so and succeeds.
EXTRA_DIST += \
	tests/support/bcoin/package.json \
	tests/support/install-npm.sh \
	tests/support/webhooks/package.json
install_npm = $(SHELL) $(srcdir)/tests/support/install-npm.sh '$(NPM)' '$(NODE)'

check_DATA += tests/bcoin/stamp
tests/bcoin/stamp: tests/support/bcoin/package.json tests/support/install-npm.sh
	$(AM_V_GEN)$(install_npm) $(srcdir)/tests/support/bcoin/package.json tests/bcoin bcoin

check_DATA += tests/webhooks/stamp
tests/webhooks/stamp: tests/support/webhooks/package.json tests/support/install-npm.sh
	$(AM_V_GEN)$(install_npm) $(srcdir)/tests/support/webhooks/package.json tests/webhooks \
		@noble/curves/secp256k1 standardwebhooks

clean-local:
	-rm -rf tests/bcoin tests/webhooks
