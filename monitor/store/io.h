// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * io: the few file operations the store needs, behind a table, so that tests can record them, fail each in turn and replay a loss of power.
 */
#ifndef HASHTIDE_MONITOR_STORE_IO_H
#define HASHTIDE_MONITOR_STORE_IO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/** All functions return 0 (or a count / descriptor) or -errno. pread and pwrite handle EINTR; pwrite may be short only with an error after a part. */
struct io {
    void *context;
    int (*open)(void *context, const char *path, int flags, mode_t mode);
    int (*close)(void *context, int fd);
    ssize_t (*pread)(void *context, int fd, void *buffer, size_t len, off_t offset);
    ssize_t (*pwrite)(void *context, int fd, const void *buffer, size_t len, off_t offset);
    int (*ftruncate)(void *context, int fd, off_t len);
    int (*fdatasync)(void *context, int fd);
    int64_t (*size)(void *context, int fd);
    int (*rename)(void *context, const char *from, const char *to);
    int (*link)(void *context, const char *from, const char *to);
    int (*unlink)(void *context, const char *path);
    int (*sync_dir)(void *context, const char *path); /* fsync of the directory that holds path */
};

/** The operating system's. */
const struct io *io_system(void);

#endif
