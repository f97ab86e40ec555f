// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * main: the process is put in order, then the command line decides.
 */
#include "config.h"

#include "monitor/command.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

/* A descriptor below 3 that is closed would be given to the next file opened, and an error message
 * would go into the store. */
static void keep_standard_descriptors(void)
{
    int fd = open("/dev/null", O_RDWR);

    while (fd >= 0 && fd <= STDERR_FILENO)
        fd = open("/dev/null", O_RDWR);
    if (fd < 0)
        exit(COMMAND_FAILED);
    close(fd);
}

int main(int argc, char **argv)
{
    keep_standard_descriptors();
    /* A peer that is gone and a file that may not grow are errors of a write, not ends of the
     * program. */
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    return command_main(argc, argv);
}
