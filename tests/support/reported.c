// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * reported: see reported.h.
 */
#include "config.h"

#include "tests/support/reported.h"

#include <math.h>
#include <stdbool.h>

static const char *const names[REPORTED_COMPANIES_MAX] = {"A", "B", "C", "D", "E", "F", "G",
                                                          "H", "I", "J", "K", "L", "M", "N",
                                                          "O", "P", "Q", "R", "S", "T"};

/* One company's figures. */
static void make_company(struct reported *out, struct random_stream *stream,
                         const struct reported_options *options, const double *common, size_t c,
                         double gained)
{
    bool converter = c < options->converters;
    int converted = options->converted + (int)c;
    double level = log(5.0 + 30.0 * random_uniform(stream));

    for (int month = 0; month < options->months; month++) {
        double ramp = fmin(fmax((month - converted) / 6.0, 0.0), 1.0);
        double log_ehs;

        if (month > 0)
            level += options->course / sqrt(12.0) * random_normal(stream) +
                     (converter ? options->trend / 12.0 : 0.0);
        log_ehs = level + common[month] + options->noise * random_normal(stream);
        if (converter)
            log_ehs += log1p(-out->removed[c] * ramp);
        else if (month >= options->converted)
            log_ehs += log1p(gained);
        if (random_uniform(stream) >= options->missing)
            out->rows[out->count++] =
                (struct companies_row){.company = names[c],
                                       .source = "",
                                       .confidence = "",
                                       .note = "",
                                       .month = REPORTED_FIRST + month,
                                       .ehs = exp(log_ehs),
                                       .converter = converter,
                                       .converted = converter ? REPORTED_FIRST + converted : 0};
    }
}

void reported_companies(struct reported *out, struct random_stream *stream,
                        const struct reported_options *options, const double *shares)
{
    double common[REPORTED_MONTHS_MAX];
    double mean = 0.0;

    *out = (struct reported){.count = 0};
    common[0] = 0.0;
    for (int month = 1; month < options->months; month++)
        common[month] = common[month - 1] + 0.02 + 0.08 * random_normal(stream);
    for (size_t c = 0; c < options->converters; c++) {
        out->removed[c] = shares != NULL ? shares[c] : 0.9 * random_uniform(stream);
        mean += out->removed[c] / (double)options->converters;
    }
    for (size_t c = 0; c < options->converters + options->controls; c++)
        make_company(out, stream, options, common, c,
                     options->moved * mean * (double)options->converters /
                         (double)options->controls);
}

double reported_total(const struct reported *reported, const struct companies_answer *answer)
{
    double removed = 0.0;
    double base = 0.0;

    for (size_t i = 0; i < answer->converters; i++) {
        const struct companies_have *have = &answer->have[answer->converter[i]];

        removed += have->base * reported->removed[have->company[0] - names[0][0]];
        base += have->base;
    }
    return removed / base;
}

void reported_pools(struct pools_epoch *out, double *log_odds, struct random_stream *stream,
                    size_t count, double share, double switching, const double *jump)
{
    double level = log(share / (1.0 - share));

    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            level += switching * random_normal(stream);
        level += jump != NULL ? jump[i] : 0.0;
        log_odds[i] = level;
        out[i] = (struct pools_epoch){.epoch = (uint32_t)(400 + i), .all = POOLS_EPOCH_BLOCKS};
        for (unsigned block = 0; block < POOLS_EPOCH_BLOCKS; block++)
            out[i].set += random_uniform(stream) < 1.0 / (1.0 + exp(-level));
    }
}
