// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * headerfile: opening, appending, making durable.
 *
 * Order of events in a batch: headers are judged and enter the tree; their records gather in
 * pending; one write appends them; only then is the call over. Until the write, the tree's source
 * reads them from pending. A write that fails is taken back in file and tree. What lies behind the
 * stored records, should taking back fail too, is written over by the next batch, and opening
 * verifies it like anything else: no failure leaves a file that lies.
 *
 * A new file is made under another name, synced and renamed, so that under its own name it is
 * never seen half made.
 */
#include "config.h"

#include "monitor/store/headerfile.h"

#include "chain/compact.h"
#include "chain/header.h"
#include "monitor/store/headerfile_internal.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

/** Nothing tells how many headers a file of this many records or more really has. */
#define EXPECTED_MAX (UINT32_C(1) << 22)
/** Room that an opened tree has left, so that the first new header does not make it grow. */
#define EXPECTED_SPARE 2016u
/** What pending may keep between batches: a headers message. */
#define PENDING_KEPT ((size_t)2000 * HEADER_SIZE)

static bool fail_text(struct headerfile *file, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static bool fail_text(struct headerfile *file, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(file->error, sizeof(file->error), format, arguments);
    va_end(arguments);
    return false;
}

bool headerfile_fail(struct headerfile *file, const char *what, const char *path, int error)
{
    return fail_text(file, "cannot %s %s: %s", what, path, strerror(error));
}

/* ---- reading ---- */

static bool read_exactly(struct headerfile *file, void *out, size_t len, uint64_t offset)
{
    ssize_t got = file->io->pread(file->io->context, file->fd, out, len, (off_t)offset);

    if (got == (ssize_t)len)
        return true;
    file->source_errno = got < 0 ? (int)-got : 0;
    return false;
}

static bool fail_read(struct headerfile *file)
{
    if (file->source_errno != 0)
        return headerfile_fail(file, "read", file->path, file->source_errno);
    return fail_text(file, "cannot read %s: it is shorter than it was", file->path);
}

bool headerfile_source(void *context, uint8_t raw[HEADER_SIZE], uint32_t index)
{
    struct headerfile *file = context;
    const struct headerfile_place *place;
    size_t late;

    if (index < file->stored)
        return read_exactly(file, raw, HEADER_SIZE, headerfile_offset(index));
    late = index - file->stored;
    if (file->places == NULL) {
        memcpy(raw, file->pending + late * HEADER_SIZE, HEADER_SIZE);
        return true;
    }
    assert(late < file->place_count);
    place = &file->places[late];
    if (place->mended == NULL)
        return read_exactly(file, raw, HEADER_SIZE, place->offset);
    memcpy(raw, place->mended, HEADER_SIZE);
    return true;
}

bool headerfile_read(struct headerfile *file, uint8_t *raw, uint32_t first, uint32_t count)
{
    assert(first <= file->stored && count <= file->stored - first);
    return read_exactly(file, raw, (size_t)count * HEADER_SIZE, headerfile_offset(first)) ||
           fail_read(file);
}

/* ---- making durable ---- */

static enum headerfile_status status_of(int error)
{
    return error == ENOSPC || error == EDQUOT || error == EFBIG ? HEADERFILE_FULL
                                                                : HEADERFILE_FAILED;
}

/* True if the records of the chunk are the tree's, first being the index of the first. */
static bool verify(const struct headerfile *file, const uint8_t *chunk, uint32_t first,
                   uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        struct hash256 hash;

        header_hash(&hash, chunk + (size_t)i * HEADER_SIZE);
        if (tree_find(file->tree, &hash, NULL) != first + i)
            return false;
    }
    return true;
}

static enum headerfile_status write_start_again(struct headerfile *file)
{
    uint8_t start[HEADERFILE_START_SIZE];
    ssize_t put;

    headerfile_start_encode(start, file->params, &file->base);
    put = file->io->pwrite(file->io->context, file->fd, start, sizeof(start), 0);
    if (put == (ssize_t)sizeof(start))
        return HEADERFILE_OK;
    headerfile_fail(file, "write", file->path, (int)-put);
    return status_of((int)-put);
}

