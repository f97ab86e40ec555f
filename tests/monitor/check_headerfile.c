// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Goal of this test: whatever a header file has been through, it opens up to its last good header,
 * what was bad is set aside, what still validates is back; and what is no header file of ours is
 * refused and not touched.
 */
#include "config.h"

#include "chain/mine.h"
#include "monitor/store/headerfile.h"
#include "monitor/store/headerfile_internal.h"
#include "tests/support/check.h"
#include "tests/support/random.h"
#include "tests/support/records.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHAIN 300
#define NOW 1700000000

/** A temporary directory with a header file in it, and the chain that goes in. */
struct bench {
    char folder[64];
    char path[96];
    int64_t now; /* moves on with each opening, so that what is set aside has a name of its own */
    struct records chain;
    struct headerfile_opened opened;
};

static const struct params *tidenet(void)
{
    return params_get(NETWORK_TIDENET);
}

static void bench_start(struct bench *bench)
{
    memset(bench, 0, sizeof(*bench));
    snprintf(bench->folder, sizeof(bench->folder), "headerfile-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(bench->folder));
    snprintf(bench->path, sizeof(bench->path), "%s/headers.dat", bench->folder);
    records_mine(&bench->chain, tidenet(), CHAIN, 600, test_seed());
}

static void bench_end(struct bench *bench)
{
    char command[128];

    snprintf(command, sizeof(command), "rm -rf %s", bench->folder);
    ck_assert_int_eq(system(command), 0);
    records_free(&bench->chain);
}

static struct headerfile *open_with(struct bench *bench, const struct headerfile_base *base,
                                    const struct params *params, bool read_only)
{
    struct headerfile_options options = {.io = io_system(),
                                         .path = bench->path,
                                         .params = params,
                                         .base = base,
                                         .read_only = read_only,
                                         .now = NOW + bench->now++};

    return headerfile_open(&options, &bench->opened);
}

static struct headerfile *reopen(struct bench *bench)
{
    struct headerfile *file = open_with(bench, NULL, tidenet(), false);

    ck_assert_msg(file != NULL, "%s", bench->opened.message);
    return file;
}

static struct accept_result feed(struct headerfile *file, const uint8_t *raw, size_t count)
{
    struct accept_options options = {.now = INT32_MAX};
    enum headerfile_status status;
    struct accept_result result =
        headerfile_accept(file, &status, &options, raw, HEADER_SIZE, count);

    ck_assert_int_eq(status, HEADERFILE_OK);
    return result;
}

/* A file with the whole chain in it. */
static void fill(struct bench *bench)
{
    struct headerfile *file = reopen(bench);
    struct accept_result result = feed(file, bench->chain.bytes, bench->chain.count);

    ck_assert_uint_eq(result.accepted, bench->chain.count - 1);
    ck_assert_uint_eq(result.duplicate, 1);
    ck_assert_uint_eq(headerfile_durable(file), 1);
    ck_assert_int_eq(headerfile_sync(file), HEADERFILE_OK);
    ck_assert_uint_eq(headerfile_durable(file), bench->chain.count);
    headerfile_close(file);
}

static size_t slurp(const char *path, uint8_t **out)
{
    FILE *file = fopen(path, "rb");
    size_t len;

    ck_assert_ptr_nonnull(file);
    *out = calloc(1, 1 << 20);
    len = fread(*out, 1, 1 << 20, file);
    fclose(file);
    return len;
}

static void spill(const char *path, const uint8_t *bytes, size_t len)
{
    FILE *file = fopen(path, "wb");

    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(bytes, 1, len, file), len);
    fclose(file);
}

static void flip(const char *path, size_t byte, unsigned bit)
{
    uint8_t *bytes;
    size_t len = slurp(path, &bytes);

    bytes[byte] ^= (uint8_t)(1u << bit);
    spill(path, bytes, len);
    free(bytes);
}

static bool holds(struct headerfile *file, const uint8_t *raw)
{
    struct hash256 hash;

    header_hash(&hash, raw);
    return tree_find(headerfile_tree(file), &hash, NULL) != TREE_NONE;
}

/* Everything the tree has can be read back as it is. */
static void assert_sound(struct headerfile *file)
{
    struct tree *tree = headerfile_tree(file);

    for (uint32_t i = 0; i < tree_count(tree); i++) {
        uint8_t raw[HEADER_SIZE];
        struct hash256 hash;

        ck_assert(headerfile_read(file, raw, i, 1));
        header_hash(&hash, raw);
        ck_assert_uint_eq(tree_find(tree, &hash, NULL), i);
    }
}

START_TEST(what_is_stored_is_there_again)
{
    struct bench bench;
    struct headerfile *file;

    bench_start(&bench);
    fill(&bench);
    ck_assert(bench.opened.created);
    file = reopen(&bench);
    ck_assert(!bench.opened.created && !bench.opened.repaired);
    ck_assert_uint_eq(tree_count(headerfile_tree(file)), CHAIN);
    ck_assert_uint_eq(headerfile_durable(file), CHAIN);
    assert_sound(file);
    headerfile_close(file);
    bench_end(&bench);
}
END_TEST

