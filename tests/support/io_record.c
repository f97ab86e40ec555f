// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * io_record: a list of events over a starting state. The present state is kept beside it.
 */
#include "config.h"

#include "tests/support/io_record.h"

#include "tests/support/random.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILES_MAX 256
#define SECTOR 512

enum event_kind {
    EVENT_WRITE,
    EVENT_LENGTH,
    EVENT_SYNC,
    EVENT_SYNC_FAILED,
    EVENT_CREATE,
    EVENT_RENAME,
    EVENT_UNLINK,
    EVENT_SYNC_DIR,
};

struct event {
    enum event_kind kind;
    int file;
    size_t offset; /* of a write; the length for EVENT_LENGTH */
    uint8_t *bytes;
    size_t len;
    char *from; /* the name, for events of names */
    char *to;
};

struct content {
    uint8_t *bytes;
    size_t len;
};

struct name {
    char *path;
    int file;
};

/* A file system: contents by number, and names. */
struct state {
    struct content files[FILES_MAX];
    int file_count;
    struct name names[FILES_MAX];
    size_t name_count;
};

struct io_record {
    struct io io;
    struct state start;
    struct state now;
    struct event *events;
    size_t event_count;
    size_t event_capacity;
    size_t operations;
    size_t failing; /* operation that fails */
    int failure;    /* its errno, 0: none */
    size_t limit;
    bool forgetful;
};

static void *need(void *block)
{
    if (block == NULL) {
        fprintf(stderr, "io_record: out of memory\n");
        abort();
    }
    return block;
}

static char *copy_text(const char *text)
{
    return text == NULL ? NULL : need(strdup(text));
}

/* ---- states ---- */

static void content_length(struct content *content, size_t len)
{
    if (len > content->len) {
        content->bytes = need(realloc(content->bytes, len));
        memset(content->bytes + content->len, 0, len - content->len);
    }
    content->len = len;
}

static void content_write(struct content *content, const uint8_t *bytes, size_t len, size_t offset)
{
    if (len == 0)
        return;
    if (offset + len > content->len)
        content_length(content, offset + len);
    memcpy(content->bytes + offset, bytes, len);
}

static int state_find(const struct state *state, const char *path)
{
    for (size_t i = 0; i < state->name_count; i++) {
        if (strcmp(state->names[i].path, path) == 0)
            return (int)i;
    }
    return -1;
}

static void state_forget(struct state *state, const char *path)
{
    int at = state_find(state, path);

    if (at < 0)
        return;
    free(state->names[at].path);
    state->names[at] = state->names[--state->name_count];
}

static void state_name(struct state *state, const char *path, int file)
{
    state_forget(state, path);
    if (state->name_count == FILES_MAX)
        abort();
    state->names[state->name_count++] = (struct name){.path = copy_text(path), .file = file};
}

static int state_new_file(struct state *state)
{
    if (state->file_count == FILES_MAX) {
        fprintf(stderr, "io_record: too many files\n");
        abort();
    }
    return state->file_count++;
}

static void state_copy(struct state *out, const struct state *in)
{
    memset(out, 0, sizeof(*out));
    out->file_count = in->file_count;
    for (int i = 0; i < in->file_count; i++)
        content_write(&out->files[i], in->files[i].bytes, in->files[i].len, 0);
    for (size_t i = 0; i < in->name_count; i++)
        state_name(out, in->names[i].path, in->names[i].file);
}

static void state_free(struct state *state)
{
    for (int i = 0; i < state->file_count; i++)
        free(state->files[i].bytes);
    for (size_t i = 0; i < state->name_count; i++)
        free(state->names[i].path);
}

/* ---- events ---- */

static struct event *note(struct io_record *record, enum event_kind kind, int file)
{
    struct event *event;

    if (record->event_count == record->event_capacity) {
        record->event_capacity = record->event_capacity * 2 + 64;
        record->events =
            need(realloc(record->events, record->event_capacity * sizeof(*record->events)));
    }
    event = &record->events[record->event_count++];
    *event = (struct event){.kind = kind, .file = file};
    return event;
}