/* Reads back what a failed sync has left in doubt, and writes it again, so that the next sync has
 * something to write. */
static enum headerfile_status write_again(struct headerfile *file)
{
    const struct io *io = file->io;
    uint8_t *chunk = malloc(HEADERFILE_CHUNK_SIZE);
    enum headerfile_status status = HEADERFILE_OK;

    if (chunk == NULL) {
        fail_text(file, "out of memory to write headers again");
        return HEADERFILE_FAILED;
    }
    if (file->durable == 0)
        status = write_start_again(file);
    for (uint32_t first = file->durable; first < file->stored && status == HEADERFILE_OK;) {
        uint32_t left = file->stored - first;
        uint32_t count = left < HEADERFILE_CHUNK_RECORDS ? left : HEADERFILE_CHUNK_RECORDS;
        size_t len = (size_t)count * HEADER_SIZE;
        ssize_t put;

        if (!headerfile_read(file, chunk, first, count)) {
            status = HEADERFILE_FAILED;
            break;
        }
        if (!verify(file, chunk, first, count)) {
            fail_text(file, "%s lost headers that could not be synced: start again", file->path);
            status = HEADERFILE_FAILED;
            break;
        }
        put = io->pwrite(io->context, file->fd, chunk, len, (off_t)headerfile_offset(first));
        if (put != (ssize_t)len) {
            headerfile_fail(file, "write", file->path, (int)-put);
            status = status_of((int)-put);
        }
        first += count;
    }
    free(chunk);
    return status;
}

enum headerfile_status headerfile_sync(struct headerfile *file)
{
    int result;

    assert(!file->read_only);
    if (file->durable == file->stored)
        return HEADERFILE_OK;
    if (file->doubtful) {
        enum headerfile_status status = write_again(file);

        if (status != HEADERFILE_OK)
            return status;
    }
    result = file->io->fdatasync(file->io->context, file->fd);
    file->doubtful = result != 0;
    if (result != 0) {
        headerfile_fail(file, "sync", file->path, -result);
        return status_of(-result);
    }
    file->durable = file->stored;
    return HEADERFILE_OK;
}

/* ---- opening ---- */

bool headerfile_sibling(char out[HEADERFILE_PATH_SIZE], const struct headerfile *file,
                        const char *ending)
{
    static const char usual[] = ".dat";
    size_t len = strlen(file->path);
    int written;

    if (len > strlen(usual) && strcmp(file->path + len - strlen(usual), usual) == 0)
        len -= strlen(usual);
    written = snprintf(out, HEADERFILE_PATH_SIZE, "%.*s%s", (int)len, file->path, ending);
    return written > 0 && written < HEADERFILE_PATH_SIZE;
}

/* Fills the new file of that name with the base and gives it the store's name. */
static bool write_base(struct headerfile *file, const char *path)
{
    const struct io *io = file->io;
    uint8_t start[HEADERFILE_START_SIZE];
    ssize_t put;
    int result;

    headerfile_start_encode(start, file->params, &file->base);
    put = io->pwrite(io->context, file->fd, start, sizeof(start), 0);
    if (put < 0)
        return headerfile_fail(file, "write", path, (int)-put);
    result = io->fdatasync(io->context, file->fd);
    if (result != 0)
        return headerfile_fail(file, "sync", path, -result);
    result = io->rename(io->context, path, file->path);
    return result == 0 || headerfile_fail(file, "rename to", file->path, -result);
}

/* Makes a file that holds the base alone. */
static bool create(struct headerfile *file)
{
    const struct io *io = file->io;
    char path[HEADERFILE_PATH_SIZE];

    if (!headerfile_sibling(path, file, ".tmp"))
        return headerfile_fail(file, "create", file->path, ENAMETOOLONG);
    file->fd = io->open(io->context, path, O_RDWR | O_CREAT | O_TRUNC, 0600);
    if (file->fd < 0)
        return headerfile_fail(file, "create", path, -file->fd);
    if (write_base(file, path))
        return true;
    (void)io->unlink(io->context, path);
    return false;
}