START_TEST(every_truncation_opens)
{
    struct bench bench;
    uint8_t *bytes;
    size_t len;

    bench_start(&bench);
    fill(&bench);
    len = slurp(bench.path, &bytes);
    for (size_t cut = 0; cut < len; cut += cut < 700 ? 1 : 997) {
        size_t records =
            cut < HEADERFILE_START_SIZE ? 1 : (cut - HEADERFILE_PRELUDE_SIZE) / HEADER_SIZE;
        struct headerfile *file;

        spill(bench.path, bytes, cut);
        file = reopen(&bench);
        ck_assert_uint_eq(tree_count(headerfile_tree(file)), records);
        ck_assert_int_eq(bench.opened.repaired,
                         cut < HEADERFILE_START_SIZE || cut % HEADER_SIZE != 0);
        feed(file, bench.chain.bytes, bench.chain.count);
        headerfile_close(file);
        file = reopen(&bench);
        ck_assert(!bench.opened.repaired);
        ck_assert_uint_eq(tree_count(headerfile_tree(file)), CHAIN);
        headerfile_close(file);
    }
    free(bytes);
    bench_end(&bench);
}
END_TEST

START_TEST(one_flipped_bit_in_the_start_is_mended)
{
    struct bench bench;

    bench_start(&bench);
    fill(&bench);
    for (size_t bit = 0; bit < 8 * HEADERFILE_START_SIZE; bit += 23) {
        struct headerfile *file;

        flip(bench.path, bit / 8, bit % 8);
        file = reopen(&bench);
        ck_assert(bench.opened.repaired);
        ck_assert_uint_eq(tree_count(headerfile_tree(file)), CHAIN);
        headerfile_close(file);
        file = reopen(&bench);
        ck_assert(!bench.opened.repaired);
        headerfile_close(file);
    }
    bench_end(&bench);
}
END_TEST

START_TEST(a_lost_file_header_is_written_again)
{
    static const uint8_t junk[HEADERFILE_PRELUDE_SIZE] = "what is this?";
    static const uint8_t nothing[HEADERFILE_START_SIZE];
    struct bench bench;
    struct headerfile *file;
    uint8_t *bytes;
    size_t len;

    bench_start(&bench);
    fill(&bench);
    len = slurp(bench.path, &bytes);
    memcpy(bytes, junk, sizeof(junk));
    spill(bench.path, bytes, len);
    file = reopen(&bench);
    ck_assert(bench.opened.repaired);
    ck_assert_uint_eq(tree_count(headerfile_tree(file)), CHAIN);
    headerfile_close(file);
    memcpy(bytes, nothing, sizeof(nothing));
    spill(bench.path, bytes, len);
    file = reopen(&bench);
    ck_assert(bench.opened.repaired);
    ck_assert_uint_eq(tree_count(headerfile_tree(file)), CHAIN);
    assert_sound(file);
    headerfile_close(file);
    free(bytes);
    bench_end(&bench);
}
END_TEST

static void assert_refused_unchanged(struct bench *bench, const struct params *params,
                                     const uint8_t *bytes, size_t len, const char *word)
{
    struct headerfile *file;
    uint8_t *after;

    spill(bench->path, bytes, len);
    file = open_with(bench, NULL, params, false);
    ck_assert_ptr_null(file);
    ck_assert_msg(strstr(bench->opened.message, word) != NULL, "%s", bench->opened.message);
    ck_assert_uint_eq(slurp(bench->path, &after), len);
    ck_assert_mem_eq(bytes, after, len);
    free(after);
}

START_TEST(what_is_no_header_file_is_refused)
{
    struct bench bench;
    uint8_t *bytes;
    uint8_t noise[1000];
    size_t len;
    struct test_random random = test_random_init(test_seed(), 1);

    bench_start(&bench);
    fill(&bench);
    len = slurp(bench.path, &bytes);
    test_random_fill(&random, noise, sizeof(noise));
    assert_refused_unchanged(&bench, params_get(NETWORK_MAIN), bytes, len, "tidenet");
    assert_refused_unchanged(&bench, tidenet(), noise, sizeof(noise), "no header file");
    assert_refused_unchanged(&bench, tidenet(), noise, 50, "no header file");
    assert_refused_unchanged(&bench, tidenet(), bench.chain.bytes, 5 * HEADER_SIZE, "import");
    free(bytes);
    bench_end(&bench);
}
END_TEST

