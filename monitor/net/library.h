// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * library: which libuv the program runs with.
 */
#ifndef HASHTIDE_MONITOR_NET_LIBRARY_H
#define HASHTIDE_MONITOR_NET_LIBRARY_H

/** Version of the libuv that is loaded. */
const char *net_library_version(void);

#endif
