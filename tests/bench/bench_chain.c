// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * bench_chain: what hashing and verifying a chain of 950,000 headers costs, beside OpenSSL's double
 * hash of the same headers in the same run. One thread, all in memory. Each figure is the best of
 * some rounds: the machine's noise only ever adds.
 */
#include "config.h"

#include "chain/accept.h"
#include "chain/sha256.h"
#include "tests/support/random.h"
#include "tests/support/records.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#if HAVE_CRYPTO
#define OPENSSL_SUPPRESS_DEPRECATED /* the low-level calls are the fastest that it has */
#include <openssl/sha.h>
#endif

#define HEADERS 950000
/** A little below 600 s: the difficulty ends some twenty times higher. */
#define SPACING 596
#define ROUNDS 5

static double seconds(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* What is measured: does its work on all records. */
typedef void (*work_fn)(const struct records *records, struct hash256 *out);

static double best_of(work_fn work, const struct records *records, struct hash256 *out)
{
    double best = 1e9;

    for (int i = 0; i < ROUNDS; i++) {
        double start = seconds();
        double took;

        work(records, out);
        took = seconds() - start;
        if (took < best)
            best = took;
    }
    return best;
}

static void print_rate(const char *name, double took, double openssl)
{
    printf("%-44s %7.1f ns/header %6.2f M/s", name, took / HEADERS * 1e9, HEADERS / took * 1e-6);
    if (openssl > 0)
        printf("   %.2f x OpenSSL", openssl / took);
    printf("\n");
}

#if HAVE_CRYPTO
static void openssl_update(const struct records *records, struct hash256 *out)
{
    for (size_t i = 0; i < records->count; i++) {
        uint8_t first[SHA256_DIGEST_LENGTH];
        SHA256_CTX sha;

        SHA256_Init(&sha);
        SHA256_Update(&sha, records_at(records, i), HEADER_SIZE);
        SHA256_Final(first, &sha);
        SHA256_Init(&sha);
        SHA256_Update(&sha, first, sizeof(first));
        SHA256_Final(out[i].bytes, &sha);
    }
}

static void put_be32(uint8_t *p, uint32_t value)
{
    p[0] = (uint8_t)(value >> 24);
    p[1] = (uint8_t)(value >> 16);
    p[2] = (uint8_t)(value >> 8);
    p[3] = (uint8_t)value;
}

/* The bare compression with padding done by hand: the least that OpenSSL can be asked to do. */
static void openssl_transform(const struct records *records, struct hash256 *out)
{
    uint8_t tail[64] = {[16] = 0x80, [62] = HEADER_SIZE * 8 >> 8, [63] = HEADER_SIZE * 8 & 0xff};
    uint8_t second[64] = {[32] = 0x80, [62] = HASH256_SIZE * 8 >> 8};

    for (size_t i = 0; i < records->count; i++) {
        const uint8_t *raw = records_at(records, i);
        SHA256_CTX sha;

        SHA256_Init(&sha);
        SHA256_Transform(&sha, raw);
        memcpy(tail, raw + 64, 16);
        SHA256_Transform(&sha, tail);
        for (int word = 0; word < 8; word++)
            put_be32(second + 4 * word, sha.h[word]);
        SHA256_Init(&sha);
        SHA256_Transform(&sha, second);
        for (int word = 0; word < 8; word++)
            put_be32(out[i].bytes + 4 * word, sha.h[word]);
    }
}
#endif

static void ours_portable(const struct records *records, struct hash256 *out)
{
    sha256_portable()->headers(out, records->bytes, HEADER_SIZE, records->count);
}

static void ours_shani(const struct records *records, struct hash256 *out)
{
    sha256_shani()->headers(out, records->bytes, HEADER_SIZE, records->count);
}

/* One whole verification; the tree's memory goes to *memory. */
static double verify(struct records *records, size_t *memory)
{
    const struct params *params = params_get(NETWORK_TIDENET);
    struct accept_options options = {.now = INT32_MAX, .stop_at_invalid = true};
    struct context genesis;
    struct tree *tree;
    struct accept *accept;
    struct accept_result result;
    double start = seconds();

    context_genesis(&genesis, params);
    tree = tree_new(params, &genesis, params->genesis, records_source(records), records->count);
    accept = tree != NULL ? accept_new(tree) : NULL;
    if (accept == NULL)
        exit(1);
    result =
        accept_headers(accept, &options, records_at(records, 1), HEADER_SIZE, records->count - 1);
    if (result.accepted != records->count - 1) {
        fprintf(stderr, "bench_chain: a header of our own was refused\n");
        exit(1);
    }
    /* The index of hashes is brought up to date when one is sought: that belongs to the price. */
    if (tree_find(tree, &result.first_bad_hash, NULL) != TREE_NONE)
        exit(1);
    start = seconds() - start;
    *memory = tree_memory(tree);
    accept_free(accept);
    tree_free(tree);
    return start;
}

int main(void)
{
    struct records records = {0};
    struct hash256 *hashes = calloc(HEADERS, sizeof(*hashes));
    double openssl = 0;
    double best = 1e9;
    size_t memory = 0;

    if (hashes == NULL)
        return 1;
    printf("mining %d tidenet headers in memory\n", HEADERS);
    records_mine(&records, params_get(NETWORK_TIDENET), HEADERS, SPACING, 1);
#if HAVE_CRYPTO
    {
        double update = best_of(openssl_update, &records, hashes);
        double transform = best_of(openssl_transform, &records, hashes);

        print_rate("OpenSSL SHA256_Update, double hash", update, 0);
        print_rate("OpenSSL SHA256_Transform, double hash", transform, 0);
        openssl = update < transform ? update : transform;
    }
#else
    printf("built without OpenSSL: no yardstick\n");
#endif
    print_rate("hash, portable", best_of(ours_portable, &records, hashes), openssl);
    if (sha256_shani() != NULL)
        print_rate("hash, sha-ni", best_of(ours_shani, &records, hashes), openssl);
    for (int i = 0; i < ROUNDS; i++) {
        double took = verify(&records, &memory);

        best = took < best ? took : best;
    }
    print_rate("verify in full (hash, rules, tree)", best, openssl);
    printf("tree of %d headers: %.2f MB\n", HEADERS, (double)memory * 1e-6);
    records_free(&records);
    free(hashes);
    return 0;
}
