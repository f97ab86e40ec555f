// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * departure_fit: the four scales by maximum likelihood with weak priors, by Nelder and Mead's
 * simplex. See departure.h.
 *
 * Coordinates: ln level, ln slope, ln transient and ln(phi / (1 - phi)), so that no step leaves the
 * region. Each has a normal prior. Those of the scales are wide (a factor of two either way is one
 * sd): nothing that the data says clearly is moved by them, and a flat likelihood still has one
 * maximum. The persistence is hardly told from 131 or 282 epochs, and its prior is narrow.
 */
#include "config.h"

#include "analysis/departure_internal.h"

#include <gsl/gsl_multimin.h>
#include <math.h>
#include <stdlib.h>

#define SCALES 4
enum { LEVEL, SLOPE, TRANSIENT, PERSISTENCE };

/** Centres of the priors and their widths. */
#define CENTRE_LEVEL 0.02
#define CENTRE_SLOPE 0.0015
#define CENTRE_TRANSIENT 0.02
#define CENTRE_PERSISTENCE 0.5
static const double widths[SCALES] = {0.8, 0.7, 0.8, 0.2};

/** Beyond these the coordinates mean nothing (e^-20 of a scale). */
#define COORDINATE_MOST 20.0
#define STEP 0.4
/** The cost of a place that cannot be. Finite: GSL's simplex gives up on anything else. */
#define IMPOSSIBLE 1e100
/** Size of the simplex at which the fourth digit of a scale stands. */
#define SMALL 2e-4
#define ITERATIONS_MOST 400

void departure_scales_init(struct departure_scales *out)
{
    *out = (struct departure_scales){
        .level = CENTRE_LEVEL,
        .slope = CENTRE_SLOPE,
        .persistence = CENTRE_PERSISTENCE,
        .transient = CENTRE_TRANSIENT,
    };
}

static double log_odds(double share)
{
    return log(share / (1.0 - share));
}

static void to_coordinates(double x[SCALES], const struct departure_scales *scales)
{
    x[LEVEL] = log(scales->level);
    x[SLOPE] = log(scales->slope);
    x[TRANSIENT] = log(scales->transient);
    x[PERSISTENCE] = log_odds(scales->persistence);
}

static struct departure_scales from_coordinates(const double x[SCALES])
{
    return (struct departure_scales){
        .level = exp(x[LEVEL]),
        .slope = exp(x[SLOPE]),
        .persistence = 1.0 / (1.0 + exp(-x[PERSISTENCE])),
        .transient = exp(x[TRANSIENT]),
    };
}

/* What one search works with. */
struct search {
    struct departure_design design;
    double *base, *matrix, *work;
};

static void search_clear(struct search *search)
{
    departure_design_clear(&search->design);
    free(search->base);
    free(search->matrix);
    free(search->work);
}

static bool search_init(struct search *search, const struct departure_data *data)
{
    size_t n = data->count;

    *search = (struct search){.base = malloc(n * n * sizeof(double)),
                              .matrix = malloc(n * n * sizeof(double)),
                              .work = malloc(n * sizeof(double))};
    if (search->base == NULL || search->matrix == NULL || search->work == NULL ||
        !departure_design_init(&search->design, data)) {
        search_clear(search);
        return false;
    }
    departure_kernel_base(search->base, &search->design);
    return true;
}

static double log_likelihood(const struct search *search, const struct departure_scales *scales)
{
    size_t n = search->design.n;
    double log_determinant;
    double quadratic;

    departure_kernel_fill(search->matrix, search->base, &search->design, scales);
    if (!departure_factor(search->matrix, n, search->design.e, search->work, &log_determinant,
                          &quadratic))
        return -INFINITY;
    return -0.5 * (log_determinant + quadratic + (double)n * log(2.0 * M_PI));
}

static double log_prior(const double x[SCALES])
{
    struct departure_scales centre;
    double at[SCALES];
    double sum = 0.0;

    departure_scales_init(&centre);
    to_coordinates(at, &centre);
    for (size_t i = 0; i < SCALES; i++)
        sum -= 0.5 * pow((x[i] - at[i]) / widths[i], 2.0);
    return sum;
}

static double cost(const gsl_vector *place, void *data)
{
    const struct search *search = data;
    double x[SCALES];
    struct departure_scales scales;
    double value;

    for (size_t i = 0; i < SCALES; i++) {
        x[i] = gsl_vector_get(place, i);
        if (!(fabs(x[i]) <= COORDINATE_MOST))
            return IMPOSSIBLE;
    }
    scales = from_coordinates(x);
    if (!departure_scales_sound(&scales))
        return IMPOSSIBLE;
    value = -(log_likelihood(search, &scales) + log_prior(x));
    return isfinite(value) ? fmin(value, IMPOSSIBLE) : IMPOSSIBLE;
}

/* False without memory. */
static bool minimise(double x[SCALES], struct search *search)
{
    gsl_multimin_function function = {.f = cost, .n = SCALES, .params = search};
    gsl_multimin_fminimizer *simplex =
        gsl_multimin_fminimizer_alloc(gsl_multimin_fminimizer_nmsimplex2, SCALES);
    double steps[SCALES] = {STEP, STEP, STEP, STEP};
    gsl_vector_view start = gsl_vector_view_array(x, SCALES);
    gsl_vector_view step = gsl_vector_view_array(steps, SCALES);
    bool done = simplex != NULL && gsl_multimin_fminimizer_set(simplex, &function, &start.vector,
                                                               &step.vector) == GSL_SUCCESS;

    for (unsigned i = 0; done && i < ITERATIONS_MOST; i++)
        if (gsl_multimin_fminimizer_iterate(simplex) != GSL_SUCCESS ||
            gsl_multimin_fminimizer_size(simplex) < SMALL)
            break;
    for (size_t i = 0; done && i < SCALES; i++)
        x[i] = gsl_vector_get(gsl_multimin_fminimizer_x(simplex), i);
    gsl_multimin_fminimizer_free(simplex);
    return done;
}

bool departure_fit(struct departure_scales *out, const struct departure_data *data)
{
    struct search search;
    struct departure_scales start;
    double x[SCALES];
    bool done;

    if (!search_init(&search, data))
        return false;
    departure_scales_init(&start);
    to_coordinates(x, &start);
    done = minimise(x, &search);
    if (done)
        *out = from_coordinates(x);
    search_clear(&search);
    return done;
}

double departure_log_likelihood(const struct departure_data *data,
                                const struct departure_scales *scales, bool with_prior)
{
    struct search search;
    double x[SCALES];
    double value;

    if (!departure_scales_sound(scales))
        return -INFINITY;
    if (!search_init(&search, data))
        return NAN;
    value = log_likelihood(&search, scales);
    if (with_prior) {
        to_coordinates(x, scales);
        value += log_prior(x);
    }
    search_clear(&search);
    return value;
}
