// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * records: see records.h.
 */
#include "config.h"

#include "tests/support/records.h"

#include "chain/mine.h"
#include "tests/support/random.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void die(const char *what)
{
    fprintf(stderr, "test support: %s\n", what);
    abort();
}

void records_append(struct records *records, const uint8_t raw[HEADER_SIZE])
{
    if (records->count == records->capacity) {
        records->capacity += records->capacity / 2 + 64;
        records->bytes = realloc(records->bytes, records->capacity * HEADER_SIZE);
        if (records->bytes == NULL)
            die("out of memory");
    }
    memcpy(records->bytes + records->count++ * HEADER_SIZE, raw, HEADER_SIZE);
}

const uint8_t *records_at(const struct records *records, size_t i)
{
    if (i >= records->count)
        die("no such record");
    return records->bytes + i * HEADER_SIZE;
}

void records_free(struct records *records)
{
    free(records->bytes);
    *records = (struct records){0};
}

static bool read_record(void *context, uint8_t raw[HEADER_SIZE], uint32_t index)
{
    struct records *records = context;

    records->reads++;
    if (records->broken)
        return false;
    memcpy(raw, records_at(records, index), HEADER_SIZE);
    return true;
}

struct tree_source records_source(struct records *records)
{
    return (struct tree_source){.context = records, .read = read_record};
}

bool records_each(void *context, const struct judgement *judgement, const struct header *header,
                  const struct hash256 *hash, const uint8_t raw[HEADER_SIZE], uint32_t index,
                  uint32_t height)
{
    struct records *records = context;

    (void)header;
    (void)hash;
    (void)height;
    if (judgement->verdict == VERDICT_VALID) {
        if (index != records->count)
            die("headers are not numbered in order");
        records_append(records, raw);
    }
    return true;
}

void records_mine(struct records *records, const struct params *params, size_t count,
                  uint32_t spacing, uint64_t seed)
{
    struct test_random random = test_random_init(seed, 0);
    struct context context;

    context_genesis(&context, params);
    records_append(records, params->genesis);
    while (records->count < count) {
        /* Never back by more than a spacing, so the median time past is never reached. */
        uint32_t time = context.time + spacing / 2 + test_random_below(&random, spacing + 1);
        struct header header;
        struct hash256 hash;
        uint8_t raw[HEADER_SIZE];

        memset(&header.merkle_root, 0, sizeof(header.merkle_root));
        memcpy(header.merkle_root.bytes, &seed, sizeof(seed));
        if (!mine_child(&header, &hash, params, &context, time))
            die("no nonce");
        header_encode(raw, &header);
        records_append(records, raw);
        context_advance(&context, params, &header, &hash);
    }
}

bool shared_path(char *buffer, size_t size, const char *name)
{
    const char *folder = getenv("HASHTIDE_SHARED");
    FILE *file;

    if (folder == NULL || *folder == '\0') {
        printf("skipped: HASHTIDE_SHARED is not set (wanted: %s)\n", name);
        return false;
    }
    (void)snprintf(buffer, size, "%s/%s", folder, name);
    file = fopen(buffer, "rb");
    if (file == NULL) {
        printf("skipped: no %s\n", buffer);
        return false;
    }
    fclose(file);
    return true;
}

bool records_load_shared(struct records *records, const char *name)
{
    uint8_t raw[HEADER_SIZE];
    char path[4096];
    FILE *file;

    if (!shared_path(path, sizeof(path), name))
        return false;
    file = fopen(path, "rb");
    if (file == NULL)
        die("cannot open shared data");
    while (fread(raw, HEADER_SIZE, 1, file) == 1)
        records_append(records, raw);
    fclose(file);
    return true;
}
