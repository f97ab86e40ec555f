// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * fingerprint: see fingerprint.h.
 */
#include "config.h"

#include "analysis/fingerprint.h"

#include "analysis/gamma.h"
#include "analysis/order.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/** A cell that both epochs together make expect fewer blocks than this, in the smaller one, goes
 *  with others: else chi-square is no chi-square (Cochran 1954). */
#define EXPECTED_LEAST 5.0
/** A median has this share of the precision of a mean, of normal values: 2 / pi. */
#define MEDIAN_EFFICIENCY (2.0 / 3.14159265358979323846)
/** Ratios that the guess of independent draws is worth, where their spread is learnt. */
#define PRIOR 8.0
/** Ratios below are not told apart. */
#define RATIO_LEAST 0.01
/** Probabilities below are not told apart. */
#define P_LEAST 1e-300

void fingerprint_add(struct fingerprint *fingerprint, int32_t version, uint32_t nonce)
{
    uint32_t word = (uint32_t)version;
    uint32_t roll = (word >> FINGERPRINT_ROLL_FIRST) & 0xffffu;
    uint32_t touched = 0;
    bool prefixed = word >> 29 == 1;

    for (unsigned i = 0; i < FINGERPRINT_ROLL_BITS; i++)
        fingerprint->bits[i] += roll >> i & 1;
    for (unsigned i = 0; i < 4; i++)
        touched |= (uint32_t)((roll >> 4 * i & 15) != 0) << i;
    fingerprint->blocks++;
    fingerprint->cells[FINGERPRINT_LOW][nonce >> 4 & 15]++;
    fingerprint->cells[FINGERPRINT_MID][nonce >> 8 & 15]++;
    fingerprint->cells[FINGERPRINT_TOP][nonce >> 28]++;
    fingerprint->cells[FINGERPRINT_ROLL][touched]++;
    fingerprint->rolled += roll != 0;
    fingerprint->prefixed += prefixed;
    fingerprint->signalled += prefixed && (word & 0x1fff) != 0;
}

/* Upper tail of chi-square; never NaN. */
static double chi_square_p(double statistic, double freedom)
{
    double p = gsl_cdf_chisq_Q(statistic, freedom);

    return isfinite(p) && p > P_LEAST ? fmin(p, 1.0) : 0.0;
}

bool fingerprint_evenness(struct fingerprint_evenness *out, const struct fingerprint *fingerprint,
                          enum fingerprint_group group)
{
    const uint32_t *cells = fingerprint->cells[group];
    double n = fingerprint->blocks;
    double expected = n / FINGERPRINT_CELLS;
    double entropy = 0.0;
    double statistic = 0.0;
    unsigned seen = 0;

    *out = (struct fingerprint_evenness){0};
    if (fingerprint->blocks < FINGERPRINT_EVENNESS_LEAST)
        return false;
    for (unsigned i = 0; i < FINGERPRINT_CELLS; i++) {
        double share = cells[i] / n;

        if (cells[i] > 0) {
            entropy -= share * log(share);
            seen++;
        }
        statistic += (cells[i] - expected) * (cells[i] - expected) / expected;
    }
    entropy += (seen - 1) / (2.0 * n); /* the plug-in value is too low by as much */
    out->entropy = fmin(entropy / log(FINGERPRINT_CELLS), 1.0);
    out->p = chi_square_p(statistic, FINGERPRINT_CELLS - 1);
    return true;
}

/* ---- two epochs ---- */

/** Cells of both, rare ones put together. */
struct pair {
    unsigned count;
    double before[FINGERPRINT_CELLS], after[FINGERPRINT_CELLS];
    double n_before, n_after;
};

/* What the smaller epoch is expected to hold of a cell that both together hold `both` blocks of. */
static double expected_least(const struct pair *pair, double both)
{
    return both * fmin(pair->n_before, pair->n_after) / (pair->n_before + pair->n_after);
}

/* Rare cells become one; where that is rare too, it joins the rarest of the others. */
static void merge(struct pair *pair, const uint32_t *before, const uint32_t *after)
{
    double rest_before = 0.0, rest_after = 0.0;
    unsigned rarest = 0;

    for (unsigned i = 0; i < FINGERPRINT_CELLS; i++) {
        double both = (double)before[i] + after[i];

        if (expected_least(pair, both) < EXPECTED_LEAST) {
            rest_before += before[i];
            rest_after += after[i];
            continue;
        }
        pair->before[pair->count] = before[i];
        pair->after[pair->count] = after[i];
        if (both < pair->before[rarest] + pair->after[rarest])
            rarest = pair->count;
        pair->count++;
    }
    if (rest_before + rest_after == 0.0)
        return;
    if (pair->count == 0 || expected_least(pair, rest_before + rest_after) >= EXPECTED_LEAST)
        rarest = pair->count++;
    pair->before[rarest] += rest_before;
    pair->after[rarest] += rest_after;
}

