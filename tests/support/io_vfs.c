// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * io_vfs: as SQLite's own for unix does it, where that matters: a log's or journal's name is made
 * durable with its first sync, a full disk is told from other failures.
 */
#include "config.h"

#include "tests/support/io_vfs.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATH_SIZE 512
/** Of a write-ahead log's index: 32 kB each. */
#define REGIONS_MAX 64

struct file {
    sqlite3_file base; /* first */
    const struct io *io;
    int fd;
    bool name_pending; /* the next sync is the name's too */
    bool temporary;
    char path[PATH_SIZE];
    void *regions[REGIONS_MAX];
};

static int answer(int result, int otherwise)
{
    if (result >= 0)
        return SQLITE_OK;
    return result == -ENOSPC ? SQLITE_FULL : otherwise;
}

/* ---- files ---- */

static int file_close(sqlite3_file *base)
{
    struct file *file = (struct file *)base;

    for (size_t i = 0; i < REGIONS_MAX; i++)
        free(file->regions[i]);
    (void)file->io->close(file->io->context, file->fd);
    if (file->temporary)
        (void)file->io->unlink(file->io->context, file->path);
    return SQLITE_OK;
}

static int file_read(sqlite3_file *base, void *buffer, int len, sqlite3_int64 offset)
{
    struct file *file = (struct file *)base;
    ssize_t got = file->io->pread(file->io->context, file->fd, buffer, (size_t)len, offset);

    if (got < 0)
        return SQLITE_IOERR_READ;
    memset((char *)buffer + got, 0, (size_t)(len - got));
    return got == len ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
}

static int file_write(sqlite3_file *base, const void *buffer, int len, sqlite3_int64 offset)
{
    struct file *file = (struct file *)base;
    ssize_t put = file->io->pwrite(file->io->context, file->fd, buffer, (size_t)len, offset);

    return answer(put < 0 ? (int)put : 0, SQLITE_IOERR_WRITE);
}

static int file_truncate(sqlite3_file *base, sqlite3_int64 len)
{
    struct file *file = (struct file *)base;

    return answer(file->io->ftruncate(file->io->context, file->fd, len), SQLITE_IOERR_TRUNCATE);
}

static int file_sync(sqlite3_file *base, int flags)
{
    struct file *file = (struct file *)base;
    int result = file->io->fdatasync(file->io->context, file->fd);

    (void)flags;
    if (result == 0 && file->name_pending) {
        result = file->io->sync_dir(file->io->context, file->path);
        file->name_pending = result != 0;
    }
    return answer(result, SQLITE_IOERR_FSYNC);
}

static int file_size(sqlite3_file *base, sqlite3_int64 *out)
{
    struct file *file = (struct file *)base;
    int64_t size = file->io->size(file->io->context, file->fd);

    *out = size;
    return size >= 0 ? SQLITE_OK : SQLITE_IOERR_FSTAT;
}

static int file_lock(sqlite3_file *base, int level)
{
    (void)base;
    (void)level;
    return SQLITE_OK;
}

static int file_reserved(sqlite3_file *base, int *out)
{
    (void)base;
    *out = 0;
    return SQLITE_OK;
}

static int file_control(sqlite3_file *base, int operation, void *argument)
{
    (void)base;
    (void)operation;
    (void)argument;
    return SQLITE_NOTFOUND;
}

static int file_sector(sqlite3_file *base)
{
    (void)base;
    return 512;
}

/* Nothing is promised: not even that a write which is torn leaves its neighbours alone. */
static int file_promises(sqlite3_file *base)
{
    (void)base;
    return 0;
}

static int shared_map(sqlite3_file *base, int number, int size, int extend, void volatile **out)
{
    struct file *file = (struct file *)base;

    *out = NULL;
    if (number >= REGIONS_MAX)
        return SQLITE_NOMEM;
    if (file->regions[number] == NULL && extend != 0)
        file->regions[number] = calloc(1, (size_t)size);
    *out = file->regions[number];
    return *out != NULL || extend == 0 ? SQLITE_OK : SQLITE_NOMEM;
}

static int shared_lock(sqlite3_file *base, int offset, int count, int flags)
{
    (void)base;
    (void)offset;
    (void)count;
    (void)flags;
    return SQLITE_OK;
}

static void shared_barrier(sqlite3_file *base)
{
    (void)base;
}

