// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * export_fingerprint: marks in nonces and version bits, one row for each epoch, and whether they
 * have changed since the epoch before, and since a year before.
 *
 * A row depends on the chain and not on the range that was asked for: counting begins a year
 * earlier, as far as there are headers.
 */
#include "config.h"

#include "analysis/fingerprint.h"
#include "chain/params.h"
#include "monitor/export.h"

#include <math.h>

#define EPOCH PARAMS_RETARGET_BLOCKS
/** Epochs of a year, as FINGERPRINT_PAST has it: what a row is compared with lies so far back. */
#define YEAR FINGERPRINT_PAST

/** What is known while headers go by. */
struct walk {
    struct export *export;
    struct table *table;
    uint32_t number; /* of the epoch that is being counted */
    struct fingerprint now;
    struct fingerprint earlier[YEAR]; /* epoch n at n % YEAR; blocks 0: not known */
    struct fingerprint_past past[FINGERPRINT_GROUPS];
};

static void write_shares(struct table *table, const uint32_t *counts, size_t count, uint32_t blocks)
{
    for (size_t i = 0; i < count; i++)
        table_figure(table, (double)counts[i] / blocks);
}

static void write_evenness(struct table *table, const struct fingerprint *now,
                           enum fingerprint_group group)
{
    struct fingerprint_evenness evenness;
    bool known = fingerprint_evenness(&evenness, now, group);

    table_figure(table, known ? evenness.entropy : NAN);
    table_figure(table, known ? evenness.p : NAN);
}

/* One group beside the epoch before and the one a year before; what was usual until then. */
static void write_changes(struct walk *walk, enum fingerprint_group group)
{
    const struct fingerprint *before = &walk->earlier[(walk->number + YEAR - 1) % YEAR];
    const struct fingerprint *year = &walk->earlier[walk->number % YEAR];
    struct fingerprint_past *past = &walk->past[group];
    struct fingerprint_change change = fingerprint_change(before, &walk->now, group, past);
    struct fingerprint_change slow = fingerprint_change(year, &walk->now, group, past);
    bool known = change.freedom > 0;
    struct table *table = walk->table;

    table_figure(table, known ? change.statistic : NAN);
    if (known)
        table_integer(table, change.freedom);
    else
        table_null(table);
    table_figure(table, known ? change.p : NAN);
    table_figure(table, change.usual_known ? change.overdispersion : NAN);
    table_figure(table, change.usual_known ? change.p_usual : NAN);
    table_figure(table, known ? change.shift : NAN);
    table_figure(table, slow.usual_known ? slow.p_usual : NAN);
    table_figure(table, slow.freedom > 0 ? slow.shift : NAN);
}

static bool write_row(struct walk *walk)
{
    const struct fingerprint *now = &walk->now;
    struct table *table = walk->table;
    uint32_t first = walk->number * EPOCH;

    table_integer(table, walk->number);
    table_integer(table, first);
    table_integer(table, now->blocks);
    for (unsigned group = FINGERPRINT_LOW; group <= FINGERPRINT_TOP; group++)
        write_shares(table, now->cells[group], FINGERPRINT_CELLS, now->blocks);
    write_shares(table, now->bits, FINGERPRINT_ROLL_BITS, now->blocks);
    write_shares(table, &now->rolled, 1, now->blocks);
    write_shares(table, &now->prefixed, 1, now->blocks);
    write_shares(table, &now->signalled, 1, now->blocks);
    for (unsigned group = FINGERPRINT_LOW; group <= FINGERPRINT_TOP; group++)
        write_evenness(table, now, group);
    for (unsigned group = 0; group < FINGERPRINT_GROUPS; group++)
        write_changes(walk, group);
    table_end_row(table);
    return !table_failed(table);
}

/* The epoch's last block has come, or the chain's: a row, if it is wanted; then on to the next. */
static bool finish_epoch(struct walk *walk)
{
    const struct fingerprint *before = &walk->earlier[(walk->number + YEAR - 1) % YEAR];

    if (walk->now.blocks == 0)
        return true;
    if (walk->number >= walk->export->from / EPOCH && !write_row(walk))
        return false;
    if (walk->now.blocks < EPOCH) /* a part of an epoch is nothing to compare with */
        walk->now = (struct fingerprint){0};
    for (unsigned group = 0; group < FINGERPRINT_GROUPS; group++) {
        struct fingerprint_change change = fingerprint_change(before, &walk->now, group, NULL);

        fingerprint_remember(&walk->past[group], &change);
    }
    walk->earlier[walk->number % YEAR] = walk->now;
    walk->now = (struct fingerprint){0};
    walk->number++;
    return true;
}

static bool take(void *context, const struct export_header *at)
{
    struct walk *walk = context;
    struct header header;

    header_decode(&header, at->raw);
    fingerprint_add(&walk->now, header.version, header.nonce);
    return (at->height + 1) % EPOCH != 0 || finish_epoch(walk);
}

static bool write(struct export *export, struct table *table, enum table_format format)
{
    struct walk walk = {.export = export, .table = table};
    uint32_t base = tree_base_height(export->tree);
    uint32_t tip = tree_get(export->tree, tree_best(export->tree)).height;
    uint32_t wanted, last, start;

    (void)format;
    if (export->empty)
        return true;
    wanted = export->from / EPOCH;
    last = export->to / EPOCH * EPOCH + (EPOCH - 1);
    start = wanted > YEAR + 1 ? (wanted - (YEAR + 1)) * EPOCH : 0;
    start = start > base ? start : base;
    walk.number = start / EPOCH;
    return export_each_header(export, start, last < tip ? last : tip, take, &walk) &&
           finish_epoch(&walk);
}