/* A tree with the base in it, and its doorman. room: headers to make room for. */
static bool plant(struct headerfile *file, uint64_t room)
{
    struct context context;
    struct header header;
    struct hash256 hash;
    struct tree_source source = {.context = file, .read = headerfile_source};
    uint64_t salt;

    if (getrandom(&salt, sizeof(salt), 0) != (ssize_t)sizeof(salt))
        return fail_text(file, "the system gives no random numbers: %s", strerror(errno));
    if (room > EXPECTED_MAX)
        room = EXPECTED_MAX;
    header_decode(&header, file->base.raw);
    header_hash(&hash, file->base.raw);
    if (file->base.height == 0)
        context_genesis(&context, file->params);
    else
        context_anchor(&context, &header, &hash, file->base.height, file->base.chainwork);
    file->tree =
        tree_new(file->params, &context, file->base.raw, source, (size_t)room + EXPECTED_SPARE);
    if (file->tree != NULL)
        tree_salt(file->tree, salt);
    if (file->tree != NULL)
        file->accept = accept_new(file->tree);
    return file->accept != NULL || fail_text(file, "out of memory for the headers");
}

/* A record is good if it is the next header of the tree: valid, and not there already. */
static bool take_next(void *context, const struct judgement *judgement, const struct header *header,
                      const struct hash256 *hash, const uint8_t raw[HEADER_SIZE], uint32_t index,
                      uint32_t height)
{
    (void)context;
    (void)header;
    (void)hash;
    (void)raw;
    (void)index;
    (void)height;
    return judgement->verdict == VERDICT_VALID;
}

/* Judges records that follow those of the tree. The common case, that all are good, is tried first
 * and without a call for each header. False on a fault. */
static bool load_chunk(struct headerfile *file, const uint8_t *chunk, size_t count)
{
    struct accept_options options = {.ignore_future = true, .stop_at_invalid = true};
    uint32_t before = tree_count(file->tree);
    struct accept_result result = accept_headers(file->accept, &options, chunk, HEADER_SIZE, count);

    if (!result.fault && result.accepted != count) {
        tree_truncate(file->tree, before);
        accept_reset(file->accept);
        options.each = take_next;
        result = accept_headers(file->accept, &options, chunk, HEADER_SIZE, count);
    }
    return !result.fault || fail_text(file, "out of memory, or %s cannot be read", file->path);
}

/* Verifies the records after the base, as long as they are good. */
static bool load(struct headerfile *file, uint64_t size)
{
    uint64_t records = size > HEADERFILE_START_SIZE ? size / HEADER_SIZE - 1 : 1;
    uint8_t *chunk = malloc(HEADERFILE_CHUNK_SIZE);
    bool good = chunk != NULL || fail_text(file, "out of memory to read headers");

    file->stored = TREE_NONE; /* all that the tree asks for is in the file */
    for (;;) {
        uint32_t first = tree_count(file->tree);
        size_t count = records - first < HEADERFILE_CHUNK_RECORDS ? (size_t)(records - first)
                                                                  : HEADERFILE_CHUNK_RECORDS;

        if (!good || count == 0)
            break;
        if (!read_exactly(file, chunk, count * HEADER_SIZE, headerfile_offset(first))) {
            /* The writer beside us may have taken back what did not fit the disk. */
            good = (file->read_only && file->source_errno == 0) || fail_read(file);
            break;
        }
        good = load_chunk(file, chunk, count);
        if (tree_count(file->tree) - first < count)
            break;
    }
    free(chunk);
    file->stored = tree_count(file->tree);
    return good;
}

/* Everything that was found is to last before anybody is told of it. A sync that fails is tried a
 * second time, with everything written again: whoever opens after us would not know of it. */
static bool settle(struct headerfile *file)
{
    int result;

    if (headerfile_sync(file) != HEADERFILE_OK && headerfile_sync(file) != HEADERFILE_OK)
        return false;
    result = file->io->sync_dir(file->io->context, file->path);
    return result == 0 || headerfile_fail(file, "sync the directory of", file->path, -result);
}

