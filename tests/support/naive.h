// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * naive: the header rules a second time, slowly and in plain sight: a list of headers, in which
 * everything is looked up by walking, sorted when a median is wanted, and reckoned byte by byte.
 * It shares with chain/ only the types and the plain SHA-256.
 */
#ifndef HASHTIDE_TESTS_SUPPORT_NAIVE_H
#define HASHTIDE_TESTS_SUPPORT_NAIVE_H

#include "chain/header.h"
#include "chain/params.h"
#include "chain/verdict.h"
#include "tests/support/slow.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NAIVE_NONE SIZE_MAX

struct naive_header {
    struct header header;
    size_t parent; /* NAIVE_NONE for the base */
    uint32_t height;
    struct slow work; /* through this header */
};

struct naive {
    const struct params *params;
    struct naive_header *all; /* valid ones, in order of arrival */
    struct hash256 *hashes;   /* theirs */
    size_t count;
    size_t capacity;
    struct hash256 invalid[64]; /* known to be invalid for ever */
    size_t invalid_count;
    uint32_t memo_bits; /* memo_work is their work; 0 stands for 0 */
    struct slow memo_work;
};

/** What is told to naive_judge(). */
struct naive_options {
    int64_t now;
    bool ignore_future;
    struct slow minimum_work;
};

/** Begins with one header. work: through it. */
void naive_init(struct naive *naive, const struct params *params, const uint8_t raw[HEADER_SIZE],
                uint32_t height, const struct slow *work);
void naive_free(struct naive *naive);
/** Forgets all headers from count on, and all that are invalid. */
void naive_truncate(struct naive *naive, size_t count);

/** Judges a header; keeps it when it is valid. *broken: the rules it breaks, all of them. */
enum verdict naive_judge(struct naive *naive, uint32_t *broken, const uint8_t raw[HEADER_SIZE],
                         const struct naive_options *options);

/** Index of a valid header, or NAIVE_NONE. */
size_t naive_find(const struct naive *naive, const struct hash256 *hash);
/** nBits for a child of a header. */
uint32_t naive_bits(const struct naive *naive, size_t parent, uint32_t time);
/** Median time past of a header; false in an anchored list with fewer than 11 times. */
bool naive_median(const struct naive *naive, uint32_t *median, size_t index);
/** Most work, first seen. */
size_t naive_best(const struct naive *naive);

#endif
