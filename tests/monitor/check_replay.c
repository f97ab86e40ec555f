// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Goal of this test: what is known of the time before a store is what the built-in table says, and
 * what lies between the table and an anchor is known by the anchor's work or not at all.
 */
#include "config.h"

#include "chain/compact.h"
#include "chain/epochs.h"
#include "chain/header.h"
#include "chain/params.h"
#include "monitor/replay.h"
#include "tests/support/check.h"

#include <math.h>
#include <stdlib.h>

#define EPOCH PARAMS_RETARGET_BLOCKS
#define EXAHASH 1e18
/** Epochs between the table's last and the anchor's. */
#define BEYOND 3

/* A base at this height, stamped so. */
static struct headerfile_base base_at(uint32_t height, uint32_t time)
{
    struct headerfile_base base = {.height = height};
    struct header header = {.version = 4, .time = time, .bits = 0x17034219};

    header_encode(base.raw, &header);
    return base;
}

static void assert_rate(double rate, double wanted)
{
    ck_assert_msg(fabs(rate - wanted) <= 1e-9 * wanted, "%.15g, not %.15g", rate, wanted);
}

/* 2,015 blocks of this epoch and the first of the next, over the time between the first ones. */
static double rate_of(size_t epoch)
{
    struct epoch_row from = epochs_get(epoch);
    struct epoch_row to = epochs_get(epoch + 1);
    double work = (EPOCH - 1) * u256_to_double(compact_work(from.bits)) +
                  u256_to_double(compact_work(to.bits));

    return work / EXAHASH / ((double)to.time - (double)from.time);
}

START_TEST(test_table)
{
    size_t epoch = 1 + test_seed() % (epochs_count() - 1);
    struct epoch_row row = epochs_get(epoch);
    struct headerfile_base base = base_at(row.height, row.time);
    size_t count = 0;
    double *rates;

    base.work_known = true;
    base.chainwork = row.chainwork;
    rates = replay_past_rates(&count, params_get(NETWORK_MAIN), &base);
    ck_assert_uint_eq(count, epoch);
    for (size_t i = 0; i < epoch; i++)
        assert_rate(rates[i], rate_of(i));
    free(rates);
}
END_TEST

START_TEST(test_beyond_the_table)
{
    size_t rows = epochs_count();
    struct epoch_row last = epochs_get(rows - 1);
    struct headerfile_base base = base_at((uint32_t)(rows - 1 + BEYOND) * EPOCH,
                                          last.time + BEYOND * PARAMS_RETARGET_SECONDS);
    size_t count = 0;
    double *rates = replay_past_rates(&count, params_get(NETWORK_MAIN), &base);
    const double exahash_s = 900.0;
    struct u256 work = compact_work(last.bits); /* of a block ... */
    double more = 0.0;

    ck_assert_uint_eq(count, rows - 1 + BEYOND);
    assert_rate(rates[rows - 2], rate_of(rows - 2));
    for (size_t i = rows - 1; i < count; i++)
        ck_assert_double_eq(rates[i], 0.0);
    free(rates);
    /* ... of which there are as many as 900 EH/s would have found. */
    base.work_known = true;
    base.chainwork = last.chainwork;
    while (more < exahash_s * BEYOND * PARAMS_RETARGET_SECONDS) {
        base.chainwork = u256_add(base.chainwork, work);
        more += u256_to_double(work) / EXAHASH;
    }
    rates = replay_past_rates(&count, params_get(NETWORK_MAIN), &base);
    ck_assert_uint_eq(count, rows - 1 + BEYOND);
    for (size_t i = rows - 1; i < count; i++)
        assert_rate(rates[i], more / BEYOND / PARAMS_RETARGET_SECONDS);
    free(rates);
}
END_TEST

START_TEST(test_no_past)
{
    struct headerfile_base base = base_at(0, 1231006505);
    size_t count = 1;
    double *rates;

    ck_assert_ptr_null(replay_past_rates(&count, params_get(NETWORK_MAIN), &base));
    ck_assert_uint_eq(count, 0);
    base.height = 100 * EPOCH;
    ck_assert_ptr_null(replay_past_rates(&count, params_get(NETWORK_SIGNET), &base));
    /* An anchor stamped before the table's end is a lie, and says nothing. */
    base = base_at((uint32_t)epochs_count() * EPOCH, 1231006505);
    base.work_known = true;
    base.chainwork = u256_all_ones();
    rates = replay_past_rates(&count, params_get(NETWORK_MAIN), &base);
    ck_assert_double_eq(rates[count - 1], 0.0);
    free(rates);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {test_table, test_beyond_the_table, test_no_past};

    return TEST_MAIN("replay", tests);
}
