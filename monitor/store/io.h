// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * io: the few file operations the header file needs, behind a table, so that tests can record them,
 * fail each in turn and replay a loss of power.
 */
#ifndef HASHTIDE_MONITOR_STORE_IO_H
#define HASHTIDE_MONITOR_STORE_IO_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/** Each function returns 0, or a count or descriptor, or -errno. None is interrupted by signals. */
struct io {
    void *context;
    /** flags as open(2) has them; O_CLOEXEC is added. */
    int (*open)(void *context, const char *path, int flags, mode_t mode);
    int (*close)(void *context, int fd);
    /** Reads all of len; fewer only where the file ends. */
    ssize_t (*pread)(void *context, int fd, void *buffer, size_t len, off_t offset);
    /** Writes all of len and returns it, or -errno; then a part may have been written. */
    ssize_t (*pwrite)(void *context, int fd, const void *buffer, size_t len, off_t offset);
    int (*ftruncate)(void *context, int fd, off_t len);
    int (*fdatasync)(void *context, int fd);
    /** Length of the file in bytes. */
    int64_t (*size)(void *context, int fd);
    int (*rename)(void *context, const char *from, const char *to);
    int (*unlink)(void *context, const char *path);
    /** fsync of the directory that holds path: names made, renamed or removed in it last from here
     * on. */
    int (*sync_dir)(void *context, const char *path);
};

/** The operating system's. */
const struct io *io_system(void);

#endif
