// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "monitor/net/entropy.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

void entropy_fill(void *out, size_t len)
{
    unsigned char *at = out;
    while (len > 0) {
        ssize_t got = getrandom(at, len, 0);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            fputs("hashtide: the kernel gives no random bytes; nothing can be done safely "
                  "without\n",
                  stderr);
            abort();
        }
        at += got;
        len -= (size_t)got;
    }
}

uint64_t entropy_u64(void)
{
    uint64_t value;
    entropy_fill(&value, sizeof value);
    return value;
}