/* clang-format off */
/** 16 columns of shares. */
#define DIGITS(name, text)                       \
    {name "_0", TABLE_NUMBER, text " are 0."},   \
    {name "_1", TABLE_NUMBER, text " are 1."},   \
    {name "_2", TABLE_NUMBER, text " are 2."},   \
    {name "_3", TABLE_NUMBER, text " are 3."},   \
    {name "_4", TABLE_NUMBER, text " are 4."},   \
    {name "_5", TABLE_NUMBER, text " are 5."},   \
    {name "_6", TABLE_NUMBER, text " are 6."},   \
    {name "_7", TABLE_NUMBER, text " are 7."},   \
    {name "_8", TABLE_NUMBER, text " are 8."},   \
    {name "_9", TABLE_NUMBER, text " are 9."},   \
    {name "_10", TABLE_NUMBER, text " are 10."}, \
    {name "_11", TABLE_NUMBER, text " are 11."}, \
    {name "_12", TABLE_NUMBER, text " are 12."}, \
    {name "_13", TABLE_NUMBER, text " are 13."}, \
    {name "_14", TABLE_NUMBER, text " are 14."}, \
    {name "_15", TABLE_NUMBER, text " are 15."}

#define BIT(number)                        \
    {"version_bit_" #number, TABLE_NUMBER, \
     "Share of blocks with bit " #number " of the version set (bit 0 is the lowest)."}

#define EVENNESS(name)                                                                     \
    {name "_entropy", TABLE_NUMBER,                                                        \
     "Entropy of the 16 shares " name " over that of even ones, with Miller and Madow's "  \
     "correction: 1 where all are equally likely."},                                       \
    {name "_even_p", TABLE_NUMBER,                                                         \
     "p-value of chi-square (15 degrees of freedom) of the same against even shares; 0 "   \
     "stands for less than 1e-300."}

#define CHANGES(name, text)                                                                  \
    {name "_chi2", TABLE_NUMBER,                                                             \
     "Pearson's chi-square between this epoch and the one before, of " text                  \
     "; rare cells are put together. A change says that the mix of machines, firmware or "   \
     "pools has changed; it names no machine."},                                             \
    {name "_df", TABLE_INTEGER, "Degrees of freedom of " name "_chi2."},                     \
    {name "_p", TABLE_NUMBER,                                                                \
     "p-value of " name "_chi2 if each block were an independent draw: too small where "     \
     "pools come and go."},                                                                  \
    {name "_overdispersion", TABLE_NUMBER,                                                   \
     "Usual ratio of " name "_chi2 to its degrees of freedom, at least 1: from the median "  \
     "of the 26 epochs before (of 6 at least, else empty)."},                                \
    {name "_usual_p", TABLE_NUMBER,                                                          \
     "Chance of a " name "_chi2 as large between epochs that differ as they usually do: "    \
     "the one to judge by."},                                                                \
    {name "_shift", TABLE_NUMBER,                                                            \
     "Share of blocks by which " name "'s cells differ from the epoch before (total "        \
     "variation distance), net of what luck gives; 0 where luck explains it."},              \
    {name "_year_usual_p", TABLE_NUMBER,                                                     \
     "As " name "_usual_p, beside the epoch 26 earlier: slow change adds up in it."},        \
    {name "_year_shift", TABLE_NUMBER,                                                       \
     "As " name "_shift, beside the epoch 26 earlier."}
/* clang-format on */

static const struct table_column columns[] = {
    {"epoch", TABLE_INTEGER, "Number of the epoch: height of its first block divided by 2016."},
    {"first_height", TABLE_INTEGER, "Height of its first block."},
    {"blocks", TABLE_INTEGER, "How many of its 2016 blocks there are."},
    DIGITS(
        "nonce_low",
        "Share of blocks whose nonce's bits 4 to 7 (high digit of the first byte in the header)"),
    DIGITS("nonce_mid",
           "Share of blocks whose nonce's bits 8 to 11 (low digit of the second byte)"),
    DIGITS("nonce_top",
           "Share of blocks whose nonce's bits 28 to 31 (high digit of the last byte)"),
    BIT(13),
    BIT(14),
    BIT(15),
    BIT(16),
    BIT(17),
    BIT(18),
    BIT(19),
    BIT(20),
    BIT(21),
    BIT(22),
    BIT(23),
    BIT(24),
    BIT(25),
    BIT(26),
    BIT(27),
    BIT(28),
    {"version_rolled", TABLE_NUMBER,
     "Share of blocks with any of version bits 13 to 28 set, which BIP320 (2018) leaves to miners; "
     "before, they may be signals (bit 28 of BIP109 in 2016)."},
    {"version_bip9", TABLE_NUMBER, "Share of blocks whose version begins with bits 001 (BIP9)."},
    {"version_signalled", TABLE_NUMBER,
     "Share of blocks with that beginning and any of bits 0 to 12 set: signals for soft forks, "
     "which tell of choices and not of machines."},
    EVENNESS("nonce_low"),
    EVENNESS("nonce_mid"),
    EVENNESS("nonce_top"),
    CHANGES("nonce_low", "the counts of nonce_low"),
    CHANGES("nonce_mid", "the counts of nonce_mid"),
    CHANGES("nonce_top", "the counts of nonce_top"),
    CHANGES("version_roll",
            "which of version bits 13-16, 17-20, 21-24 and 25-28 have any bit set (16 cases)"),
    {NULL, TABLE_INTEGER, NULL},
};

const struct export_dataset export_fingerprint = {
    .name = "fingerprint",
    .summary = "marks of the mix of machines in nonces and version bits, one row for each 2016 "
               "blocks; they name no machine",
    .columns = columns,
    .write = write,
};
