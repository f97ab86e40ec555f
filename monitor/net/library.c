// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * library: see library.h.
 */
#include "config.h"

#include "monitor/net/library.h"

#include <uv.h>

const char *net_library_version(void)
{
    return uv_version_string();
}
