// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * gzread: zlib's reader, which passes through what is not gzip's.
 */
#include "config.h"

#include "monitor/store/gzread.h"

#include "monitor/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

/** zlib's own buffer. A request of twice its size or more goes to the file without it. */
#define BUFFER_SIZE (64u * 1024)

struct gzread {
    gzFile gz;
    int64_t size; /* of a regular file, else -1 */
    const char *name;
    bool interrupted;
    bool failed;
    char error[GZREAD_MESSAGE_SIZE];
};

struct gzread *gzread_open(char message[GZREAD_MESSAGE_SIZE], const char *path)
{
    bool standard = strcmp(path, "-") == 0;
    const char *name = standard ? "standard input" : path;
    int fd = standard ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC);
    struct gzread *input;
    struct stat status;

    if (fd < 0 || fstat(fd, &status) != 0 || S_ISDIR(status.st_mode)) {
        snprintf(message, GZREAD_MESSAGE_SIZE, "cannot read %s: %s", name,
                 fd < 0 ? strerror(errno) : strerror(EISDIR));
        if (fd >= 0)
            close(fd);
        return NULL;
    }
    input = mem_zeroed(1, sizeof(*input));
    input->name = name;
    input->size = S_ISREG(status.st_mode) && !standard ? status.st_size : -1;
    input->gz = gzdopen(fd, "rb");
    if (input->gz == NULL || gzbuffer(input->gz, BUFFER_SIZE) != 0) {
        snprintf(message, GZREAD_MESSAGE_SIZE, "cannot read %s: out of memory", name);
        if (input->gz == NULL)
            close(fd);
        gzread_close(input);
        return NULL;
    }
    return input;
}

void gzread_close(struct gzread *input)
{
    if (input == NULL)
        return;
    if (input->gz != NULL)
        gzclose(input->gz);
    free(input);
}

/* Keeps what went wrong. */
static void note_failure(struct gzread *input)
{
    int code = Z_OK;
    const char *text = gzerror(input->gz, &code);

    if (code == Z_OK)
        return;
    input->failed = true;
    if (code == Z_ERRNO && errno == EINTR)
        input->interrupted = true;
    else if (code == Z_ERRNO)
        snprintf(input->error, sizeof(input->error), "cannot read %s: %s", input->name,
                 strerror(errno));
    else if (code == Z_BUF_ERROR)
        snprintf(input->error, sizeof(input->error),
                 "%s ends too early: its gzip data is cut short", input->name);
    else
        snprintf(input->error, sizeof(input->error), "the gzip data of %s is damaged: %s",
                 input->name, text);
}

size_t gzread_read(struct gzread *input, void *buffer, size_t len)
{
    char *to = buffer;
    size_t done = 0;

    while (done < len && !input->failed) {
        size_t want = len - done < INT_MAX / 2 ? len - done : INT_MAX / 2;
        int got = gzread(input->gz, to + done, (unsigned)want);

        if (got > 0)
            done += (size_t)got;
        if (got < (int)want)
            note_failure(input);
        if (got <= 0)
            break;
    }
    return done;
}

const char *gzread_error(const struct gzread *input)
{
    return input->failed && !input->interrupted ? input->error : NULL;
}

bool gzread_interrupted(const struct gzread *input)
{
    return input->interrupted;
}

int64_t gzread_plain_size(const struct gzread *input)
{
    return gzdirect(input->gz) ? input->size : -1;
}

uint64_t gzread_total(const struct gzread *input)
{
    return input->size > 0 ? (uint64_t)input->size : 0;
}

uint64_t gzread_done(const struct gzread *input)
{
    z_off_t offset = gzoffset(input->gz);

    return offset > 0 ? (uint64_t)offset : 0;
}
