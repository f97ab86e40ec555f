# SPDX-License-Identifier: GPL-3.0-or-later
# chain/: what a header is, which chain is best, how peers speak. Knows nobody.

noinst_LIBRARIES += chain/libchain.a
chain_libchain_a_SOURCES = \
	chain/accept.c \
	chain/mine.c \
	chain/mine.h
	chain/accept.h \
	chain/epochs.c \
	chain/epochs_mainnet.inc
	chain/locator.c \
	chain/reorg.c \
	chain/tree.c
	chain/context.c \
	chain/params.c \
	chain/retarget.c \
	chain/validate.c \
	chain/verdict.c
	chain/compact.c \
	chain/compact.h \
	chain/context.h \
	chain/epochs.h \
	chain/hash.c \
	chain/hash.h \
	chain/header.c \
	chain/header.h \
	chain/instant.h \
	chain/locator.h \
	chain/params.h \
	chain/reorg.h \
	chain/retarget.h \
	chain/sha256.c \
	chain/sha256.h \
	chain/sha256_internal.h \
	chain/tree.h \
	chain/u256.c \
	chain/u256.h \
	chain/validate.h \
	chain/verdict.h

# The SHA-NI code is a library of its own because it alone gets SHANI_CFLAGS.
if HAVE_X86_SHANI
noinst_LIBRARIES += chain/libchain_shani.a
endif
chain_libchain_shani_a_SOURCES = \
	chain/sha256_shani.c
chain_libchain_shani_a_CFLAGS = $(AM_CFLAGS) $(SHANI_CFLAGS)
