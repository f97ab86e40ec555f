// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * site: one site, one draw; and all sites, many draws. See site.h.
 *
 * Chance comes in streams: one for each draw (what sites have in common), one more for its share of
 * machines that run on elsewhere, whose generator takes as many numbers as it likes, and one for
 * each (site's name, draw). A stream is always read to its end in the same order, whatever the
 * priors, so that two sets of priors are compared with the same luck.
 */
#include "config.h"

#include "analysis/site.h"

#include "analysis/order.h"
#include "analysis/random.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MW_MOST 1e5
#define YEAR_LEAST 2009.0
#define YEAR_MOST 2100.0
#define MONTHS_PER_YEAR 12.0
/** Tell the streams of a seed apart: what sites share, and relocation. */
#define SHARED_SALT UINT64_C(0x73697465732e2e2e)
#define RELOCATED_SALT UINT64_C(0x72656c6f63617465)

static bool date_sound(double date)
{
    return isnan(date) || (date >= YEAR_LEAST && date <= YEAR_MOST);
}

const char *site_fault(const struct site *site)
{
    if (!(site->mw >= 0.0 && site->mw <= MW_MOST))
        return "MW out of range";
    if (!(site->delivery >= 0.0 && site->delivery <= 1.0))
        return "probability of delivery out of range";
    if (!date_sound(site->announced) || !date_sound(site->unplugged) ||
        !date_sound(site->energised) || !date_sound(site->full))
        return "date out of range";
    if (isnan(site->announced) && isnan(site->unplugged) && isnan(site->energised))
        return "neither announced, unplugged nor energised is dated";
    if (site->full < site->energised)
        return "full power before first power";
    return NULL;
}

/* ---- one site, one draw ---- */

static double middle(const struct site_priors *priors, enum site_prior prior)
{
    return 0.5 * (priors->of[prior].low + priors->of[prior].high);
}

static double between(const struct site_priors *priors, enum site_prior prior, double uniform)
{
    return priors->of[prior].low + (priors->of[prior].high - priors->of[prior].low) * uniform;
}

static double value(const struct site_priors *priors, enum site_prior prior)
{
    return priors->of[prior].low;
}

static enum site_prior share_of(const struct site *site)
{
    return site->mined == SITE_MINED_YES ? SITE_PRIOR_SHARE_YES : SITE_PRIOR_SHARE_PARTLY;
}

/* Years from announcement to unplugging; deviation: in sds of its log. */
static double lag_of(const struct site_priors *priors, double deviation)
{
    double months =
        value(priors, SITE_PRIOR_LAG) * exp(value(priors, SITE_PRIOR_LAG_SD) * deviation);

    months = fmax(months, value(priors, SITE_PRIOR_LAG_LEAST));
    return fmin(months, value(priors, SITE_PRIOR_LAG_MOST)) / MONTHS_PER_YEAR;
}

void site_draw_centre(struct site_draw *out, const struct site *site,
                      const struct site_priors *priors)
{
    *out = (struct site_draw){
        .share = middle(priors, share_of(site)),
        .running = middle(priors, SITE_PRIOR_RUNNING),
        .overhead = middle(priors, SITE_PRIOR_OVERHEAD),
        .lead = middle(priors, SITE_PRIOR_LEAD),
        .lag = lag_of(priors, 0.0),
        .relocated =
            fmin(value(priors, SITE_PRIOR_RELOCATED), value(priors, SITE_PRIOR_RELOCATED_MOST)),
        .delivered = true,
    };
}

/* Median ln J/TH and its sd at this time. */
static void efficiency_at(double *log_j, double *sd, const struct site_priors *priors, double time)
{
    const struct site_knot *knots = priors->knots;
    size_t last = priors->knot_count - 1;
    size_t i = 0;
    double share;

    if (time <= knots[0].year || time >= knots[last].year) {
        const struct site_knot *end = time <= knots[0].year ? &knots[0] : &knots[last];

        *log_j = log(end->j_per_th);
        *sd = end->sd;
        return;
    }
    while (knots[i + 1].year < time)
        i++;
    share = (time - knots[i].year) / (knots[i + 1].year - knots[i].year);
    *log_j = (1.0 - share) * log(knots[i].j_per_th) + share * log(knots[i + 1].j_per_th);
    *sd = (1.0 - share) * knots[i].sd + share * knots[i + 1].sd;
}

static double unplug_of(const struct site *site, const struct site_priors *priors,
                        const struct site_draw *draw)
{
    if (!isnan(site->unplugged))
        return site->unplugged;
    if (isnan(site->energised))
        return site->announced + draw->lag;
    /* fmax() passes over an announcement that is not known. */
    return fmax(site->energised - draw->lead,
                site->announced - value(priors, SITE_PRIOR_HEADSTART));
}

void site_effect_of(struct site_effect *out, const struct site *site,
                    const struct site_priors *priors, const struct site_draw *draw)
{
    double log_j;
    double sd;

    out->unplug = unplug_of(site, priors, draw);
    if (isnan(site->full))
        out->end = out->unplug + value(priors, SITE_PRIOR_RAMP);
    else
        out->end =
            fmax(site->full - draw->lead, out->unplug + value(priors, SITE_PRIOR_RAMP_LEAST));
    efficiency_at(&log_j, &sd, priors, out->unplug);
    out->j_per_th = value(priors, SITE_PRIOR_EFFICIENCY) * exp(log_j + sd * draw->efficiency);
    out->full_ehs = 0.0;
    if (draw->delivered)
        out->full_ehs = site->mw * value(priors, SITE_PRIOR_MW) * draw->share * draw->running /
                        (out->j_per_th * draw->overhead);
    out->relocated = draw->relocated;
}

double site_ramp(const struct site_effect *effect, double time)
{
    double share = (time - effect->unplug) / (effect->end - effect->unplug);

    return fmin(fmax(share, 0.0), 1.0);
}

/* ---- draws ---- */

void site_options_init(struct site_options *out)
{
    site_priors_init(&out->priors);
    out->draws = SITE_DRAWS;
    out->seed = 1;
}

/* What all sites of a draw have in common. */
struct shared {
    double efficiency; /* in sds */
    double relocated;
    double reentry;
};

/* A gamma of any shape: random_gamma() wants 1 at least (the boost of Marsaglia and Tsang). */
static double any_gamma(struct random_stream *stream, double shape)
{
    double boost = random_uniform(stream);

    if (shape >= 1.0)
        return random_gamma(stream, shape);
    return random_gamma(stream, shape + 1.0) * pow(boost, 1.0 / shape);
}

static struct shared shared_of(const struct site_options *options, size_t draw)
{
    const struct site_priors *priors = &options->priors;
    struct random_stream stream = random_init(options->seed ^ SHARED_SALT, draw);
    struct random_stream own = random_init(options->seed ^ RELOCATED_SALT, draw);
    struct random_stream other = random_init(options->seed ^ ~RELOCATED_SALT, draw);
    double weight = value(priors, SITE_PRIOR_RELOCATED_WEIGHT);
    double mean = value(priors, SITE_PRIOR_RELOCATED);
    double stay = any_gamma(&own, mean * weight);
    double leave = any_gamma(&other, (1.0 - mean) * weight);
    struct shared shared;

    shared.reentry = between(priors, SITE_PRIOR_REENTRY, random_uniform(&stream));
    shared.efficiency = random_normal(&stream);
    /* Tiny shapes may underflow both. */
    shared.relocated = stay + leave > 0.0 ? stay / (stay + leave) : mean;
    return shared;
}

/* FNV-1a. */
static uint64_t hash_of(const char *name)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);

    for (; *name != '\0'; name++)
        hash = (hash ^ (unsigned char)*name) * UINT64_C(0x100000001b3);
    return hash;
}

