// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * entropy: bits that nobody can guess, from the kernel.
 */
#ifndef HASHTIDE_MONITOR_NET_ENTROPY_H
#define HASHTIDE_MONITOR_NET_ENTROPY_H

#include <stdint.h>

/** Aborts if the kernel has none to give, which it always has once it is up. */
uint64_t entropy_u64(void);

#endif
