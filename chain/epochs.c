// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * epochs: the table keeps what cannot be derived; chain work is added up when asked for: 2016 times
 * each earlier row's work, and one more of the row itself. That is a quarter of a millisecond for
 * the last row, and nobody asks often.
 */
#include "config.h"

#include "chain/epochs.h"

#include "chain/compact.h"
#include "chain/params.h"

#include <assert.h>

struct stored_row {
    uint32_t time;
    uint32_t bits;
    char hash[HASH256_HEX_SIZE];
};

static const struct stored_row rows[] = {
#include "chain/epochs_mainnet.inc"
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

size_t epochs_count(void)
{
    return ROWS;
}

/* Work before row i: 2016 blocks of each earlier row. */
static struct u256 work_before(size_t i)
{
    struct u256 total = u256_from_u64(0);

    for (size_t j = 0; j < i; j++) {
        struct u256 epoch =
            u256_mul_u64_saturating(compact_work(rows[j].bits), PARAMS_RETARGET_BLOCKS);

        total = u256_add_saturating(total, epoch);
    }
    return total;
}

struct epoch_row epochs_get(size_t i)
{
    struct epoch_row out;
    bool known;

    assert(i < ROWS);
    out.height = (uint32_t)i * PARAMS_RETARGET_BLOCKS;
    out.time = rows[i].time;
    out.bits = rows[i].bits;
    known = hash256_from_hex(&out.hash, rows[i].hash);
    assert(known);
    (void)known;
    out.chainwork = u256_add(work_before(i), compact_work(rows[i].bits));
    return out;
}

bool epochs_find(struct epoch_row *out, uint32_t height)
{
    if (height % PARAMS_RETARGET_BLOCKS != 0 || height / PARAMS_RETARGET_BLOCKS >= ROWS)
        return false;
    *out = epochs_get(height / PARAMS_RETARGET_BLOCKS);
    return true;
}