/* Probability of delivery with the odds multiplied. */
static double delivery_of(const struct site *site, const struct site_priors *priors)
{
    double odds = value(priors, SITE_PRIOR_DELIVERY);
    double weighted = site->delivery * odds;

    if (site->delivery >= 1.0) /* what is live stays live, and 0/0 is avoided */
        return 1.0;
    return weighted / (1.0 - site->delivery + weighted);
}

static void draw_of(struct site_draw *out, const struct site *site, uint64_t hash,
                    const struct shared *shared, const struct site_options *options, size_t draw)
{
    const struct site_priors *priors = &options->priors;
    struct random_stream stream = random_init(options->seed ^ hash, draw);
    double relocated;

    out->share = between(priors, share_of(site), random_uniform(&stream));
    out->running = between(priors, SITE_PRIOR_RUNNING, random_uniform(&stream));
    out->overhead = between(priors, SITE_PRIOR_OVERHEAD, random_uniform(&stream));
    out->lead = between(priors, SITE_PRIOR_LEAD, random_uniform(&stream));
    out->delivered = random_uniform(&stream) < delivery_of(site, priors);
    out->lag = lag_of(priors, random_normal(&stream));
    out->efficiency = value(priors, SITE_PRIOR_EFFICIENCY_ALIKE) * shared->efficiency +
                      value(priors, SITE_PRIOR_EFFICIENCY_OWN) * random_normal(&stream);
    relocated =
        shared->relocated + value(priors, SITE_PRIOR_RELOCATED_SITE) * random_normal(&stream);
    relocated = fmin(relocated, value(priors, SITE_PRIOR_RELOCATED_MOST));
    out->relocated = fmax(relocated, 0.0);
}

