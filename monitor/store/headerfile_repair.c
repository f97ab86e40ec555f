// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * headerfile_repair: from the first bad record on.
 *
 * 1. The bytes from there on are copied to headers.bad-TIME and synced. Nothing has changed yet.
 * 2. They are searched, byte by byte, for headers whose parent the tree knows; those that validate
 *    enter the tree. So a hole, records out of order, or bytes put in or taken out cost only what
 *    hangs on what was lost. One flipped bit is turned back where a later record names the hash.
 * 3. If nothing came back, the file is cut behind its good records. Else a new file is written
 *    (good records, then those that came back), synced, and renamed over the old one.
 *
 * A crash at any point leaves the old file or the new one, and each opens.
 */
#include "config.h"

#include "chain/sha256.h"
#include "monitor/store/headerfile_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/** Searches over the bad bytes; each but the last has found something. */
#define PASSES_MAX 8
/** Records on which a flipped bit is looked for: 640 hashes each. */
#define MENDS_MAX 64
/** Names tried for headers.bad-TIME before giving up. */
#define NAMES_MAX 100
/** Where the previous hash stands in a header. */
#define OFFSET_PREV 4

/* ---- setting aside ---- */

/* Copies the bytes [from, to) of the file to place at of another. */
static bool copy_bytes(struct headerfile *file, int fd, const char *path, uint64_t at,
                       uint64_t from, uint64_t to)
{
    const struct io *io = file->io;
    uint8_t *chunk = malloc(HEADERFILE_CHUNK_SIZE);
    bool good = chunk != NULL || headerfile_fail(file, "copy to", path, ENOMEM);

    while (good && from < to) {
        size_t len =
            to - from < HEADERFILE_CHUNK_SIZE ? (size_t)(to - from) : HEADERFILE_CHUNK_SIZE;
        ssize_t got = io->pread(io->context, file->fd, chunk, len, (off_t)from);
        ssize_t put;

        if (got != (ssize_t)len) {
            good = headerfile_fail(file, "read", file->path, got < 0 ? (int)-got : EIO);
            break;
        }
        put = io->pwrite(io->context, fd, chunk, len, (off_t)at);
        if (put < 0)
            good = headerfile_fail(file, "write", path, (int)-put);
        from += len;
        at += len;
    }
    free(chunk);
    return good;
}

/* Was a file of this name looked through already (aside.c)? Then that one would be written over. */
static bool is_done(struct headerfile *file, const char *path)
{
    const struct io *io = file->io;
    char done[HEADERFILE_PATH_SIZE + 8];
    int fd;

    snprintf(done, sizeof(done), "%s.done", path);
    fd = io->open(io->context, done, O_RDONLY, 0);
    if (fd < 0)
        return false;
    (void)io->close(io->context, fd);
    return true;
}

/* Makes a file of a name that is not taken: headers.bad-TIME, headers.bad-TIME-2, ... */
static int create_bad(struct headerfile *file, char path[HEADERFILE_PATH_SIZE], int64_t now)
{
    const struct io *io = file->io;
    time_t seconds = (time_t)now;
    struct tm utc;
    char stamp[40] = "0";
    char ending[80];
    int fd = -EEXIST;

    if (gmtime_r(&seconds, &utc) != NULL)
        strftime(stamp, sizeof(stamp), "%Y%m%dT%H%M%SZ", &utc);
    for (int i = 1; fd == -EEXIST && i <= NAMES_MAX; i++) {
        if (i == 1)
            snprintf(ending, sizeof(ending), ".bad-%s", stamp);
        else
            snprintf(ending, sizeof(ending), ".bad-%s-%d", stamp, i);
        if (!headerfile_sibling(path, file, ending))
            return -ENAMETOOLONG;
        if (!is_done(file, path))
            fd = io->open(io->context, path, O_RDWR | O_CREAT | O_EXCL, 0600);
    }
    return fd;
}

