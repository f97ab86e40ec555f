// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "monitor/net/supervisor.h"

#include "monitor/net/clock.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#ifdef HAVE_LIBSYSTEMD
#include <systemd/sd-daemon.h>

void supervisor_ready(void)
{
    sd_notify(0, "READY=1");
}

void supervisor_reloading(void)
{
    sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" PRId64, clock_monotonic_us());
}

void supervisor_stopping(void)
{
    sd_notify(0, "STOPPING=1");
}
#else
void supervisor_ready(void)
{
}

void supervisor_reloading(void)
{
}

void supervisor_stopping(void)
{
}
#endif

bool supervisor_journal(int fd)
{
    const char *stream = getenv("JOURNAL_STREAM");
    uintmax_t device, inode;
    struct stat st;
    return stream != NULL && sscanf(stream, "%ju:%ju", &device, &inode) == 2 &&
           fstat(fd, &st) == 0 && (uintmax_t)st.st_dev == device && (uintmax_t)st.st_ino == inode;
}
