// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * aside: the files are found by name in the store's directory, and read on the grid of 80 bytes on
 * which the store wrote them.
 */
#include "config.h"

#include "monitor/store/aside.h"

#include "chain/header.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATH_SIZE 4096
/** Records read at once. */
#define CHUNK_RECORDS 512u
static const char done_ending[] = ".done";

/* The directory and the beginning of the names, from ".../headers.dat". False when too long. */
static bool split(char directory[PATH_SIZE], char prefix[PATH_SIZE], const char *headers_path)
{
    const char *slash = strrchr(headers_path, '/');
    const char *name = slash == NULL ? headers_path : slash + 1;
    const char *dot = strrchr(name, '.');
    int name_len = dot == NULL ? (int)strlen(name) : (int)(dot - name);
    int put;

    if (slash == NULL)
        put = snprintf(directory, PATH_SIZE, ".");
    else
        put = snprintf(directory, PATH_SIZE, "%.*s", (int)(slash - headers_path + 1), headers_path);
    if (put < 0 || put >= PATH_SIZE)
        return false;
    put = snprintf(prefix, PATH_SIZE, "%.*s.bad-", name_len, name);
    return put > 0 && put < PATH_SIZE;
}

static bool is_waiting(const char *name, const char *prefix)
{
    size_t len = strlen(name);
    size_t ending = sizeof(done_ending) - 1;

    return strncmp(name, prefix, strlen(prefix)) == 0 &&
           (len < ending || strcmp(name + len - ending, done_ending) != 0);
}

/* The records of one file. False when it could not be read or they could not be stored. */
static bool offer_records(const struct io *io, int fd, aside_each_fn each, void *context)
{
    uint8_t *chunk = malloc((size_t)CHUNK_RECORDS * HEADER_SIZE);
    bool good = chunk != NULL;
    off_t at = 0;

    while (good) {
        ssize_t got = io->pread(io->context, fd, chunk, (size_t)CHUNK_RECORDS * HEADER_SIZE, at);
        size_t count = got > 0 ? (size_t)got / HEADER_SIZE : 0;

        good = got >= 0 && (count == 0 || each(context, chunk, count));
        if (count < CHUNK_RECORDS)
            break;
        at += got;
    }
    free(chunk);
    return good;
}

static bool offer_file(const struct io *io, const char *path, aside_each_fn each, void *context)
{
    char done[PATH_SIZE];
    int put = snprintf(done, sizeof(done), "%s%s", path, done_ending);
    int fd = io->open(io->context, path, O_RDONLY, 0);
    bool good;

    if (fd < 0)
        return false;
    good = offer_records(io, fd, each, context);
    (void)io->close(io->context, fd);
    /* If the name can't be changed, the next start looks through it again: nothing is lost by it.
     */
    if (good && put > 0 && put < PATH_SIZE && io->rename(io->context, path, done) == 0)
        (void)io->sync_dir(io->context, done);
    return good;
}

size_t aside_offer(const struct io *io, const char *headers_path, aside_each_fn each, void *context)
{
    char directory[PATH_SIZE], prefix[PATH_SIZE], path[PATH_SIZE];
    struct dirent **names = NULL;
    size_t files = 0;
    int count;

    if (!split(directory, prefix, headers_path))
        return 0;
    count = scandir(directory, &names, NULL, alphasort); /* names end in the time */
    for (int i = 0; i < count; i++) {
        int put = snprintf(path, sizeof(path), "%s/%s", directory, names[i]->d_name);

        if (is_waiting(names[i]->d_name, prefix) && put > 0 && put < PATH_SIZE)
            files += offer_file(io, path, each, context);
        free(names[i]);
    }
    free(names);
    return files;
}