/* Copies the bytes from from on, and before them the file header if it is to be written again. */
static bool set_aside(struct headerfile *file, char path[HEADERFILE_PATH_SIZE], uint64_t from,
                      uint64_t size, bool rewrite, int64_t now)
{
    const struct io *io = file->io;
    uint64_t head = rewrite && from > 0 ? HEADERFILE_PRELUDE_SIZE : 0;
    int fd = create_bad(file, path, now);
    bool good;
    int result;

    if (fd < 0)
        return headerfile_fail(file, "create", path, -fd);
    good = copy_bytes(file, fd, path, 0, 0, head) && copy_bytes(file, fd, path, head, from, size);
    if (good && (result = io->fdatasync(io->context, fd)) != 0)
        good = headerfile_fail(file, "sync", path, -result);
    if (good && (result = io->sync_dir(io->context, path)) != 0)
        good = headerfile_fail(file, "sync the directory of", path, -result);
    (void)io->close(io->context, fd);
    if (!good)
        (void)io->unlink(io->context, path);
    return good;
}

/* ---- re-attaching ---- */

/* The bad bytes, seen through a window that moves forward. */
struct region {
    struct headerfile *file;
    uint64_t from; /* what lies before is good, or has come back */
    uint64_t size; /* of the file */
    uint8_t *window;
    uint64_t window_at;
    size_t window_len;
    uint64_t mend_at; /* records before this one were looked at for a flipped bit */
    unsigned mends;
};

/* The record at an offset, valid until the next call; NULL if there is no whole one or on failure.
 */
static const uint8_t *record_at(struct region *region, uint64_t offset)
{
    struct headerfile *file = region->file;
    uint64_t left = region->size - offset;
    ssize_t got;

    if (offset >= region->window_at &&
        offset + HEADER_SIZE <= region->window_at + region->window_len)
        return region->window + (offset - region->window_at);
    if (offset > region->size || left < HEADER_SIZE)
        return NULL;
    region->window_len = 0;
    got = file->io->pread(file->io->context, file->fd, region->window,
                          left < HEADERFILE_CHUNK_SIZE ? (size_t)left : HEADERFILE_CHUNK_SIZE,
                          (off_t)offset);
    if (got < HEADER_SIZE) {
        headerfile_fail(file, "read", file->path, got < 0 ? (int)-got : EIO);
        return NULL;
    }
    region->window_at = offset;
    region->window_len = (size_t)got;
    return region->window;
}

static bool reserve_place(struct headerfile *file)
{
    size_t wanted = file->place_capacity * 2 + 64;
    struct headerfile_place *grown;

    if (file->place_count < file->place_capacity)
        return true;
    grown = realloc(file->places, wanted * sizeof(*grown));
    if (grown == NULL)
        return false;
    file->places = grown;
    file->place_capacity = wanted;
    return true;
}

enum attached { ATTACHED_NOT, ATTACHED_KNOWN, ATTACHED_NEW };

/* Judges one record; if it is valid, the tree has it and its place is noted. mended (owned from
 * here on, if it comes in) or NULL. */
static enum attached attach(struct headerfile *file, const uint8_t *raw, uint64_t offset,
                            uint8_t *mended)
{
    const struct accept_options options = {.ignore_future = true};
    struct accept_result result;

    if (!reserve_place(file)) {
        free(mended);
        return ATTACHED_NOT;
    }
    result = accept_headers(file->accept, &options, raw, HEADER_SIZE, 1);
    if (result.accepted == 0) {
        free(mended);
        return result.duplicate != 0 ? ATTACHED_KNOWN : ATTACHED_NOT;
    }
    file->places[file->place_count++] =
        (struct headerfile_place){.offset = offset, .mended = mended};
    return ATTACHED_NEW;
}

static bool knows(const struct headerfile *file, const uint8_t hash_bytes[HASH256_SIZE])
{
    struct hash256 hash;

    memcpy(hash.bytes, hash_bytes, HASH256_SIZE);
    return tree_find(file->tree, &hash, NULL) != TREE_NONE;
}

/* The record at offset is in the tree: if all before it are, the search has got further. */
static void pass_by(struct region *region, uint64_t offset)
{
    if (offset == region->from)
        region->from += HEADER_SIZE;
}

