// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * companies_sites: what companies' reports say of the draws of the site model. See companies.h.
 */
#include "config.h"

#include "analysis/companies.h"
#include "analysis/random.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

/** What is drawn apart from the sites' own chances: where machines run on, and what companies
 *  removed of which the list has no site. */
#define STAYING_STREAM 7001
#define UNLISTED_STREAM 7002
#define MONTHS_A_YEAR 12.0
#define NORMAL_Q95 1.6448536269514722

/* The middle of the window. */
static double window_time(const struct companies_answer *answer)
{
    return (answer->end - (COMPANIES_WINDOW - 1) / 2.0 + 0.5) / MONTHS_A_YEAR;
}

static size_t own_sites(struct site *out, const struct companies_sites *sites, const char *company)
{
    size_t count = 0;

    for (size_t i = 0; i < sites->count; i++)
        if (companies_same(sites->companies[i], company))
            out[count++] = sites->sites[i];
    return count;
}

/* One company's column of removed. The draws of a site are the same whatever stands beside it. */
static bool fill_company(double *removed, size_t columns, const struct site *sites, size_t count,
                         double time, const struct site_options *options)
{
    struct random_stream stream = random_init(options->seed, STAYING_STREAM);
    struct site_paths *paths = site_paths_new(sites, count, &time, 1, options);

    if (paths == NULL)
        return false;
    for (size_t d = 0; d < options->draws; d++) {
        double gross = site_paths_at(paths, SITE_GROSS, d, 0);
        double elsewhere = gross - site_paths_at(paths, SITE_NET, d, 0);

        removed[d * columns] = gross - random_uniform(&stream) * elsewhere;
    }
    site_paths_free(paths);
    return true;
}

/* A company whose sites nobody listed may have removed any share of what it had. */
static void fill_unlisted(double *removed, size_t columns, double base, size_t column,
                          const struct site_options *options)
{
    struct random_stream stream = random_init(options->seed, UNLISTED_STREAM + column);

    for (size_t d = 0; d < options->draws; d++)
        removed[d * columns] = base * random_uniform(&stream);
}

static double figure_sd(const struct site_figure *figure)
{
    return (figure->hi90 - figure->lo90) / (2.0 * NORMAL_Q95);
}

/* Whether the list and the reports can both be right. Effective draws alone do not tell: far from
 * all draws the likelihood is flat. room is for the draws. */
static bool compare(struct companies_weighing *out, const struct companies_answer *answer,
                    const double *removed, size_t draws, double *room)
{
    size_t columns = answer->converters;
    double variance;

    for (size_t d = 0; d < draws; d++) {
        room[d] = 0.0;
        for (size_t c = 0; c < columns; c++)
            room[d] += removed[d * columns + c];
    }
    if (!site_figure_of(&out->listed, room, NULL, draws))
        return false;
    variance = pow(figure_sd(&out->listed), 2.0) + pow(figure_sd(&answer->removed_ehs), 2.0);
    out->apart =
        variance > 0.0 ? (answer->removed_ehs.median - out->listed.median) / sqrt(variance) : 0.0;
    return true;
}

bool companies_weigh_sites(struct companies_weighing *out, double *weights,
                           const struct companies_answer *answer,
                           const struct companies_sites *sites, const struct site_options *options)
{
    size_t columns = answer->converters;
    struct site *own = malloc((sites->count + 1) * sizeof *own);
    double *removed = malloc(options->draws * columns * sizeof *removed);
    bool good = own != NULL && removed != NULL;

    assert(answer->enough && columns > 0);
    *out = (struct companies_weighing){.time = window_time(answer)};
    for (size_t c = 0; c < columns && good; c++) {
        const struct companies_have *have = &answer->have[answer->converter[c]];
        size_t count = own_sites(own, sites, have->company);

        out->matched += count;
        out->companies += count > 0;
        if (count > 0)
            good = fill_company(removed + c, columns, own, count, out->time, options);
        else
            fill_unlisted(removed + c, columns, have->base, c, options);
    }
    good = good && compare(out, answer, removed, options->draws, weights);
    if (good)
        out->effective = companies_weigh(weights, answer, removed, options->draws);
    out->contradicted =
        fabs(out->apart) >= COMPANIES_APART || out->effective < COMPANIES_EFFECTIVE_LEAST;
    free(own);
    free(removed);
    return good;
}
