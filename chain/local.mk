# SPDX-License-Identifier: GPL-3.0-or-later
# chain/: what a header is, which chain is best, how peers speak. Knows nobody.

noinst_LIBRARIES += chain/libchain.a
chain_libchain_a_SOURCES = \
	chain/accept.c \
	chain/accept.h \
	chain/compact.c \
	chain/compact.h \
	chain/context.c \
	chain/context.h \
	chain/cursor.c \
	chain/cursor.h \
	chain/epochs.c \
	chain/epochs.h \
	chain/epochs_mainnet.inc \
	chain/fetch.c \
	chain/fetch.h \
	chain/hash.c \
	chain/hash.h \
	chain/header.c \
	chain/header.h \
	chain/instant.h \
	chain/locator.c \
	chain/locator.h \
	chain/mine.c \
	chain/mine.h \
	chain/netaddr.c \
	chain/netaddr.h \
	chain/params.c \
	chain/params.h \
	chain/peer.c \
	chain/peer.h \
	chain/presync.c \
	chain/presync.h \
	chain/reorg.c \
	chain/reorg.h \
	chain/retarget.c \
	chain/retarget.h \
	chain/sha256.c \
	chain/sha256.h \
	chain/sha256_internal.h \
	chain/sha3.c \
	chain/sha3.h \
	chain/sync.c \
	chain/sync.h \
	chain/sync_announce.c \
	chain/sync_headers.c \
	chain/sync_internal.h \
	chain/tree.c \
	chain/tree.h \
	chain/tree_internal.h \
	chain/tree_slots.c \
	chain/u256.c \
	chain/u256.h \
	chain/validate.c \
	chain/validate.h \
	chain/verdict.c \
	chain/verdict.h \
	chain/wire.c \
	chain/wire.h \
	chain/wire_addr.c \
	chain/wire_addr.h \
	chain/wire_headers.c \
	chain/wire_headers.h \
	chain/wire_inv.c \
	chain/wire_inv.h \
	chain/wire_session.c \
	chain/wire_session.h

# The SHA-NI code is a library of its own because it alone gets SHANI_CFLAGS.
if HAVE_X86_SHANI
noinst_LIBRARIES += chain/libchain_shani.a
endif
chain_libchain_shani_a_SOURCES = \
	chain/sha256_shani.c
chain_libchain_shani_a_CFLAGS = $(AM_CFLAGS) $(SHANI_CFLAGS)