/* Looks at every byte once. Returns how many headers came back. */
static size_t search(struct region *region)
{
    struct headerfile *file = region->file;
    size_t before = file->place_count;
    const uint8_t *raw;

    for (uint64_t offset = region->from; (raw = record_at(region, offset)) != NULL;) {
        bool known = knows(file, raw + OFFSET_PREV);

        if (known && attach(file, raw, offset, NULL) != ATTACHED_NOT) {
            pass_by(region, offset);
            offset += HEADER_SIZE;
        } else {
            offset++;
        }
    }
    return file->place_count - before;
}

/* Looks for one record with one flipped bit whose successor tells its true hash. */
static bool mend_one(struct region *region)
{
    struct headerfile *file = region->file;

    if (region->mend_at < region->from)
        region->mend_at = region->from;
    for (; region->mends < MENDS_MAX; region->mend_at += HEADER_SIZE) {
        uint64_t offset = region->mend_at;
        const uint8_t *raw = record_at(region, offset);
        uint8_t *copy;
        struct hash256 hash;
        struct hash256 wanted;

        if (raw == NULL)
            return false;
        header_hash(&hash, raw);
        if (tree_find(file->tree, &hash, NULL) != TREE_NONE)
            continue;
        copy = malloc(HEADER_SIZE);
        if (copy == NULL)
            return false;
        memcpy(copy, raw, HEADER_SIZE);
        raw = record_at(region, offset + HEADER_SIZE);
        if (raw != NULL)
            memcpy(wanted.bytes, raw + OFFSET_PREV, HASH256_SIZE);
        if (raw == NULL || hash256_is_zero(&wanted) || hash256_equal(&wanted, &hash) ||
            knows(file, wanted.bytes)) {
            free(copy);
            continue;
        }
        region->mends++;
        if (!headerfile_mend_record(copy, &wanted)) {
            free(copy);
        } else if (attach(file, copy, offset, copy) == ATTACHED_NEW) {
            pass_by(region, offset);
            return true;
        }
    }
    return false;
}

/* Fills the tree from the bad bytes. False if that could not be tried. */
static bool reattach(struct headerfile *file, uint64_t from, uint64_t size)
{
    struct region region = {.file = file, .from = from, .size = size, .mend_at = from};
    bool again = true;

    region.window = malloc(HEADERFILE_CHUNK_SIZE);
    file->place_capacity = 1;
    file->places = malloc(sizeof(*file->places));
    if (region.window == NULL || file->places == NULL) {
        free(region.window);
        return headerfile_fail(file, "repair", file->path, ENOMEM);
    }
    file->error[0] = '\0';
    while (again) {
        for (int pass = 0; pass < PASSES_MAX && search(&region) != 0; pass++)
            region.window_len = 0;
        again = mend_one(&region);
    }
    free(region.window);
    return file->error[0] == '\0';
}

/* ---- the file made good ---- */

static bool cut(struct headerfile *file, uint64_t from)
{
    int result = file->io->ftruncate(file->io->context, file->fd, (off_t)from);

    return result == 0 || headerfile_fail(file, "shorten", file->path, -result);
}

/* Fills the chunk with records that came back, the first of them being number first. */
static bool gather_places(struct headerfile *file, uint8_t *chunk, size_t first, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!headerfile_source(file, chunk + i * HEADER_SIZE, file->stored + (uint32_t)(first + i)))
            return headerfile_fail(file, "read", file->path, EIO);
    }
    return true;
}

/* Appends the records that came back. */
static bool write_places(struct headerfile *file, int fd, const char *path)
{
    const struct io *io = file->io;
    uint8_t *chunk = malloc(HEADERFILE_CHUNK_SIZE);
    bool good = chunk != NULL || headerfile_fail(file, "write", path, ENOMEM);
    size_t count;

    for (size_t first = 0; good && first < file->place_count; first += count) {
        off_t at = (off_t)headerfile_offset(file->stored + (uint32_t)first);
        ssize_t put;

        count = file->place_count - first;
        if (count > HEADERFILE_CHUNK_RECORDS)
            count = HEADERFILE_CHUNK_RECORDS;
        if (!gather_places(file, chunk, first, count)) {
            good = false;
            break;
        }
        put = io->pwrite(io->context, fd, chunk, count * HEADER_SIZE, at);
        if (put < 0)
            good = headerfile_fail(file, "write", path, (int)-put);
    }
    free(chunk);
    return good;
}

