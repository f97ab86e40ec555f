// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * io: the operating system's files.
 */
#include "config.h"

#include "monitor/store/io.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Room for a path and its NUL. */
#define PATH_SIZE 4096

static int system_open(void *context, const char *path, int flags, mode_t mode)
{
    int fd;

    (void)context;
    do
        fd = open(path, flags | O_CLOEXEC, mode);
    while (fd < 0 && errno == EINTR);
    return fd < 0 ? -errno : fd;
}

static int system_close(void *context, int fd)
{
    (void)context;
    /* After EINTR the descriptor is gone on Linux: closing again could close somebody else's. */
    if (close(fd) != 0 && errno != EINTR)
        return -errno;
    return 0;
}

static ssize_t system_pread(void *context, int fd, void *buffer, size_t len, off_t offset)
{
    uint8_t *to = buffer;
    size_t done = 0;

    (void)context;
    while (done < len) {
        ssize_t got = pread(fd, to + done, len - done, offset + (off_t)done);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -errno;
        if (got == 0)
            break;
        done += (size_t)got;
    }
    return (ssize_t)done;
}

static ssize_t system_pwrite(void *context, int fd, const void *buffer, size_t len, off_t offset)
{
    const uint8_t *from = buffer;
    size_t done = 0;

    (void)context;
    while (done < len) {
        ssize_t put = pwrite(fd, from + done, len - done, offset + (off_t)done);

        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return put < 0 ? -errno : -EIO;
        done += (size_t)put;
    }
    return (ssize_t)done;
}

static int system_ftruncate(void *context, int fd, off_t len)
{
    int result;

    (void)context;
    do
        result = ftruncate(fd, len);
    while (result != 0 && errno == EINTR);
    return result != 0 ? -errno : 0;
}

static int system_fdatasync(void *context, int fd)
{
    int result;

    (void)context;
    do
        result = fdatasync(fd);
    while (result != 0 && errno == EINTR);
    return result != 0 ? -errno : 0;
}

static int64_t system_size(void *context, int fd)
{
    struct stat status;

    (void)context;
    if (fstat(fd, &status) != 0)
        return -errno;
    if (!S_ISREG(status.st_mode))
        return S_ISDIR(status.st_mode) ? -EISDIR : -ESPIPE;
    return status.st_size;
}

static int system_rename(void *context, const char *from, const char *to)
{
    (void)context;
    return rename(from, to) != 0 ? -errno : 0;
}

static int system_unlink(void *context, const char *path)
{
    (void)context;
    return unlink(path) != 0 ? -errno : 0;
}

static int system_sync_dir(void *context, const char *path)
{
    char folder[PATH_SIZE];
    const char *slash = strrchr(path, '/');
    size_t len = slash == NULL ? 0 : (size_t)(slash - path);
    int fd;
    int result;

    if (len >= sizeof(folder))
        return -ENAMETOOLONG;
    if (len == 0) /* in the working directory, or in the root */
        path = slash == NULL ? "." : "/";
    snprintf(folder, sizeof(folder), "%.*s", len == 0 ? 1 : (int)len, path);
    fd = system_open(context, folder, O_RDONLY | O_DIRECTORY, 0);
    if (fd < 0)
        return fd;
    do
        result = fsync(fd);
    while (result != 0 && errno == EINTR);
    result = result != 0 ? -errno : 0;
    close(fd);
    /* Some file systems have nothing to sync in a directory and say so. */
    return result == -EINVAL ? 0 : result;
}

static const struct io system_io = {
    .open = system_open,
    .close = system_close,
    .pread = system_pread,
    .pwrite = system_pwrite,
    .ftruncate = system_ftruncate,
    .fdatasync = system_fdatasync,
    .size = system_size,
    .rename = system_rename,
    .unlink = system_unlink,
    .sync_dir = system_sync_dir,
};

const struct io *io_system(void)
{
    return &system_io;
}
