// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * journal: see journal.h. The form is RFC 3164's as it is spoken on the machine itself: <PRIORITY>,
 * the time in English, the program and its process.
 */
#include "config.h"

#include "monitor/deliver/journal.h"

#include "monitor/net/clock.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

/** LOG_DAEMON. */
#define FACILITY 3
#define LINE_SIZE 1400

/* "Nov  3 17:45:00" in local time, as RFC 3164 wants it; not by strftime(), whose months are the
 * locale's. */
static void format_time(char out[32])
{
    static const char months[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    time_t now = (time_t)(clock_wall_ms(NULL) / 1000);
    struct tm parts = {0};

    localtime_r(&now, &parts);
    snprintf(out, 32, "%s %2d %02d:%02d:%02d", months[parts.tm_mon % 12], parts.tm_mday % 100,
             parts.tm_hour % 100, parts.tm_min % 100, parts.tm_sec % 100);
}

bool journal_write(char *why, size_t size, const char *path, enum journal_priority priority,
                   const char *line)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char text[LINE_SIZE];
    char when[32];
    int fd = -1;
    ssize_t sent = -1;

    format_time(when);
    snprintf(text, sizeof text, "<%d>%s hashtide[%ld]: %s", FACILITY * 8 + (int)priority, when,
             (long)getpid(), line);
    if (strlen(path) < sizeof address.sun_path) {
        memcpy(address.sun_path, path, strlen(path));
        fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (fd >= 0)
            sent = sendto(fd, text, strlen(text), MSG_NOSIGNAL, (struct sockaddr *)&address,
                          sizeof address);
    } else {
        errno = ENAMETOOLONG;
    }
    if (sent < 0)
        snprintf(why, size, "%s", strerror(errno));
    if (fd >= 0)
        close(fd);
    return sent >= 0;
}
