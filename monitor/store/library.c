// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * library: see library.h.
 */
#include "config.h"

#include "monitor/store/library.h"

#include <sqlite3.h>

const char *store_library_version(void)
{
    return sqlite3_libversion();
}