static bool of_names(enum event_kind kind)
{
    return kind == EVENT_CREATE || kind == EVENT_RENAME || kind == EVENT_UNLINK;
}

static bool of_data(enum event_kind kind)
{
    return kind == EVENT_WRITE || kind == EVENT_LENGTH;
}

/* True if event number i lasts when the first so many events have happened. */
static bool lasts(const struct io_record *record, size_t i, size_t events)
{
    const struct event *event = &record->events[i];

    for (size_t j = i + 1; j < events; j++) {
        const struct event *later = &record->events[j];

        if (of_names(event->kind) && later->kind == EVENT_SYNC_DIR)
            return true;
        if (of_data(event->kind) && later->file == event->file) {
            if (later->kind == EVENT_SYNC)
                return true;
            if (later->kind == EVENT_SYNC_FAILED)
                return false;
        }
    }
    return !of_names(event->kind) && !of_data(event->kind);
}

size_t io_record_pending(const struct io_record *record, size_t events)
{
    size_t pending = 0;

    for (size_t i = 0; i < events; i++)
        pending += !lasts(record, i, events);
    return pending;
}

static void write_holed(struct content *content, const struct event *event, size_t mask)
{
    size_t at = 0;

    if (event->offset + event->len > content->len)
        content_length(content, event->offset + event->len);
    for (unsigned sector = 0; at < event->len; sector++) {
        size_t part = SECTOR - (event->offset + at) % SECTOR;

        if (part > event->len - at)
            part = event->len - at;
        if (mask >> (sector % (8 * sizeof(mask))) & 1)
            content_write(content, event->bytes + at, part, event->offset + at);
        at += part;
    }
}

static void apply(struct state *state, const struct event *event, enum io_fate fate, size_t bytes)
{
    struct content *content = event->file >= 0 ? &state->files[event->file] : NULL;
    int at;

    switch (event->kind) {
    case EVENT_WRITE:
        if (fate == IO_HOLED)
            write_holed(content, event, bytes);
        else
            content_write(content, event->bytes,
                          fate == IO_TORN && bytes < event->len ? bytes : event->len,
                          event->offset);
        break;
    case EVENT_LENGTH:
        content_length(content, event->offset);
        break;
    case EVENT_CREATE:
        state_name(state, event->from, event->file);
        break;
    case EVENT_RENAME:
        at = state_find(state, event->from);
        if (at >= 0) {
            int file = state->names[at].file;

            state_forget(state, event->from);
            state_name(state, event->to, file);
        }
        break;
    case EVENT_UNLINK:
        state_forget(state, event->from);
        break;
    case EVENT_SYNC:
    case EVENT_SYNC_FAILED:
    case EVENT_SYNC_DIR:
        break;
    }
}

/* The state after some events; those that do not last go by their fate. */
static void replay(struct state *out, const struct io_record *record, size_t events,
                   io_fate_fn fate, void *context)
{
    state_copy(out, &record->start);
    out->file_count = record->now.file_count;
    for (size_t i = 0; i < events; i++) {
        const struct event *event = &record->events[i];
        enum io_fate chosen = IO_KEPT;
        size_t bytes = 0;

        if (!lasts(record, i, events))
            chosen = fate(context, i, event->kind == EVENT_WRITE ? event->len : 0, &bytes);
        if (chosen != IO_LOST)
            apply(out, event, chosen, bytes);
    }
}

struct io_record *io_record_crash(const struct io_record *record, size_t events, io_fate_fn fate,
                                  void *context)
{
    struct io_record *after = io_record_new();

    replay(&after->start, record, events, fate, context);
    state_copy(&after->now, &after->start);
    return after;
}

/* What is read when a failed sync has dropped everything that it could not write. */
static enum io_fate drop(void *context, size_t event, size_t write_len, size_t *bytes)
{
    const struct io_record *record = context;

    (void)write_len;
    (void)bytes;
    return of_data(record->events[event].kind) ? IO_LOST : IO_KEPT;
}

