# SPDX-License-Identifier: GPL-3.0-or-later
# chain/: what a header is, which chain is best, how peers speak. Knows nobody.

noinst_LIBRARIES += chain/libchain.a
chain_libchain_a_SOURCES =

# The SHA-NI code is a library of its own because it alone gets SHANI_CFLAGS.
if HAVE_X86_SHANI
noinst_LIBRARIES += chain/libchain_shani.a
endif
chain_libchain_shani_a_SOURCES =
chain_libchain_shani_a_CFLAGS = $(AM_CFLAGS) $(SHANI_CFLAGS)
