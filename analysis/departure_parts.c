// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * departure_parts: the change between two epochs, in parts. See departure.h.
 *
 * A change is a'y with a = means at its two ends. Given a path, part c of the counterfactual's
 * change is Gaussian with mean b_c'(e + delta), b_c = Ki K_c a, and variance a'K_c a - (K_c a)'b_c;
 * AI's is -a'delta, exactly. Over paths a part is a weighted mixture of normals with one sd. Luck
 * takes what the others leave of a, so that the parts make up the whole whatever the rounding.
 */
#include "config.h"

#include "analysis/departure_internal.h"

#include "analysis/order.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/** A mixture's means are put into so many groups of equal weight: their spread within a group is
 *  far below the normals' sd. */
#define GROUPS 256
#define BISECTIONS 60
/** Normals narrower than this part of the means' spread are not smoothed: they are the means. */
#define NARROW 1e-6
/** Quantiles lie within so many sds of the outermost means. */
#define TAIL_SDS 8.0

/* ---- mixtures ---- */

struct mixture {
    double mean[GROUPS], weight[GROUPS];
    size_t count;
    double sd;
};

static double mixture_below(const struct mixture *mixture, double x)
{
    double sum = 0.0;

    for (size_t i = 0; i < mixture->count; i++)
        sum += mixture->weight[i] * 0.5 * erfc((mixture->mean[i] - x) / (mixture->sd * M_SQRT2));
    return sum;
}

static double mixture_quantile(const struct mixture *mixture, double p)
{
    double low = mixture->mean[0] - TAIL_SDS * mixture->sd;
    double high = mixture->mean[mixture->count - 1] + TAIL_SDS * mixture->sd;

    for (int i = 0; i < BISECTIONS; i++) {
        double centre = 0.5 * (low + high);

        if (mixture_below(mixture, centre) < p)
            low = centre;
        else
            high = centre;
    }
    return 0.5 * (low + high);
}

struct weighted {
    double value, weight;
};

/* Groups in order of value, each with its mean; a group is closed when its share of the weight is
 * full, and the last takes the rest. */
static void mixture_group(struct mixture *out, struct weighted *draws, size_t count)
{
    double weight = 0.0;
    double moment = 0.0;
    double below = 0.0;

    qsort(draws, count, sizeof *draws, order_doubles);
    out->count = 0;
    for (size_t k = 0; k < count; k++) {
        weight += draws[k].weight;
        moment += draws[k].weight * draws[k].value;
        if (k + 1 < count &&
            (below + weight < (double)(out->count + 1) / GROUPS || out->count + 1 == GROUPS))
            continue;
        if (weight > 0.0) {
            out->mean[out->count] = moment / weight;
            out->weight[out->count] = weight;
            out->count++;
        }
        below += weight;
        weight = moment = 0.0;
    }
}

/* ---- one part ---- */

/* values: its mean given each draw; sd: what a draw leaves open. */
static bool take_part(struct site_figure *figure, double *total_sd, const double *values, double sd,
                      const struct departure_posterior *posterior)
{
    size_t draws = posterior->paths->draws;
    struct weighted *sorted;
    struct mixture mixture = {.sd = sd};
    double variance = 0.0;

    if (!site_figure_of(figure, values, posterior->weights, draws))
        return false;
    for (size_t k = 0; k < draws; k++)
        variance += posterior->weights[k] * (values[k] - figure->mean) * (values[k] - figure->mean);
    *total_sd = sqrt(variance + sd * sd);
    if (sd <= NARROW * sqrt(variance))
        return true;
    sorted = malloc(draws * sizeof *sorted);
    if (sorted == NULL)
        return false;
    for (size_t k = 0; k < draws; k++)
        sorted[k] = (struct weighted){values[k], posterior->weights[k]};
    mixture_group(&mixture, sorted, draws);
    free(sorted);
    figure->lo90 = mixture_quantile(&mixture, 0.05);
    figure->lo50 = mixture_quantile(&mixture, 0.25);
    figure->median = mixture_quantile(&mixture, 0.5);
    figure->hi50 = mixture_quantile(&mixture, 0.75);
    figure->hi90 = mixture_quantile(&mixture, 0.95);
    return true;
}

/* ---- the change ---- */