static int shared_unmap(sqlite3_file *base, int remove)
{
    struct file *file = (struct file *)base;

    (void)remove;
    for (size_t i = 0; i < REGIONS_MAX; i++) {
        free(file->regions[i]);
        file->regions[i] = NULL;
    }
    return SQLITE_OK;
}

static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = file_close,
    .xRead = file_read,
    .xWrite = file_write,
    .xTruncate = file_truncate,
    .xSync = file_sync,
    .xFileSize = file_size,
    .xLock = file_lock,
    .xUnlock = file_lock,
    .xCheckReservedLock = file_reserved,
    .xFileControl = file_control,
    .xSectorSize = file_sector,
    .xDeviceCharacteristics = file_promises,
    .xShmMap = shared_map,
    .xShmLock = shared_lock,
    .xShmBarrier = shared_barrier,
    .xShmUnmap = shared_unmap,
};

/* ---- names ---- */

static int vfs_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *base, int flags,
                    int *out_flags)
{
    static unsigned temporaries;
    struct file *file = (struct file *)base;
    bool create = (flags & SQLITE_OPEN_CREATE) != 0;

    memset(file, 0, sizeof *file);
    file->io = vfs->pAppData;
    file->temporary = name == NULL || (flags & SQLITE_OPEN_DELETEONCLOSE) != 0;
    if (name != NULL)
        snprintf(file->path, sizeof file->path, "%s", name);
    else
        snprintf(file->path, sizeof file->path, "temporary/%u", temporaries++);
    file->fd = file->io->open(file->io->context, file->path, O_RDWR | (create ? O_CREAT : 0), 0600);
    if (file->fd < 0)
        return SQLITE_CANTOPEN;
    file->name_pending = create && (flags & (SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL)) != 0;
    if (out_flags != NULL)
        *out_flags = flags;
    file->base.pMethods = &methods;
    return SQLITE_OK;
}

static int vfs_delete(sqlite3_vfs *vfs, const char *name, int sync_directory)
{
    const struct io *io = vfs->pAppData;
    int result = io->unlink(io->context, name);

    if (result == -ENOENT)
        return SQLITE_IOERR_DELETE_NOENT;
    if (result == 0 && sync_directory != 0)
        result = io->sync_dir(io->context, name);
    return answer(result, SQLITE_IOERR_DELETE);
}

static int vfs_access(sqlite3_vfs *vfs, const char *name, int flags, int *out)
{
    const struct io *io = vfs->pAppData;
    int fd = io->open(io->context, name, O_RDONLY, 0);

    (void)flags;
    *out = fd >= 0;
    if (fd >= 0)
        (void)io->close(io->context, fd);
    return SQLITE_OK;
}

static int vfs_full_name(sqlite3_vfs *vfs, const char *name, int size, char *out)
{
    (void)vfs;
    snprintf(out, (size_t)size, "%s", name);
    return SQLITE_OK;
}

/* Of the system's own, before ours came. */
static int vfs_randomness(sqlite3_vfs *vfs, int size, char *out)
{
    (void)vfs;
    memset(out, 1, (size_t)size); /* the same story each time */
    return size;
}

static int vfs_sleep(sqlite3_vfs *vfs, int microseconds)
{
    (void)vfs;
    return microseconds;
}

static int vfs_time(sqlite3_vfs *vfs, sqlite3_int64 *out)
{
    (void)vfs;
    *out = INT64_C(212645016000000); /* 2026-01-01, in ms since the beginning of Julian days */
    return SQLITE_OK;
}

static int vfs_last_error(sqlite3_vfs *vfs, int size, char *out)
{
    (void)vfs;
    (void)size;
    (void)out;
    return 0;
}

void io_vfs_use(const struct io *io)
{
    static sqlite3_vfs vfs = {
        .iVersion = 2,
        .szOsFile = (int)sizeof(struct file),
        .mxPathname = PATH_SIZE - 1,
        .zName = "io",
        .xOpen = vfs_open,
        .xDelete = vfs_delete,
        .xAccess = vfs_access,
        .xFullPathname = vfs_full_name,
        .xRandomness = vfs_randomness,
        .xSleep = vfs_sleep,
        .xCurrentTimeInt64 = vfs_time,
        .xGetLastError = vfs_last_error,
    };

    union {
        const struct io *in;
        void *out;
    } context = {.in = io};

    vfs.pAppData = context.out;
    if (sqlite3_vfs_find("io") == NULL && sqlite3_vfs_register(&vfs, 1) != SQLITE_OK) {
        fprintf(stderr, "SQLite does not take our files\n");
        exit(99);
    }
}