/* The file is there and open: reads it, and repairs it if that is called for and allowed. */
static bool open_existing(struct headerfile *file, struct headerfile_opened *opened,
                          const struct headerfile_options *options)
{
    uint8_t bytes[HEADERFILE_START_SIZE];
    char text[HEADERFILE_ERROR_SIZE];
    int64_t size = file->io->size(file->io->context, file->fd);
    size_t len = size < (int64_t)sizeof(bytes) ? (size_t)(size < 0 ? 0 : size) : sizeof(bytes);
    uint64_t records = size < 0 ? 0 : (uint64_t)size / HEADER_SIZE;
    struct headerfile_base found = {.height = 0};
    enum headerfile_start start;
    uint64_t good_end = 0;

    if (size < 0)
        return headerfile_fail(file, "use", file->path, (int)-size);
    if (!read_exactly(file, bytes, len, 0))
        return fail_read(file);
    start = headerfile_start_decode(&found, text, file->params, bytes, len, options->base);
    if (start == HEADERFILE_START_FOREIGN)
        return fail_text(file, "cannot use %s: %s", file->path, text);
    if (start == HEADERFILE_START_BLANK && file->read_only)
        return fail_text(file, "cannot use %s: it holds no headers", file->path);
    if (start != HEADERFILE_START_BLANK)
        file->base = found;
    if (!plant(file, records > options->expected ? records : options->expected))
        return false;
    file->stored = 1;
    if (start != HEADERFILE_START_BLANK) {
        if (!load(file, (uint64_t)size))
            return false;
        good_end = headerfile_offset(file->stored);
        if (good_end > (uint64_t)size) /* even the base was cut */
            good_end = (uint64_t)size;
    }
    if (file->read_only || (start == HEADERFILE_START_SOUND && good_end == (uint64_t)size))
        return true;
    return headerfile_repair(file, opened, good_end, (uint64_t)size,
                             start != HEADERFILE_START_SOUND, options->now);
}

static bool open_or_create(struct headerfile *file, struct headerfile_opened *opened,
                           const struct headerfile_options *options)
{
    const struct io *io = file->io;
    int len = snprintf(file->path, sizeof(file->path), "%s", options->path);

    if (len < 0 || (size_t)len >= sizeof(file->path))
        return headerfile_fail(file, "open", options->path, ENAMETOOLONG);
    file->fd = io->open(io->context, file->path, file->read_only ? O_RDONLY : O_RDWR, 0);
    if (file->fd == -ENOENT && (file->read_only || options->must_exist))
        return fail_text(file, "there is no %s", file->path);
    if (file->fd == -ENOENT) {
        opened->created = true;
        if (!create(file) || !plant(file, options->expected))
            return false;
        file->stored = 1;
        return settle(file);
    }
    if (file->fd < 0)
        return headerfile_fail(file, "open", file->path, -file->fd);
    return open_existing(file, opened, options) && (file->read_only || settle(file));
}

struct headerfile *headerfile_open(const struct headerfile_options *options,
                                   struct headerfile_opened *opened)
{
    struct headerfile *file = calloc(1, sizeof(*file));

    *opened = (struct headerfile_opened){.created = false};
    if (file == NULL) {
        snprintf(opened->message, sizeof(opened->message), "out of memory for the header file");
        return NULL;
    }
    file->io = options->io;
    file->params = options->params;
    file->read_only = options->read_only;
    file->fd = -1;
    file->base = headerfile_base_complete(options->params, options->base);
    if (!open_or_create(file, opened, options)) {
        snprintf(opened->message, sizeof(opened->message), "%s", file->error);
        headerfile_close(file);
        return NULL;
    }
    opened->headers = tree_count(file->tree);
    return file;
}

void headerfile_close(struct headerfile *file)
{
    if (file == NULL)
        return;
    if (file->doubtful) /* whoever opens after us does not know */
        (void)headerfile_sync(file);
    if (file->fd >= 0)
        (void)file->io->close(file->io->context, file->fd);
    accept_free(file->accept);
    tree_free(file->tree);
    free(file->pending);
    free(file);
}