static double chi_square(const struct pair *pair)
{
    double n = pair->n_before + pair->n_after;
    double sum = 0.0;

    for (unsigned i = 0; i < pair->count; i++) {
        double both = pair->before[i] + pair->after[i];
        double excess = pair->after[i] - both * pair->n_after / n;

        /* Both epochs are off by as much; together: */
        sum += excess * excess * n * n / (both * pair->n_before * pair->n_after);
    }
    return sum;
}

/** What past ratios say of the next one: a scaled F variable. */
struct usual {
    double overdispersion; /* its mean */
    double freedom;        /* its degrees of freedom */
    double past_freedom;   /* and those that it was learnt from; 0: nothing is known */
};

/* The median, so that a change of the past is no licence for the next one. Pools that come and go
 * move the cells in fewer ways than there are cells: how much the log ratio varies tells how many,
 * as that of a chi-square does (its variance is trigamma of half its freedom), where independent
 * draws count for PRIOR ratios. */
static struct usual usual_ratio(const struct fingerprint_past *past, double freedom)
{
    size_t count = past->count < FINGERPRINT_PAST ? past->count : FINGERPRINT_PAST;
    double sorted[FINGERPRINT_PAST];
    struct usual usual = {0};
    double median, spread;

    if (count < FINGERPRINT_PAST_LEAST)
        return usual;
    memcpy(sorted, past->ratio, count * sizeof sorted[0]);
    qsort(sorted, count, sizeof sorted[0], order_doubles);
    median = (sorted[(count - 1) / 2] + sorted[count / 2]) / 2.0;
    spread = PRIOR * gamma_psi1(freedom / 2.0);
    for (size_t i = 0; i < count; i++) {
        double off = log(fmax(sorted[i], RATIO_LEAST) / fmax(median, RATIO_LEAST));

        spread += off * off;
    }
    usual.freedom = fmin(2.0 * gamma_psi1_inverse(spread / ((double)count + PRIOR)), freedom);
    /* A chi-square's median lies below its mean (Wilson and Hilferty 1931). */
    usual.overdispersion = fmax(median / pow(1.0 - 2.0 / (9.0 * usual.freedom), 3.0), 1.0);
    usual.past_freedom = MEDIAN_EFFICIENCY * (double)count * usual.freedom;
    return usual;
}

/* Distances, in shares of all 16 cells. */
static void measure(struct fingerprint_change *out, const struct fingerprint *before,
                    const struct fingerprint *after, enum fingerprint_group group)
{
    double n1 = before->blocks, n2 = after->blocks;
    double spread = (1.0 / n1 + 1.0 / n2) * (out->usual_known ? out->overdispersion : 1.0);

    for (unsigned i = 0; i < FINGERPRINT_CELLS; i++) {
        double x1 = before->cells[group][i], x2 = after->cells[group][i];
        double share = (x1 + x2) / (n1 + n2);

        out->distance += fabs(x1 / n1 - x2 / n2) / 2.0;
        /* Mean of a normal's absolute value, halved: sd / sqrt(2 pi). */
        out->chance += sqrt(share * (1.0 - share) * spread) * 0.3989422804014327;
    }
    out->distance = fmin(out->distance, 1.0);
    if (out->distance > out->chance)
        out->shift = sqrt(out->distance * out->distance - out->chance * out->chance);
}

struct fingerprint_change fingerprint_change(const struct fingerprint *before,
                                             const struct fingerprint *after,
                                             enum fingerprint_group group,
                                             const struct fingerprint_past *past)
{
    struct pair pair = {.n_before = before->blocks, .n_after = after->blocks};
    struct fingerprint_change change = {0};
    struct usual usual = {0};

    if (before->blocks == 0 || after->blocks == 0)
        return change;
    merge(&pair, before->cells[group], after->cells[group]);
    if (pair.count < 2)
        return change;
    change.freedom = pair.count - 1;
    change.statistic = chi_square(&pair);
    change.p = chi_square_p(change.statistic, change.freedom);
    if (past != NULL)
        usual = usual_ratio(past, change.freedom);
    change.usual_known = usual.past_freedom > 0.0;
    if (change.usual_known) {
        double ratio = change.statistic / change.freedom / usual.overdispersion;
        double p = gsl_cdf_fdist_Q(ratio, usual.freedom, usual.past_freedom);

        /* What independent draws explain needs no more explaining. */
        change.p_usual = fmax(isfinite(p) && p > P_LEAST ? p : 0.0, change.p);
        change.overdispersion = usual.overdispersion;
    }
    measure(&change, before, after, group);
    return change;
}

void fingerprint_remember(struct fingerprint_past *past, const struct fingerprint_change *change)
{
    if (change->freedom == 0)
        return;
    past->ratio[past->count % FINGERPRINT_PAST] = change->statistic / change->freedom;
    past->count++;
}
