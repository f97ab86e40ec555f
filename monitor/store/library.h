// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * library: which SQLite the program runs with.
 */
#ifndef HASHTIDE_MONITOR_STORE_LIBRARY_H
#define HASHTIDE_MONITOR_STORE_LIBRARY_H

/** Version of the SQLite that is loaded. */
const char *store_library_version(void);

#endif
