// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * records: a growing array of 80-byte headers; in tests it takes the header file's place as a
 * tree's source.
 */
#ifndef HASHTIDE_TESTS_SUPPORT_RECORDS_H
#define HASHTIDE_TESTS_SUPPORT_RECORDS_H

#include "chain/accept.h"
#include "chain/header.h"
#include "chain/params.h"
#include "chain/tree.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct records {
    uint8_t *bytes; /* count * HEADER_SIZE, then room */
    size_t count;
    size_t capacity;
    bool broken;  /* when set, reading from the source fails */
    size_t reads; /* from the source */
};

/** Appends one header. Ends the test program when memory is short. */
void records_append(struct records *records, const uint8_t raw[HEADER_SIZE]);
const uint8_t *records_at(const struct records *records, size_t i);
void records_free(struct records *records);
/** The records as a tree's source: number i is index i. */
struct tree_source records_source(struct records *records);
/** An accept_each_fn whose context is a struct records: appends what was added. */
bool records_each(void *context, const struct judgement *judgement, const struct header *header,
                  const struct hash256 *hash, const uint8_t raw[HEADER_SIZE], uint32_t index,
                  uint32_t height);

/**
 * Appends a mined tidenet or regtest chain of count headers, genesis included, to empty records.
 * Blocks come every spacing seconds on average; tidenet's difficulty grows where spacing is below
 * 600.
 */
void records_mine(struct records *records, const struct params *params, size_t count,
                  uint32_t spacing, uint64_t seed);

/**
 * Appends the 80-byte records of a file of the shared data set ("headers/signet-0-2015.bin"). False
 * when the data set or the file is absent: then it has said so, and the test is to be skipped.
 */
bool records_load_shared(struct records *records, const char *name);
/** Path of a file of the shared data set in buffer, or false (said) when it is absent. */
bool shared_path(char *buffer, size_t size, const char *name);

#endif
