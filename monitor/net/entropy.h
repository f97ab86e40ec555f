// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * entropy: bits that nobody can guess, from the kernel.
 */
#ifndef HASHTIDE_MONITOR_NET_ENTROPY_H
#define HASHTIDE_MONITOR_NET_ENTROPY_H

#include <stddef.h>
#include <stdint.h>

/* Both abort if the kernel has none to give, which it always has once it is up. */

void entropy_fill(void *out, size_t len);
uint64_t entropy_u64(void);

#endif