static void forget(struct io_record *record)
{
    struct state after;

    replay(&after, record, record->event_count, drop, record);
    state_free(&record->now);
    record->now = after;
}

/* ---- operations ---- */

/* Counts an operation; returns -errno if it is to fail. */
static int count(struct io_record *record)
{
    if (record->failure != 0 && record->operations++ == record->failing) {
        int failure = record->failure;

        record->failure = 0;
        return -failure;
    }
    record->operations += record->failure == 0;
    return 0;
}

static int record_open(void *context, const char *path, int flags, mode_t mode)
{
    struct io_record *record = context;
    int failed = count(record);
    int at = state_find(&record->now, path);
    struct event *event;
    int file;

    (void)mode;
    if (failed != 0)
        return failed;
    if (at >= 0 && (flags & O_CREAT) != 0 && (flags & O_EXCL) != 0)
        return -EEXIST;
    if (at < 0 && (flags & O_CREAT) == 0)
        return -ENOENT;
    if (at >= 0) {
        file = record->now.names[at].file;
        if ((flags & O_TRUNC) != 0) {
            note(record, EVENT_LENGTH, file);
            content_length(&record->now.files[file], 0);
        }
        return file;
    }
    file = state_new_file(&record->now);
    event = note(record, EVENT_CREATE, file);
    event->from = copy_text(path);
    state_name(&record->now, path, file);
    return file;
}

static int record_close(void *context, int fd)
{
    (void)fd;
    return count(context);
}

static ssize_t record_pread(void *context, int fd, void *buffer, size_t len, off_t offset)
{
    struct io_record *record = context;
    const struct content *content = &record->now.files[fd];
    int failed = count(record);
    size_t at = (size_t)offset;

    if (failed != 0)
        return failed;
    if (at >= content->len)
        return 0;
    if (len > content->len - at)
        len = content->len - at;
    memcpy(buffer, content->bytes + at, len);
    return (ssize_t)len;
}

static ssize_t record_pwrite(void *context, int fd, const void *buffer, size_t len, off_t offset)
{
    struct io_record *record = context;
    int failed = count(record);
    size_t part = failed != 0 ? len / 2 : len;
    struct event *event;

    if (failed == 0 && (size_t)offset + len > record->limit) {
        failed = -ENOSPC;
        part = (size_t)offset < record->limit ? record->limit - (size_t)offset : 0;
    }
    if (part > 0) {
        event = note(record, EVENT_WRITE, fd);
        event->offset = (size_t)offset;
        event->bytes = need(malloc(part));
        memcpy(event->bytes, buffer, part);
        event->len = part;
        content_write(&record->now.files[fd], buffer, part, (size_t)offset);
    }
    return failed != 0 ? failed : (ssize_t)len;
}

static int record_ftruncate(void *context, int fd, off_t len)
{
    struct io_record *record = context;
    int failed = count(record);

    if (failed != 0)
        return failed;
    note(record, EVENT_LENGTH, fd)->offset = (size_t)len;
    content_length(&record->now.files[fd], (size_t)len);
    return 0;
}

static int record_fdatasync(void *context, int fd)
{
    struct io_record *record = context;
    int failed = count(record);

    note(record, failed != 0 ? EVENT_SYNC_FAILED : EVENT_SYNC, fd);
    if (failed != 0 && record->forgetful)
        forget(record);
    return failed;
}

static int64_t record_size(void *context, int fd)
{
    struct io_record *record = context;
    int failed = count(record);

    return failed != 0 ? failed : (int64_t)record->now.files[fd].len;
}

static int record_rename(void *context, const char *from, const char *to)
{
    struct io_record *record = context;
    int failed = count(record);
    struct event *event;

    if (failed != 0)
        return failed;
    if (state_find(&record->now, from) < 0)
        return -ENOENT;
    event = note(record, EVENT_RENAME, -1);
    event->from = copy_text(from);
    event->to = copy_text(to);
    apply(&record->now, event, IO_KEPT, 0);
    return 0;
}

