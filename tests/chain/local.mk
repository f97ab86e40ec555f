# SPDX-License-Identifier: GPL-3.0-or-later
# tests/chain/: unit tests of chain/, which link chain/ and what it may know, and nothing above it.

check_PROGRAMS += tests/chain/check_real
tests_chain_check_real_CPPFLAGS = $(CHAIN_TEST_CPPFLAGS)
tests_chain_check_real_LDADD = $(CHAIN_TEST_LIBS)

check_PROGRAMS += tests/chain/check_number
tests_chain_check_number_CPPFLAGS = $(CHAIN_TEST_CPPFLAGS)
tests_chain_check_number_LDADD = $(CHAIN_TEST_LIBS)

check_PROGRAMS += tests/chain/check_hash
tests_chain_check_hash_CPPFLAGS = $(CHAIN_TEST_CPPFLAGS)
tests_chain_check_hash_LDADD = $(CHAIN_TEST_LIBS)

check_PROGRAMS += tests/chain/check_rules
tests_chain_check_rules_CPPFLAGS = $(CHAIN_TEST_CPPFLAGS)
tests_chain_check_rules_LDADD = $(CHAIN_TEST_LIBS)

check_PROGRAMS += tests/chain/check_tree
tests_chain_check_tree_CPPFLAGS = $(CHAIN_TEST_CPPFLAGS)
tests_chain_check_tree_LDADD = $(CHAIN_TEST_LIBS)

check_PROGRAMS += tests/chain/check_accept
tests_chain_check_accept_CPPFLAGS = $(CHAIN_TEST_CPPFLAGS)
tests_chain_check_accept_LDADD = $(CHAIN_TEST_LIBS)

check_PROGRAMS += tests/chain/check_sync
tests_chain_check_sync_CPPFLAGS = $(CHAIN_TEST_CPPFLAGS)
tests_chain_check_sync_LDADD = $(CHAIN_TEST_LIBS)

check_PROGRAMS += tests/chain/check_netaddr
tests_chain_check_netaddr_CPPFLAGS = $(CHAIN_TEST_CPPFLAGS)
tests_chain_check_netaddr_LDADD = $(CHAIN_TEST_LIBS)

check_PROGRAMS += tests/chain/check_wire
tests_chain_check_wire_CPPFLAGS = $(CHAIN_TEST_CPPFLAGS)
tests_chain_check_wire_LDADD = $(CHAIN_TEST_LIBS)

check_PROGRAMS += tests/chain/check_memory
tests_chain_check_memory_CPPFLAGS = $(CHAIN_TEST_CPPFLAGS)
tests_chain_check_memory_LDADD = $(CHAIN_TEST_LIBS)
tests_chain_check_memory_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc

check_PROGRAMS += tests/chain/check_peer
tests_chain_check_peer_CPPFLAGS = $(CHAIN_TEST_CPPFLAGS)
tests_chain_check_peer_LDADD = $(CHAIN_TEST_LIBS)

check_PROGRAMS += tests/chain/check_presync
tests_chain_check_presync_CPPFLAGS = $(CHAIN_TEST_CPPFLAGS)
tests_chain_check_presync_LDADD = $(CHAIN_TEST_LIBS)

check_PROGRAMS += tests/chain/check_fetch
tests_chain_check_fetch_CPPFLAGS = $(CHAIN_TEST_CPPFLAGS)
tests_chain_check_fetch_LDADD = $(CHAIN_TEST_LIBS)