/* Writes the whole file again under another name, from is the end of its good records. */
static bool write_new(struct headerfile *file, int fd, const char *path, uint64_t from)
{
    const struct io *io = file->io;
    uint8_t start[HEADERFILE_START_SIZE];
    ssize_t put;
    int result;

    headerfile_start_encode(start, file->params, &file->base);
    put = io->pwrite(io->context, fd, start, sizeof(start), 0);
    if (put < 0)
        return headerfile_fail(file, "write", path, (int)-put);
    if (from > HEADERFILE_START_SIZE &&
        !copy_bytes(file, fd, path, HEADERFILE_START_SIZE, HEADERFILE_START_SIZE, from))
        return false;
    if (!write_places(file, fd, path))
        return false;
    if ((result = io->fdatasync(io->context, fd)) != 0)
        return headerfile_fail(file, "sync", path, -result);
    if ((result = io->rename(io->context, path, file->path)) != 0)
        return headerfile_fail(file, "rename to", file->path, -result);
    return true;
}

static bool replace(struct headerfile *file, uint64_t from)
{
    const struct io *io = file->io;
    char path[HEADERFILE_PATH_SIZE];
    int fd;

    if (!headerfile_sibling(path, file, ".tmp"))
        return headerfile_fail(file, "repair", file->path, ENAMETOOLONG);
    fd = io->open(io->context, path, O_RDWR | O_CREAT | O_TRUNC, 0600);
    if (fd < 0)
        return headerfile_fail(file, "create", path, -fd);
    if (!write_new(file, fd, path, from)) {
        (void)io->close(io->context, fd);
        (void)io->unlink(io->context, path);
        return false;
    }
    (void)io->close(io->context, file->fd);
    file->fd = fd;
    return true;
}

static void free_places(struct headerfile *file)
{
    for (size_t i = 0; i < file->place_count; i++)
        free(file->places[i].mended);
    free(file->places);
    file->places = NULL;
    file->place_count = 0;
    file->place_capacity = 0;
}

static void tell(const struct headerfile *file, struct headerfile_opened *opened, uint64_t size,
                 bool rewrite)
{
    char *out = opened->message;
    size_t room = sizeof(opened->message);

    opened->repaired = true;
    if (size == 0)
        snprintf(out, room, "%s was empty and has been made anew", file->path);
    else if (opened->set_aside == 0 && rewrite)
        snprintf(out, room, "the file header of %s was damaged and has been mended; it was %s",
                 file->path, opened->bad_path);
    else if (opened->bad_path[0] == '\0')
        snprintf(out, room, "the last record of %s was cut short and is gone", file->path);
    else
        snprintf(out, room,
                 "%s was bad from record %" PRIu32 " on: %" PRIu32
                 " records set aside in %s, %" PRIu32
                 " of them are back, the others have to be fetched again",
                 file->path, file->stored - opened->reattached, opened->set_aside, opened->bad_path,
                 opened->reattached);
}

bool headerfile_repair(struct headerfile *file, struct headerfile_opened *opened, uint64_t from,
                       uint64_t size, bool rewrite, int64_t now)
{
    char path[HEADERFILE_PATH_SIZE] = "";
    bool splinter = !rewrite && size - from < HEADER_SIZE;
    bool good;

    /* Less than a record is worth keeping only where there is room: it must not keep a full disk's
     * store shut. */
    if (size > 0 && !set_aside(file, path, from, size, rewrite, now)) {
        if (!splinter)
            return false;
        path[0] = '\0';
    }
    good = reattach(file, from, size) &&
           (rewrite || file->place_count > 0 ? replace(file, from) : cut(file, from));
    if (good) {
        opened->reattached = (uint32_t)file->place_count;
        opened->set_aside = (uint32_t)((size - from + HEADER_SIZE - 1) / HEADER_SIZE);
        snprintf(opened->bad_path, sizeof(opened->bad_path), "%s", path);
        file->stored = tree_count(file->tree);
        tell(file, opened, size, rewrite);
    }
    free_places(file);
    return good;
}