static int record_unlink(void *context, const char *path)
{
    struct io_record *record = context;
    int failed = count(record);
    struct event *event;

    if (failed != 0)
        return failed;
    if (state_find(&record->now, path) < 0)
        return -ENOENT;
    event = note(record, EVENT_UNLINK, -1);
    event->from = copy_text(path);
    apply(&record->now, event, IO_KEPT, 0);
    return 0;
}

static int record_sync_dir(void *context, const char *path)
{
    struct io_record *record = context;
    int failed = count(record);

    (void)path;
    if (failed == 0)
        note(record, EVENT_SYNC_DIR, -1);
    return failed;
}

/* ---- for the tests ---- */

struct io_record *io_record_new(void)
{
    struct io_record *record = need(calloc(1, sizeof(*record)));

    record->limit = SIZE_MAX;
    record->io = (struct io){
        .context = record,
        .open = record_open,
        .close = record_close,
        .pread = record_pread,
        .pwrite = record_pwrite,
        .ftruncate = record_ftruncate,
        .fdatasync = record_fdatasync,
        .size = record_size,
        .rename = record_rename,
        .unlink = record_unlink,
        .sync_dir = record_sync_dir,
    };
    return record;
}

void io_record_free(struct io_record *record)
{
    if (record == NULL)
        return;
    for (size_t i = 0; i < record->event_count; i++) {
        free(record->events[i].bytes);
        free(record->events[i].from);
        free(record->events[i].to);
    }
    free(record->events);
    state_free(&record->start);
    state_free(&record->now);
    free(record);
}

const struct io *io_record_io(struct io_record *record)
{
    return &record->io;
}

void io_record_put(struct io_record *record, const char *path, const void *bytes, size_t len)
{
    if (record->event_count > 0)
        abort();
    for (int i = 0; i < 2; i++) {
        struct state *state = i == 0 ? &record->start : &record->now;
        int file = state_new_file(state);

        content_write(&state->files[file], bytes, len, 0);
        state_name(state, path, file);
    }
}

uint8_t *io_record_get(const struct io_record *record, const char *path, size_t *len)
{
    int at = state_find(&record->now, path);
    const struct content *content;
    uint8_t *copy;

    if (at < 0)
        return NULL;
    content = &record->now.files[record->now.names[at].file];
    copy = need(calloc(1, content->len + 1));
    if (content->len > 0)
        memcpy(copy, content->bytes, content->len);
    *len = content->len;
    return copy;
}

size_t io_record_names(const struct io_record *record)
{
    return record->now.name_count;
}

size_t io_record_events(const struct io_record *record)
{
    return record->event_count;
}

size_t io_record_operations(const struct io_record *record)
{
    return record->operations;
}

void io_record_fail(struct io_record *record, size_t operation, int error)
{
    record->failing = record->operations + operation;
    record->failure = error;
}

void io_record_limit(struct io_record *record, size_t bytes)
{
    record->limit = bytes;
}

void io_record_forgetful(struct io_record *record, bool forgetful)
{
    record->forgetful = forgetful;
}

/* ---- fates ---- */

enum io_fate io_fate_drawn(void *context, size_t event, size_t write_len, size_t *bytes)
{
    struct test_random *random = context;

    (void)event;
    switch (test_random_below(random, write_len > 0 ? 4 : 2)) {
    case 0:
        return IO_LOST;
    case 1:
        return IO_KEPT;
    case 2:
        *bytes = test_random_below(random, (uint32_t)write_len);
        return IO_TORN;
    default:
        *bytes = (size_t)test_random_u64(random);
        return IO_HOLED;
    }
}

enum io_fate io_fate_lost(void *context, size_t event, size_t write_len, size_t *bytes)
{
    (void)context;
    (void)event;
    (void)write_len;
    (void)bytes;
    return IO_LOST;
}

enum io_fate io_fate_kept(void *context, size_t event, size_t write_len, size_t *bytes)
{
    (void)io_fate_lost(context, event, write_len, bytes);
    return IO_KEPT;
}