START_TEST(bad_records_are_set_aside_and_good_ones_come_back)
{
    struct bench bench;
    struct headerfile *file;
    uint8_t *bytes;
    uint8_t *aside;
    size_t len;
    size_t hole = headerfile_offset(100);

    bench_start(&bench);
    fill(&bench);
    len = slurp(bench.path, &bytes);
    memset(bytes + hole, 0, 512); /* records 100 to 106 */
    spill(bench.path, bytes, len);
    file = reopen(&bench);
    ck_assert(bench.opened.repaired);
    ck_assert_uint_eq(tree_count(headerfile_tree(file)), 100);
    ck_assert_uint_eq(bench.opened.set_aside, CHAIN - 100);
    ck_assert_uint_eq(bench.opened.reattached, 0);
    ck_assert_uint_eq(slurp(bench.opened.bad_path, &aside), len - hole);
    ck_assert_mem_eq(aside, bytes + hole, len - hole);
    free(aside);
    ck_assert_uint_eq(feed(file, bench.chain.bytes, CHAIN).accepted, CHAIN - 100);
    headerfile_close(file);
    free(bytes);
    bench_end(&bench);
}
END_TEST

START_TEST(a_hole_costs_only_what_hangs_on_it)
{
    struct bench bench;
    struct headerfile *file;
    struct records branch = {0};
    uint8_t *bytes;
    size_t len;

    /* The chain, then a branch of other headers from genesis; then the chain's record 50 rots. */
    bench_start(&bench);
    records_mine(&branch, tidenet(), 40, 600, test_seed() + 1);
    fill(&bench);
    file = reopen(&bench);
    ck_assert_uint_eq(feed(file, branch.bytes, branch.count).accepted, branch.count - 1);
    headerfile_close(file);
    len = slurp(bench.path, &bytes);
    memset(bytes + headerfile_offset(50), 0xee, HEADER_SIZE);
    memmove(bytes + headerfile_offset(CHAIN) + 3, bytes + headerfile_offset(CHAIN),
            len - headerfile_offset(CHAIN)); /* and three bytes have slipped in */
    spill(bench.path, bytes, len + 3);
    file = reopen(&bench);
    ck_assert_uint_eq(bench.opened.reattached, branch.count - 1);
    ck_assert_uint_eq(tree_count(headerfile_tree(file)), 50 + branch.count - 1);
    for (size_t i = 0; i < branch.count; i++)
        ck_assert(holds(file, records_at(&branch, i)));
    assert_sound(file);
    headerfile_close(file);
    file = reopen(&bench);
    ck_assert(!bench.opened.repaired);
    ck_assert_uint_eq(tree_count(headerfile_tree(file)), 50 + branch.count - 1);
    headerfile_close(file);
    free(bytes);
    records_free(&branch);
    bench_end(&bench);
}
END_TEST

START_TEST(one_flipped_bit_loses_nothing)
{
    struct bench bench;

    bench_start(&bench);
    fill(&bench);
    for (size_t byte = 4; byte < 36; byte += 5) { /* previous hash: found out whatever the work */
        struct headerfile *file;

        flip(bench.path, headerfile_offset(200) + byte, byte % 8);
        file = reopen(&bench);
        ck_assert(bench.opened.repaired);
        ck_assert_uint_eq(tree_count(headerfile_tree(file)), CHAIN);
        ck_assert_uint_eq(bench.opened.reattached, CHAIN - 200);
        assert_sound(file);
        headerfile_close(file);
        file = reopen(&bench);
        ck_assert(!bench.opened.repaired);
        headerfile_close(file);
    }
    bench_end(&bench);
}
END_TEST

START_TEST(a_snapshot_repairs_nothing)
{
    struct bench bench;
    struct headerfile *file;
    uint8_t *bytes;
    uint8_t *after;
    size_t len;

    bench_start(&bench);
    fill(&bench);
    len = slurp(bench.path, &bytes);
    spill(bench.path, bytes, len - 30);
    file = open_with(&bench, NULL, tidenet(), true);
    ck_assert_msg(file != NULL, "%s", bench.opened.message);
    ck_assert(!bench.opened.repaired);
    ck_assert_uint_eq(tree_count(headerfile_tree(file)), CHAIN - 1);
    headerfile_close(file);
    ck_assert_uint_eq(slurp(bench.path, &after), len - 30);
    ck_assert_int_eq(chmod(bench.path, 0400), 0);
    ck_assert_int_eq(unlink(bench.path), 0);
    ck_assert_ptr_null(open_with(&bench, NULL, tidenet(), true));
    ck_assert_int_eq(access(bench.path, F_OK), -1);
    free(bytes);
    free(after);
    bench_end(&bench);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        what_is_stored_is_there_again,
        every_truncation_opens,
        one_flipped_bit_in_the_start_is_mended,
        a_lost_file_header_is_written_again,
        what_is_no_header_file_is_refused,
        bad_records_are_set_aside_and_good_ones_come_back,
        a_hole_costs_only_what_hangs_on_it,
        one_flipped_bit_loses_nothing,
        a_snapshot_repairs_nothing,
    };

    return TEST_MAIN("headerfile", tests);
}
