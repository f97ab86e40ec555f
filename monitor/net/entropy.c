// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "monitor/net/entropy.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

uint64_t entropy_u64(void)
{
    uint64_t value;
    ssize_t got;
    do {
        got = getrandom(&value, sizeof value, 0);
    } while (got < 0 && errno == EINTR);
    if (got != (ssize_t)sizeof value) {
        fputs("hashtide: the kernel gives no random bytes; nothing can be done safely without\n",
              stderr);
        abort();
    }
    return value;
}