struct tree *headerfile_tree(struct headerfile *file)
{
    return file->tree;
}

struct accept *headerfile_doorman(struct headerfile *file)
{
    return file->accept;
}

struct headerfile_base headerfile_base(const struct headerfile *file)
{
    return file->base;
}

/* ---- appending ---- */

/* What headerfile_accept puts between accept and the caller's each. */
struct batch {
    struct headerfile *file;
    const struct accept_options *options;
};

static bool gather(void *context, const struct judgement *judgement, const struct header *header,
                   const struct hash256 *hash, const uint8_t raw[HEADER_SIZE], uint32_t index,
                   uint32_t height)
{
    const struct batch *batch = context;
    struct headerfile *file = batch->file;

    if (judgement->verdict == VERDICT_VALID)
        memcpy(file->pending + (size_t)(index - file->stored) * HEADER_SIZE, raw, HEADER_SIZE);
    if (batch->options->each == NULL)
        return true;
    return batch->options->each(batch->options->each_context, judgement, header, hash, raw, index,
                                height);
}

static bool reserve_pending(struct headerfile *file, size_t len)
{
    uint8_t *grown;

    if (len <= file->pending_capacity)
        return true;
    grown = realloc(file->pending, len);
    if (grown == NULL)
        return fail_text(file, "out of memory for %zu headers", len / HEADER_SIZE);
    file->pending = grown;
    file->pending_capacity = len;
    return true;
}

static void release_pending(struct headerfile *file)
{
    if (file->pending_capacity <= PENDING_KEPT)
        return;
    free(file->pending);
    file->pending = NULL;
    file->pending_capacity = 0;
}

/* Writes what is pending. */
static enum headerfile_status append(struct headerfile *file)
{
    const struct io *io = file->io;
    uint64_t end = headerfile_offset(file->stored);
    size_t len = (size_t)(tree_count(file->tree) - file->stored) * HEADER_SIZE;
    ssize_t put;

    if (len == 0)
        return HEADERFILE_OK;
    put = io->pwrite(io->context, file->fd, file->pending, len, (off_t)end);
    if (put == (ssize_t)len) {
        file->stored = tree_count(file->tree);
        return HEADERFILE_OK;
    }
    headerfile_fail(file, "write", file->path, (int)-put);
    /* Gives back the space of the part that fitted. If that fails, the next batch covers it. */
    (void)io->ftruncate(io->context, file->fd, (off_t)end);
    return status_of((int)-put);
}

/* The batch has failed: the tree forgets it. */
static void take_back(struct headerfile *file, struct accept_result *result)
{
    tree_truncate(file->tree, file->stored);
    accept_reset(file->accept);
    result->fault = true;
    result->accepted = 0;
    result->last_index = TREE_NONE;
}

struct accept_result headerfile_accept(struct headerfile *file, enum headerfile_status *status,
                                       const struct accept_options *options, const uint8_t *raw,
                                       size_t stride, size_t count)
{
    struct batch batch = {.file = file, .options = options};
    struct accept_options gathering = *options;
    struct accept_result result = {.first_bad = VERDICT_VALID, .last_index = TREE_NONE};

    assert(!file->read_only);
    *status = HEADERFILE_FAILED;
    if (!reserve_pending(file, count * HEADER_SIZE)) {
        result.fault = true;
        return result;
    }
    gathering.each = gather;
    gathering.each_context = &batch;
    file->source_errno = 0;
    result = accept_headers(file->accept, &gathering, raw, stride, count);
    if (result.fault && file->source_errno != 0)
        fail_read(file);
    else if (result.fault)
        fail_text(file, "out of memory, or %s cannot be read", file->path);
    else
        *status = append(file);
    if (*status != HEADERFILE_OK)
        take_back(file, &result);
    release_pending(file);
    return result;
}

uint32_t headerfile_durable(const struct headerfile *file)
{
    return file->durable;
}

const char *headerfile_error(const struct headerfile *file)
{
    return file->error;
}