/* ---- paths ---- */

/* No draw of the site begins earlier. */
static double earliest(const struct site *site, const struct site_priors *priors)
{
    struct site_draw draw = {.lead = priors->of[SITE_PRIOR_LEAD].high,
                             .lag = lag_of(priors, -INFINITY)};

    if (value(priors, SITE_PRIOR_LAG_SD) == 0.0)
        draw.lag = lag_of(priors, 0.0);
    return unplug_of(site, priors, &draw);
}

/* The first time after which anything can have left; 'epochs' if there is none. */
static size_t first_time(const struct site *sites, size_t count, const double *times, size_t epochs,
                         const struct site_priors *priors)
{
    double begin = INFINITY;
    size_t first = 0;

    for (size_t i = 0; i < count; i++)
        if (sites[i].mw > 0.0 && sites[i].delivery > 0.0)
            begin = fmin(begin, earliest(&sites[i], priors));
    if (value(priors, SITE_PRIOR_MW) == 0.0)
        begin = INFINITY;
    while (first < epochs && times[first] <= begin)
        first++;
    return first;
}

static void add_site(double *gross, double *net, const struct site_effect *effect,
                     const double *times, size_t columns)
{
    double stays = 1.0 - effect->relocated;

    if (effect->full_ehs == 0.0)
        return;
    for (size_t t = columns; t-- > 0 && times[t] > effect->unplug;) {
        double off = effect->full_ehs * site_ramp(effect, times[t]);

        gross[t] += off;
        net[t] += off * stays;
    }
}

struct site_paths *site_paths_new(const struct site *sites, size_t count, const double *times,
                                  size_t epochs, const struct site_options *options)
{
    struct site_paths *paths = calloc(1, sizeof *paths);
    uint64_t *hashes = calloc(count + 1, sizeof *hashes);
    size_t columns;

    assert(options->draws >= 1 && options->draws <= SITE_DRAWS_MOST);
    if (paths == NULL || hashes == NULL)
        goto fail;
    paths->draws = options->draws;
    paths->epochs = epochs;
    paths->first = first_time(sites, count, times, epochs, &options->priors);
    columns = epochs - paths->first;
    paths->gross = calloc(paths->draws * columns + 1, sizeof *paths->gross);
    paths->net = calloc(paths->draws * columns + 1, sizeof *paths->net);
    paths->reentry = calloc(paths->draws, sizeof *paths->reentry);
    if (paths->gross == NULL || paths->net == NULL || paths->reentry == NULL)
        goto fail;
    for (size_t i = 0; i < count; i++)
        hashes[i] = hash_of(sites[i].name);
    for (size_t k = 0; k < paths->draws; k++) {
        struct shared shared = shared_of(options, k);

        paths->reentry[k] = shared.reentry;
        for (size_t i = 0; columns > 0 && i < count; i++) {
            struct site_draw draw;
            struct site_effect effect;

            draw_of(&draw, &sites[i], hashes[i], &shared, options, k);
            if (!draw.delivered)
                continue;
            site_effect_of(&effect, &sites[i], &options->priors, &draw);
            add_site(&paths->gross[k * columns], &paths->net[k * columns], &effect,
                     times + paths->first, columns);
        }
    }
    free(hashes);
    return paths;
fail:
    free(hashes);
    site_paths_free(paths);
    return NULL;
}

void site_paths_free(struct site_paths *paths)
{
    if (paths == NULL)
        return;
    free(paths->gross);
    free(paths->net);
    free(paths->reentry);
    free(paths);
}

double site_paths_at(const struct site_paths *paths, enum site_measure measure, size_t draw,
                     size_t epoch)
{
    size_t columns = paths->epochs - paths->first;
    size_t at;

    assert(draw < paths->draws && epoch < paths->epochs);
    if (epoch < paths->first)
        return 0.0;
    at = draw * columns + (epoch - paths->first);
    if (measure == SITE_GROSS)
        return paths->gross[at];
    if (measure == SITE_NET)
        return paths->net[at];
    return paths->net[at] * (1.0 - paths->reentry[draw]);
}

