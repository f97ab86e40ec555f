// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * fuzz_headerfile: a header file of any content, on a disk in memory.
 *
 * The first byte chooses what the others are: 0 the whole file; 1 what stands behind a good file
 * header; 2 edits of a good file (three bytes each: place low, place high, what to do), which get
 * past the checksum and the proof of work that random bytes do not have.
 *
 * Whatever it is: it opens, and then stays as it is and takes headers; or it is refused and not
 * touched. A snapshot never writes.
 */
#include "config.h"

#include "monitor/store/headerfile.h"
#include "monitor/store/headerfile_internal.h"
#include "tests/support/io_record.h"
#include "tests/support/records.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATH "headers.dat"
#define CHAIN 24
#define BYTES_MAX 20000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool truth, const char *what)
{
    if (truth)
        return;
    fprintf(stderr, "fuzz_headerfile: %s\n", what);
    abort();
}

static const struct params *tidenet(void)
{
    return params_get(NETWORK_TIDENET);
}

static struct headerfile *open_file(struct io_record *disk, bool read_only,
                                    struct headerfile_opened *opened)
{
    struct headerfile_options options = {.io = io_record_io(disk),
                                         .path = PATH,
                                         .params = tidenet(),
                                         .read_only = read_only,
                                         .now = 1700000000};

    return headerfile_open(&options, opened);
}

/* A good file header and, at out, its base. */
static size_t put_start(uint8_t *out)
{
    struct headerfile_base base = headerfile_base_complete(tidenet(), NULL);

    headerfile_start_encode(out, tidenet(), &base);
    return HEADERFILE_START_SIZE;
}

/* Edits of a file; its new length. */
static size_t edit(uint8_t *bytes, size_t len, const uint8_t *script, size_t size)
{
    for (; size >= 3 && len > 0; script += 3, size -= 3) {
        size_t at = ((size_t)script[0] | (size_t)script[1] << 8) % len;
        uint8_t what = script[2];

        if (what < 128) { /* other bits */
            bytes[at] ^= (uint8_t)(what + 1);
        } else if (what < 160) { /* bytes are gone */
            size_t gone = (size_t)(what - 127) * 8;

            gone = gone > len - at ? len - at : gone;
            memmove(bytes + at, bytes + at + gone, len - at - gone);
            len -= gone;
        } else if (what < 192) { /* zeros */
            size_t zeros = (size_t)(what - 159) * 16;

            memset(bytes + at, 0, zeros > len - at ? len - at : zeros);
        } else if (what < 224) { /* a stretch comes a second time */
            size_t more = (size_t)(what - 191) * 20;

            more = more > len - at ? len - at : more;
            if (len + more <= BYTES_MAX) {
                memmove(bytes + at + more, bytes + at, len - at);
                len += more;
            }
        } else { /* the end */
            len = at;
        }
    }
    return len;
}

static size_t build(uint8_t bytes[BYTES_MAX], const struct records *chain, const uint8_t *data,
                    size_t size)
{
    uint8_t mode = size > 0 ? data[0] : 0;
    size_t len = 0;

    if (size > 0) {
        data++;
        size--;
    }
    if (mode == 1)
        len = put_start(bytes);
    if (mode == 2) {
        len = put_start(bytes);
        memcpy(bytes + len, records_at(chain, 1), (chain->count - 1) * HEADER_SIZE);
        len += (chain->count - 1) * HEADER_SIZE;
        return edit(bytes, len, data, size);
    }
    if (size > BYTES_MAX - len)
        size = BYTES_MAX - len;
    if (size > 0)
        memcpy(bytes + len, data, size);
    return len + size;
}

/* Takes the chain, and reads back what it has. */
static void use(struct headerfile *file, const struct records *chain)
{
    struct accept_options options = {.now = INT32_MAX};
    enum headerfile_status status;
    struct tree *tree = headerfile_tree(file);

    (void)headerfile_accept(file, &status, &options, chain->bytes, HEADER_SIZE, chain->count);
    demand(status == HEADERFILE_OK, "a good file does not take headers");
    demand(headerfile_sync(file) == HEADERFILE_OK, "a good file does not sync");
    for (uint32_t i = 0; i < tree_count(tree); i++) {
        uint8_t raw[HEADER_SIZE];
        struct hash256 hash;

        demand(headerfile_read(file, raw, i, 1), "a record cannot be read");
        header_hash(&hash, raw);
        demand(tree_find(tree, &hash, NULL) == i, "a record is not the tree's");
    }
}

static void try_snapshot(struct io_record *disk)
{
    struct headerfile_opened opened;
    size_t before = io_record_events(disk);
    struct headerfile *file = open_file(disk, true, &opened);

    demand(file != NULL || opened.message[0] != '\0', "no file and no reason");
    headerfile_close(file);
    demand(io_record_events(disk) == before, "a snapshot has written");
}

static void try_file(struct io_record *disk, const struct records *chain, const uint8_t *bytes,
                     size_t len)
{
    struct headerfile_opened opened;
    struct headerfile *file = open_file(disk, false, &opened);
    uint32_t count;

    if (file == NULL) {
        size_t after_len = 0;
        uint8_t *after = io_record_get(disk, PATH, &after_len);

        demand(opened.message[0] != '\0', "no file and no reason");
        demand(after_len == len && memcmp(after, bytes, len) == 0, "refused and changed");
        free(after);
        return;
    }
    count = tree_count(headerfile_tree(file));
    demand(count == opened.headers && headerfile_durable(file) == count, "counts differ");
    headerfile_close(file);
    file = open_file(disk, false, &opened);
    demand(file != NULL && !opened.repaired, "a repaired file is repaired again");
    demand(opened.headers == count, "a repaired file has other headers");
    use(file, chain);
    count = tree_count(headerfile_tree(file));
    headerfile_close(file);
    file = open_file(disk, false, &opened);
    demand(file != NULL && !opened.repaired && opened.headers == count, "what was stored is gone");
    headerfile_close(file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct records chain; /* mined once */
    uint8_t *bytes = malloc(BYTES_MAX);
    struct io_record *disk = io_record_new();
    size_t len;

    demand(bytes != NULL, "out of memory");
    if (chain.count == 0)
        records_mine(&chain, tidenet(), CHAIN, 600, 1);
    len = build(bytes, &chain, data, size);
    io_record_put(disk, PATH, bytes, len);
    try_snapshot(disk);
    try_file(disk, &chain, bytes, len);
    io_record_free(disk);
    free(bytes);
    return 0;
}
