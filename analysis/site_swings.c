// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * site_swings: which assumption moves the answer most. See site.h.
 *
 * Every prior in turn is put at either end of what a sceptic might say, the others as they are,
 * with the same luck, so that differences are the assumption's and not chance's.
 */
#include "config.h"

#include "analysis/site.h"

#include <math.h>
#include <stdlib.h>

static double width(const struct site_swing *swing)
{
    return fabs(swing->high.median - swing->low.median);
}

static int by_width(const void *left, const void *right)
{
    const struct site_swing *a = left;
    const struct site_swing *b = right;

    if (width(a) != width(b))
        return width(a) < width(b) ? 1 : -1;
    return (a->prior > b->prior) - (a->prior < b->prior);
}

/* The measure with one prior at a point. */
static bool with_prior(struct site_figure *out, double point, enum site_prior prior,
                       enum site_measure measure, const struct site *sites, size_t count,
                       double time, const struct site_options *options)
{
    struct site_options changed = *options;
    struct site_paths *paths;
    bool done;

    changed.priors.of[prior] = (struct site_range){point, point};
    paths = site_paths_new(sites, count, &time, 1, &changed);
    done = paths != NULL && site_paths_figure(out, paths, measure, 0, NULL);
    site_paths_free(paths);
    return done;
}

bool site_swings(struct site_swing out[SITE_PRIORS], enum site_measure measure,
                 const struct site *sites, size_t count, double time,
                 const struct site_options *options)
{
    for (int i = 0; i < SITE_PRIORS; i++) {
        enum site_prior prior = (enum site_prior)i;
        const struct site_prior_info *info = site_prior_info(prior);

        out[i].prior = prior;
        if (!with_prior(&out[i].low, info->try_low, prior, measure, sites, count, time, options) ||
            !with_prior(&out[i].high, info->try_high, prior, measure, sites, count, time, options))
            return false;
    }
    qsort(out, SITE_PRIORS, sizeof *out, by_width);
    return true;
}