/* ---- figures ---- */

/* A value and the weight that it carries. */
struct weighted {
    double value, weight;
};

/* Each value stands in the middle of its weight; between two of them the quantile is linear. */
static double quantile(const struct weighted *sorted, size_t count, double p)
{
    double below = 0.0;
    double last_middle = 0.0;

    for (size_t i = 0; i < count; i++) {
        double centre = below + 0.5 * sorted[i].weight;

        if (centre >= p) {
            double gap = centre - last_middle;

            if (i == 0 || gap <= 0.0)
                return sorted[i].value;
            return sorted[i - 1].value +
                   (sorted[i].value - sorted[i - 1].value) * ((p - last_middle) / gap);
        }
        below += sorted[i].weight;
        last_middle = centre;
    }
    return sorted[count - 1].value;
}

bool site_figure_of(struct site_figure *out, const double *values, const double *weights,
                    size_t count)
{
    struct weighted *sorted = malloc(count * sizeof *sorted);
    double mean = 0.0;
    size_t used = 0;

    assert(count >= 1);
    if (sorted == NULL)
        return false;
    for (size_t i = 0; i < count; i++) {
        double weight = weights != NULL ? weights[i] : 1.0 / (double)count;

        mean += weight * values[i];
        if (weight > 0.0)
            sorted[used++] = (struct weighted){values[i], weight};
    }
    qsort(sorted, used, sizeof *sorted, order_doubles);
    out->mean = mean;
    out->lo90 = quantile(sorted, used, 0.05);
    out->lo50 = quantile(sorted, used, 0.25);
    out->median = quantile(sorted, used, 0.5);
    out->hi50 = quantile(sorted, used, 0.75);
    out->hi90 = quantile(sorted, used, 0.95);
    free(sorted);
    return true;
}

bool site_paths_figure(struct site_figure *out, const struct site_paths *paths,
                       enum site_measure measure, size_t epoch, const double *weights)
{
    double *values = malloc(paths->draws * sizeof *values);
    bool enough_memory = values != NULL;

    if (enough_memory) {
        for (size_t k = 0; k < paths->draws; k++)
            values[k] = site_paths_at(paths, measure, k, epoch);
        enough_memory = site_figure_of(out, values, weights, paths->draws);
    }
    free(values);
    return enough_memory;
}

/* One site's values in each draw. */
struct column {
    double *gross, *net, *unplug, *full;
};

static bool row_of(struct site_row *out, const struct site *site, double time,
                   const struct site_options *options, const struct shared *shared,
                   const struct column *column)
{
    uint64_t hash = hash_of(site->name);

    out->delivery = delivery_of(site, &options->priors);
    for (size_t k = 0; k < options->draws; k++) {
        struct site_draw draw;
        struct site_effect effect;
        double off;

        draw_of(&draw, site, hash, &shared[k], options, k);
        off = draw.delivered ? 1.0 : 0.0;
        draw.delivered = true;
        site_effect_of(&effect, site, &options->priors, &draw);
        off *= effect.full_ehs * site_ramp(&effect, time);
        column->gross[k] = off;
        column->net[k] = off * (1.0 - effect.relocated);
        column->unplug[k] = effect.unplug;
        column->full[k] = effect.full_ehs;
    }
    return site_figure_of(&out->gross, column->gross, NULL, options->draws) &&
           site_figure_of(&out->net, column->net, NULL, options->draws) &&
           site_figure_of(&out->unplug, column->unplug, NULL, options->draws) &&
           site_figure_of(&out->full, column->full, NULL, options->draws);
}

bool site_rows(struct site_row *out, const struct site *sites, size_t count, double time,
               const struct site_options *options)
{
    size_t draws = options->draws;
    struct shared *shared = malloc(draws * sizeof *shared);
    double *values = malloc(4 * draws * sizeof *values);
    bool enough_memory = shared != NULL && values != NULL;

    assert(draws >= 1 && draws <= SITE_DRAWS_MOST);
    for (size_t k = 0; enough_memory && k < draws; k++)
        shared[k] = shared_of(options, k);
    for (size_t i = 0; enough_memory && i < count; i++) {
        struct column column = {values, values + draws, values + 2 * draws, values + 3 * draws};

        enough_memory = row_of(&out[i], &sites[i], time, options, shared, &column);
    }
    free(values);
    free(shared);
    return enough_memory;
}