/* Vectors over epochs, and the values of all draws. */
struct scratch {
    double *ends, *covered, *response, *rest, *fold, *values;
    double *block;
};

static bool scratch_init(struct scratch *out, size_t n, size_t draws)
{
    out->block = calloc(5 * n + draws, sizeof *out->block);
    if (out->block == NULL)
        return false;
    out->ends = out->block;
    out->covered = out->ends + n;
    out->response = out->covered + n;
    out->rest = out->response + n;
    out->fold = out->rest + n;
    out->values = out->fold + n;
    return true;
}

static size_t window(size_t centre, size_t width, size_t n)
{
    size_t half = (width - 1) / 2;
    size_t first = centre > half ? centre - half : 0;

    return first + width > n ? n - width : first;
}

/* Values of response'(e + delta), less a'delta where response is AI's own. */
static void draw_values(struct scratch *scratch, const struct departure_posterior *posterior,
                        const double *response, double base)
{
    const struct site_paths *paths = posterior->paths;
    size_t columns = paths->epochs - paths->first;

    for (size_t k = 0; k < paths->draws; k++)
        scratch->values[k] =
            base + departure_dot(response + paths->first, &posterior->delta[k * columns], columns);
}

/* Part c: its response, its sd, its figure. */
static bool gaussian_part(struct departure_decomposition *out, enum departure_part part,
                          struct scratch *scratch, const struct departure_posterior *posterior)
{
    const struct departure_model *model = posterior->model;
    size_t n = model->design.n;
    double variance;

    departure_kernel_apply(scratch->covered, &model->design, &model->scales, part, scratch->ends);
    departure_solve(scratch->response, model, scratch->covered);
    variance = departure_dot(scratch->ends, scratch->covered, n) -
               departure_dot(scratch->covered, scratch->response, n);
    if (part == DEPARTURE_LUCK)
        memcpy(scratch->response, scratch->rest, n * sizeof *scratch->rest);
    else
        for (size_t i = 0; i < n; i++)
            scratch->rest[i] -= scratch->response[i];
    draw_values(scratch, posterior, scratch->response,
                departure_dot(scratch->response, model->design.e, n));
    return take_part(&out->part[part], &out->sd[part], scratch->values, sqrt(fmax(variance, 0.0)),
                     posterior);
}

static bool ai_part(struct departure_decomposition *out, struct scratch *scratch,
                    const struct departure_posterior *posterior)
{
    size_t n = posterior->model->design.n;

    for (size_t i = 0; i < n; i++)
        scratch->response[i] = -scratch->ends[i];
    draw_values(scratch, posterior, scratch->response, 0.0);
    return take_part(&out->part[DEPARTURE_AI], &out->sd[DEPARTURE_AI], scratch->values, 0.0,
                     posterior);
}

bool departure_decompose(struct departure_decomposition *out,
                         const struct departure_posterior *posterior, size_t from, size_t to,
                         size_t width)
{
    /* Luck last: it is the rest. */
    static const enum departure_part order[] = {
        DEPARTURE_PRICE, DEPARTURE_SEASON,      DEPARTURE_EVENTS, DEPARTURE_TRANSIENT,
        DEPARTURE_TREND, DEPARTURE_UNEXPLAINED, DEPARTURE_LUCK};
    size_t n = posterior->model->design.n;
    struct scratch scratch;
    bool done;

    assert(from < n && to < n && width >= 1 && width <= n);
    if (!scratch_init(&scratch, n, posterior->paths->draws))
        return false;
    memset(out, 0, sizeof *out);
    out->from = from;
    out->to = to;
    out->width = width;
    out->from_first = window(from, width, n);
    out->to_first = window(to, width, n);
    for (size_t i = 0; i < width; i++) {
        scratch.ends[out->from_first + i] -= 1.0 / (double)width;
        scratch.ends[out->to_first + i] += 1.0 / (double)width;
    }
    out->total = departure_dot(scratch.ends, posterior->model->design.e, n);
    memcpy(scratch.rest, scratch.ends, n * sizeof *scratch.rest);
    done = ai_part(out, &scratch, posterior);
    for (size_t i = 0; done && i < sizeof order / sizeof order[0]; i++)
        done = gaussian_part(out, order[i], &scratch, posterior);
    free(scratch.block);
    return done;
}
