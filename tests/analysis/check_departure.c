// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Goal of this test: the model agrees with the vectors and with a dense matrix worked out another
 * way; a change is the sum of its parts whatever the dates, scales, sites and events; no sites are
 * exactly no AI; weights, shifts and intervals are what their formulas say; the fit is the top of
 * the likelihood; the real series gives the published result; nothing makes a number that is none.
 */
#include "config.h"

#include "analysis/departure.h"
#include "analysis/departure_internal.h"
#include "analysis/random.h"
#include "tests/support/check.h"
#include "tests/support/departed.h"
#include "tests/support/vectors.h"

#include <gsl/gsl_errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EPOCHS 70
#define DRAWS 300
/** The published hyperparameters. */
static const struct departure_scales published = {0.0155, 0.00141, 0.5, 0.0124};

/* ---- a made series ---- */

struct made {
    struct departure_epoch epochs[EPOCHS];
    double times[EPOCHS];
    struct departure_event events[3];
    struct site sites[3];
    struct departure_data data;
    struct departure_scales scales;
};

static double any_between(struct test_random *random, double low, double high)
{
    return low + (high - low) * (double)test_random_below(random, 1000001) / 1e6;
}

static void make(struct made *made, uint64_t stream)
{
    struct test_random random = test_random_init(test_seed(), stream);
    double time = 2023.9;
    double rate = any_between(&random, 0.0, 7.0);

    *made = (struct made){
        .events = {{"storm", 2024.9, 2024.95, 0.1, true, "made"},
                   {"ban", 2025.3, 2025.6, 0.4, true, "made"},
                   {"price", 2025.8, 2025.82, 0.05, false, "made"}},
        .sites = {{"a", 400.0, SITE_MINED_YES, 2024.9, NAN, 2025.5, 2026.0, 0.9},
                  {"b", 900.0, SITE_MINED_PARTLY, 2025.2, NAN, NAN, NAN, 0.5},
                  {"c", 50.0, SITE_MINED_YES, 2025.0, 2025.1, 2025.9, NAN, 1.0}},
        .scales = {any_between(&random, 0.005, 0.05), any_between(&random, 0.0005, 0.004),
                   any_between(&random, 0.05, 0.95), any_between(&random, 0.004, 0.04)},
    };
    for (size_t i = 0; i < EPOCHS; i++) {
        struct departure_epoch *epoch = &made->epochs[i];

        epoch->start = time;
        time += any_between(&random, 0.03, 0.05);
        epoch->end = time;
        rate += any_between(&random, -0.07, 0.09);
        epoch->log_rate = rate;
        for (size_t k = 0; k < DEPARTURE_PRICES; k++)
            epoch->price[k] = 12.0 + any_between(&random, -1.0, 1.0);
        epoch->price_error = i > EPOCHS - 10 ? DEPARTURE_PRICE_ERROR : 0.0;
        made->times[i] = departure_epoch_mid(epoch);
    }
    made->data = (struct departure_data){.epochs = made->epochs,
                                         .count = EPOCHS,
                                         .events = made->events,
                                         .event_count = 3,
                                         .choice = (enum departure_choice)(stream % 3),
                                         .price = stream % 4 != 0};
    ck_assert_ptr_null(departure_data_fault(&made->data));
}

static struct site_paths *make_paths(const struct made *made, size_t sites)
{
    struct site_options options;
    struct site_paths *paths;

    site_options_init(&options);
    options.draws = DRAWS;
    paths = site_paths_new(made->sites, sites, made->times, EPOCHS, &options);
    ck_assert_ptr_nonnull(paths);
    return paths;
}

static bool figure_sound(const struct site_figure *figure)
{
    return isfinite(figure->mean) && isfinite(figure->lo90) && isfinite(figure->hi90) &&
           figure->lo90 <= figure->lo50 && figure->lo50 <= figure->median &&
           figure->median <= figure->hi50 && figure->hi50 <= figure->hi90;
}

/* ---- the kernel ---- */

START_TEST(test_vectors)
{
    struct departed departed;
    struct vectors table = {0};
    struct departure_data data;
    struct departure_model *model;
    struct departure_facts facts;
    struct departure_test fixed;
    size_t first;
    size_t from;
    double *path;
    /* In the order of the table, from its 8th row on. */
    const enum departure_part parts[] = {DEPARTURE_TREND,  DEPARTURE_UNEXPLAINED, DEPARTURE_PRICE,
                                         DEPARTURE_SEASON, DEPARTURE_TRANSIENT,   DEPARTURE_LUCK,
                                         DEPARTURE_EVENTS};

    if (!departed_read(&departed) || !vectors_read(&table, "../vectors/E_model.csv"))
        return;
    data = departed_from(&departed, DEPARTED_START, &first);
    ck_assert_ptr_null(departure_data_fault(&data));
    model = departure_model_new(&data, &published);
    path = calloc(data.count, sizeof *path);
    ck_assert(model != NULL && path != NULL);
    departure_model_facts(&facts, model);
    ck_assert_double_eq(vectors_at(&table, 0, 1), (double)facts.count);
    ck_assert_double_eq_tol(vectors_at(&table, 1, 1), facts.mean, 1e-9);
    ck_assert_double_eq_tol(vectors_at(&table, 2, 1) / facts.log_determinant, 1.0, 1e-9);
    ck_assert_double_eq_tol(vectors_at(&table, 3, 1) / facts.quadratic, 1.0, 1e-9);
    for (size_t i = 0; i < data.count; i++)
        path[i] = 30.0 * fmin(fmax((departed.times[first + i] - 2024.5) / 2.0, 0.0), 1.0);
    ck_assert(departure_test_path(&fixed, model, path));
    /* Prices have nine digits in the vectors, and this is a difference. */
    ck_assert_double_eq_tol(vectors_at(&table, 4, 1), fixed.log_weight, 2e-9);
    ck_assert_double_eq_tol(vectors_at(&table, 5, 1) / fixed.kappa, 1.0, 5e-9);
    ck_assert_double_eq_tol(vectors_at(&table, 6, 1) / fixed.se, 1.0, 1e-9);
    ck_assert(departure_find(&from, &data, 2025.81));
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        departure_smoothed(path, model, parts[i]);
        ck_assert_double_eq_tol(vectors_at(&table, 7 + i, 1), path[data.count - 1] - path[from],
                                1.5e-9);
    }
    free(path);
    departure_model_free(model);
    vectors_free(&table);
    departed_free(&departed);
}
END_TEST

/* What the parts do to a unit vector is a column of the dense matrix; and the inverse is one. */
START_TEST(test_kernel)
{
    for (uint64_t round = 0; round < 12; round++) {
        struct made made;
        struct departure_model *model;
        double *base = calloc((size_t)EPOCHS * EPOCHS, sizeof *base);
        double *dense = calloc((size_t)EPOCHS * EPOCHS, sizeof *dense);
        double worst = 0.0;

        make(&made, round);
        model = departure_model_new(&made.data, &made.scales);
        ck_assert(model != NULL && base != NULL && dense != NULL);
        departure_kernel_base(base, &model->design);
        departure_kernel_fill(dense, base, &model->design, &made.scales);
        for (size_t j = 0; j < EPOCHS; j++) {
            double unit[EPOCHS] = {0.0};
            double out[EPOCHS];
            double sum[EPOCHS] = {0.0};
            double solved[EPOCHS];

            unit[j] = 1.0;
            for (int part = 0; part < DEPARTURE_PARTS; part++) {
                if (part == DEPARTURE_AI)
                    continue;
                departure_kernel_apply(out, &model->design, &made.scales, (enum departure_part)part,
                                       unit);
                for (size_t i = 0; i < EPOCHS; i++)
                    sum[i] += out[i];
            }
            departure_solve(solved, model, sum);
            for (size_t i = 0; i < EPOCHS; i++) {
                worst = fmax(worst, fabs(sum[i] - dense[i * EPOCHS + j]) / 25.0);
                worst = fmax(worst, 1e-5 * fabs(solved[i] - unit[i]));
            }
        }
        ck_assert_double_lt(worst, 1e-12);
        departure_model_free(model);
        free(base);
        free(dense);
    }
}
END_TEST

/* The price terms and overlaps of the vectors, from prices, heights and dates. The vectors give the
 * epoch of the third halving (half of it on either side) 48 blocks too many of the old subsidy. */
START_TEST(test_inputs)
{
    enum { HEIGHT = 0, LOG_PRICE = 5, TERMS = 6, OVERLAPS = 9 };
    const double halving = 210000.0;
    const double third = 628992.0;
    struct departed departed;
    struct vectors table = {0};
    double *reward;
    double worst = 0.0;
    size_t count;
    const struct departure_event *events = departure_events(&count);

    if (!departed_read(&departed) || !vectors_read(&table, "../vectors/E_epochs.csv"))
        return;
    reward = calloc(table.rows, sizeof *reward);
    ck_assert_ptr_nonnull(reward);
    for (size_t i = 0; i < table.rows; i++) {
        double height = vectors_at(&table, i, HEIGHT);
        double era = floor(height / halving);
        double later = fmax(height + 2016.0 - (era + 1.0) * halving, 0.0);

        reward[i] = vectors_at(&table, i, LOG_PRICE) + log(50.0) - (era + later / 2016.0) * M_LN2;
        if (height == third)
            reward[i] += 48.0 / 2016.0 * M_LN2;
    }
    for (size_t i = 0; i < table.rows; i++) {
        double terms[DEPARTURE_PRICES];

        ck_assert_int_eq(departure_price_terms(terms, reward, i), i >= DEPARTURE_PRICE_LAGS);
        for (size_t k = 0; i >= DEPARTURE_PRICE_LAGS && k < DEPARTURE_PRICES; k++)
            worst = fmax(worst, fabs(terms[k] - vectors_at(&table, i, TERMS + k)));
        for (size_t k = 0; k < count; k++)
            worst = fmax(worst, 1e-3 * fabs(departure_overlap(&departed.epochs[i], &events[k]) -
                                            vectors_at(&table, i, OVERLAPS + k)));
    }
    ck_assert_uint_eq(count, 12);
    ck_assert_double_lt(worst, 2e-9);
    reward[50] = NAN;
    ck_assert(!departure_price_terms((double[DEPARTURE_PRICES]){0}, reward, 60));
    free(reward);
    vectors_free(&table);
    departed_free(&departed);
}
END_TEST

/* One price that is wrong: its error's way into the terms of later epochs. */
START_TEST(test_price_error)
{
    const double shares[] = {1.0 / 3.0, 1.0 / 10.0, 1.0 / 26.0};
    struct made made;
    struct departure_design design;

    make(&made, 1);
    for (size_t i = 0; i < EPOCHS; i++)
        made.epochs[i].price_error = i == 10 ? 0.08 : 0.0;
    ck_assert(departure_design_init(&design, &made.data));
    for (size_t i = 0; i < EPOCHS; i++)
        for (size_t k = 0; k < DEPARTURE_PRICES; k++) {
            size_t lag = i > 10 ? i - 10 : 0;
            size_t term = lag <= 3 ? 0 : lag <= 13 ? 1 : 2;
            bool within = lag >= 1 && lag <= DEPARTURE_PRICE_LAGS && term == k;

            ck_assert_double_eq_tol(design.price_error[k * EPOCHS + i],
                                    within ? 0.08 * shares[k] : 0.0, 1e-15);
        }
    departure_design_clear(&design);
}
END_TEST

/* ---- the fit ---- */

START_TEST(test_fit)
{
    const double step = 0.02;
    struct departed departed;
    struct departure_data data;
    struct departure_scales fitted;
    double top;

    if (!departed_read(&departed))
        return;
    data = departed_from(&departed, DEPARTED_START, NULL);
    ck_assert(departure_fit(&fitted, &data));
    ck_assert_double_eq_tol(fitted.level / published.level, 1.0, 0.05);
    ck_assert_double_eq_tol(fitted.slope / published.slope, 1.0, 0.05);
    ck_assert_double_eq_tol(fitted.persistence, published.persistence, 0.03);
    ck_assert_double_eq_tol(fitted.transient / published.transient, 1.0, 0.05);
    top = departure_log_likelihood(&data, &fitted, true);
    for (int i = 0; i < 8; i++) {
        struct departure_scales near = fitted;
        double *const member[] = {&near.level, &near.slope, &near.persistence, &near.transient};

        *member[i / 2] *= i % 2 == 0 ? 1.0 + step : 1.0 - step;
        ck_assert_double_lt(departure_log_likelihood(&data, &near, true), top);
    }
    departed_free(&departed);
}
END_TEST

/* Series without any life, or with too much of it: scales that make a model all the same. */
START_TEST(test_fit_hostile)
{
    for (int kind = 0; kind < 4; kind++) {
        struct made made;
        struct departure_scales fitted = {0};
        struct departure_model *model;

        make(&made, 7);
        for (size_t i = 0; i < EPOCHS; i++) {
            double swing = i % 2 == 0 ? 50.0 : -50.0;
            const double kinds[] = {3.0, swing, i < 35 ? -50.0 : 50.0, i == 35 ? 50.0 : 1.0};

            made.epochs[i].log_rate = kinds[kind];
        }
        ck_assert(departure_fit(&fitted, &made.data));
        ck_assert(departure_scales_sound(&fitted));
        model = departure_model_new(&made.data, &fitted);
        ck_assert_ptr_nonnull(model);
        departure_model_free(model);
    }
}
END_TEST

START_TEST(test_scales_refused)
{
    struct made made;
    const struct departure_scales bad[] = {{NAN, 1e-3, 0.5, 1e-2},
                                           {1e-2, INFINITY, 0.5, 1e-2},
                                           {1e-2, 1e-3, 1.0, 1e-2},
                                           {1e-2, 1e-3, 0.5, -1.0}};

    make(&made, 1);
    for (size_t i = 0; i < 4; i++) {
        ck_assert_ptr_null(departure_model_new(&made.data, &bad[i]));
        ck_assert(departure_log_likelihood(&made.data, &bad[i], true) == -INFINITY);
    }
}
END_TEST

START_TEST(test_data_faults)
{
    struct made made;
    size_t found = 7;

    make(&made, 1);
    ck_assert(departure_find(&found, &made.data, made.epochs[3].start) && found == 3);
    ck_assert(!departure_find(&found, &made.data, 2000.0) && found == 3);
    made.data.count = DEPARTURE_LEAST - 1;
    ck_assert_ptr_nonnull(departure_data_fault(&made.data));
#define REFUSED(member, value)                                                                     \
    do {                                                                                           \
        make(&made, 1);                                                                            \
        made.member = (value);                                                                     \
        ck_assert_ptr_nonnull(departure_data_fault(&made.data));                                   \
    } while (0)
    REFUSED(data.count, DEPARTURE_MOST + 1);
    REFUSED(epochs[5].log_rate, NAN);
    REFUSED(epochs[5].log_rate, INFINITY);
    REFUSED(epochs[5].price[1], NAN);
    REFUSED(epochs[5].price_error, -1.0);
    REFUSED(epochs[5].end, made.epochs[5].start);
    REFUSED(epochs[5].end, made.epochs[5].end + 0.01);
    REFUSED(events[0].end, 2024.0);
    REFUSED(events[0].sd, NAN);
#undef REFUSED
    make(&made, 1);
    made.epochs[5].price[1] = NAN;
    made.data.price = false;
    ck_assert_ptr_null(departure_data_fault(&made.data));
}
END_TEST

/* ---- weights ---- */

/* Each draw's weight is that of its path as a path of one's own; their mean is the Bayes factor. */
START_TEST(test_weights)
{
    for (uint64_t round = 0; round < 6; round++) {
        struct made made;
        struct site_paths *paths;
        struct departure_model *model;
        struct departure_posterior *posterior;
        double sum = 0.0;
        double square = 0.0;
        double factor = 0.0;

        make(&made, round);
        paths = make_paths(&made, 3);
        model = departure_model_new(&made.data, &made.scales);
        posterior = departure_posterior_new(model, paths);
        ck_assert_ptr_nonnull(posterior);
        for (size_t k = 0; k < DRAWS; k++) {
            sum += posterior->weights[k];
            square += posterior->weights[k] * posterior->weights[k];
            factor += exp(posterior->log_weights[k]) / DRAWS;
        }
        ck_assert_double_eq_tol(sum, 1.0, 1e-12);
        ck_assert_double_eq_tol(posterior->ess * square, 1.0, 1e-12);
        ck_assert_double_eq_tol(posterior->bayes_factor / factor, 1.0, 1e-9);
        for (size_t k = 0; k < DRAWS; k += 37) {
            struct departure_test test;
            double removed[EPOCHS];

            for (size_t i = 0; i < EPOCHS; i++)
                removed[i] = site_paths_at(paths, SITE_NET, k, i);
            ck_assert(departure_test_path(&test, model, removed));
            ck_assert_double_eq_tol(posterior->log_weights[k], test.log_weight,
                                    1e-9 * (1.0 + fabs(test.log_weight)));
        }
        departure_posterior_free(posterior);
        departure_model_free(model);
        site_paths_free(paths);
    }
}
END_TEST

/* What shifts are worth, and p, from the paths over epochs. */
static void check_judgement(const struct departure_shifts *shifts,
                            const struct departure_model *model, const double delta[EPOCHS])
{
    double paths[EPOCHS][EPOCHS];
    double solved[EPOCHS];
    double count = (double)shifts->count;
    double sum = 0.0;
    double above = 0.0;
    double worth;

    for (size_t i = 0; i < shifts->count; i++) {
        for (size_t t = 0; t < EPOCHS; t++)
            paths[i][t] = delta[t + shifts->shift[i].epochs < EPOCHS ? t + shifts->shift[i].epochs
                                                                     : EPOCHS - 1];
        above +=
            shifts->shift[i].kappa / shifts->shift[i].se >= shifts->real.kappa / shifts->real.se;
    }
    for (size_t i = 0; i < shifts->count; i++) {
        departure_solve(solved, model, paths[i]);
        for (size_t j = 0; j < shifts->count; j++) {
            double r =
                departure_dot(solved, paths[j], EPOCHS) * shifts->shift[i].se * shifts->shift[j].se;

            ck_assert(i != j || fabs(r - 1.0) < 1e-9);
            sum += r * r;
        }
    }
    worth = count * count / sum;
    ck_assert_double_eq_tol(shifts->effective, worth, 1e-7 * worth);
    ck_assert_double_eq_tol(shifts->p, (1.0 + worth * above / count) / (1.0 + worth), 1e-9);
}

/* A shifted schedule is the mean path's delta, earlier, and held once it ends. */
START_TEST(test_shifts)
{
    struct made made;
    struct site_paths *paths;
    struct departure_model *model;
    struct departure_posterior *posterior;
    struct departure_shifts shifts;
    double delta[EPOCHS] = {0.0};

    make(&made, 5);
    paths = make_paths(&made, 3);
    model = departure_model_new(&made.data, &made.scales);
    posterior = departure_posterior_new(model, paths);
    ck_assert_ptr_nonnull(posterior);
    departure_mean_delta(delta + paths->first, posterior);
    ck_assert(departure_placebo_shifts(&shifts, posterior));
    ck_assert_double_eq(shifts.real.kappa, posterior->kappa);
    ck_assert_uint_eq(shifts.count, paths->first - 12);
    ck_assert_uint_eq(shifts.shift[0].epochs, 13);
    ck_assert_uint_eq(shifts.shift[shifts.count - 1].epochs, paths->first);
    for (size_t i = 0; i < shifts.count; i++) {
        struct departure_test test;
        double removed[EPOCHS];

        for (size_t t = 0; t < EPOCHS; t++) {
            size_t from = t + shifts.shift[i].epochs;

            removed[t] =
                departure_smooth_rate(model, t) * expm1(delta[from < EPOCHS ? from : EPOCHS - 1]);
        }
        ck_assert(departure_test_path(&test, model, removed));
        ck_assert_double_eq_tol(shifts.shift[i].kappa / test.kappa, 1.0, 1e-7);
        ck_assert_double_eq_tol(shifts.shift[i].se / test.se, 1.0, 1e-7);
    }
    check_judgement(&shifts, model, delta);
    ck_assert(shifts.effective >= 1.0 && shifts.effective <= (double)shifts.count);
    departure_posterior_free(posterior);
    departure_model_free(model);
    site_paths_free(paths);
}
END_TEST

/* ---- decomposition ---- */

static void check_decomposition(const struct departure_decomposition *parts,
                                const struct made *made)
{
    double sum = 0.0;
    double observed = 0.0;

    for (int part = 0; part < DEPARTURE_PARTS; part++) {
        sum += parts->part[part].mean;
        ck_assert(figure_sound(&parts->part[part]));
        ck_assert(isfinite(parts->sd[part]) && parts->sd[part] >= 0.0);
    }
    for (size_t i = 0; i < parts->width; i++)
        observed += (made->epochs[parts->to_first + i].log_rate -
                     made->epochs[parts->from_first + i].log_rate) /
                    (double)parts->width;
    ck_assert_double_eq_tol(parts->total, observed, 1e-12);
    ck_assert_double_eq_tol(sum, parts->total, 1e-9);
}

START_TEST(test_parts_add_up)
{
    for (uint64_t round = 0; round < 12; round++) {
        struct test_random random = test_random_init(test_seed(), 1000 + round);
        struct made made;
        struct site_paths *paths;
        struct departure_model *model;
        struct departure_posterior *posterior;

        make(&made, 20 + round);
        paths = make_paths(&made, 3);
        model = departure_model_new(&made.data, &made.scales);
        posterior = departure_posterior_new(model, paths);
        ck_assert_ptr_nonnull(posterior);
        for (int i = 0; i < 12; i++) {
            struct departure_decomposition parts;
            size_t from = test_random_below(&random, EPOCHS);
            size_t to = test_random_below(&random, EPOCHS);
            size_t width = 1 + test_random_below(&random, i == 0 ? EPOCHS : 5);

            ck_assert(departure_decompose(&parts, posterior, from, to, width));
            check_decomposition(&parts, &made);
        }
        departure_posterior_free(posterior);
        departure_model_free(model);
        site_paths_free(paths);
    }
}
END_TEST

/* Parts are what they are called: luck is Ki e / 2016, and each is its smoothed path's change; with
 * no sites, AI is exactly nothing, and intervals are those of a normal. */
START_TEST(test_no_sites)
{
    struct made made;
    struct site_paths *paths;
    struct departure_model *model;
    struct departure_posterior *posterior;
    struct departure_decomposition parts;
    struct departure_shifts shifts;
    struct site_figure figure;
    char text[DEPARTURE_STATEMENT];

    make(&made, 5);
    paths = make_paths(&made, 0);
    model = departure_model_new(&made.data, &made.scales);
    posterior = departure_posterior_new(model, paths);
    ck_assert_ptr_nonnull(posterior);
    ck_assert_double_eq(posterior->bayes_factor, 1.0);
    ck_assert_double_eq_tol(posterior->ess, DRAWS, 1e-9);
    ck_assert(posterior->adds_nothing);
    ck_assert(posterior->kappa == 0.0 && posterior->kappa_se == 0.0);
    ck_assert_double_eq(posterior->slow_share, 0.0);
    ck_assert(posterior->abrupt_share > 0.0 && posterior->abrupt_share < 1.0);
    ck_assert(departure_share(&figure, posterior, EPOCHS - 1, true));
    ck_assert(figure.mean == 0.0 && figure.lo90 == 0.0 && figure.hi90 == 0.0);
    ck_assert(departure_decompose(&parts, posterior, 20, EPOCHS - 1, 1));
    check_decomposition(&parts, &made);
    for (int part = 0; part < DEPARTURE_PARTS; part++) {
        double path[EPOCHS];

        departure_smoothed(path, model, (enum departure_part)part);
        ck_assert_double_eq_tol(parts.part[part].mean, path[EPOCHS - 1] - path[20], 1e-9);
        ck_assert_double_eq_tol(parts.part[part].hi90 - parts.part[part].mean,
                                1.6448536269514722 * parts.sd[part], 1e-9);
        ck_assert_double_eq_tol(parts.part[part].lo50 - parts.part[part].mean,
                                -0.67448975019608171 * parts.sd[part], 1e-9);
    }
    ck_assert(parts.part[DEPARTURE_AI].lo90 == 0.0 && parts.part[DEPARTURE_AI].hi90 == 0.0);
    ck_assert(parts.sd[DEPARTURE_AI] == 0.0 && parts.sd[DEPARTURE_TREND] > 0.0);
    ck_assert(departure_placebo_shifts(&shifts, posterior));
    ck_assert(shifts.count == 0 && shifts.p == 1.0);
    departure_statement(text, posterior);
    ck_assert_ptr_nonnull(strstr(text, "AI is 0 by the ledger"));
    departure_posterior_free(posterior);
    departure_model_free(model);
    site_paths_free(paths);
}
END_TEST

/* A part's interval over paths is that of the mixture, drawn at random. */
START_TEST(test_mixture)
{
    enum { SAMPLES = 60000 };
    struct made made;
    struct site_paths *paths;
    struct departure_model *model;
    struct departure_posterior *posterior;
    struct departure_decomposition parts;
    struct random_stream stream = random_init(test_seed(), 9);
    double *sample = malloc(SAMPLES * sizeof *sample);
    double response[EPOCHS];
    double covered[EPOCHS];
    double ends[EPOCHS] = {0.0};
    struct site_figure drawn;
    double sd;
    size_t columns;

    make(&made, 5);
    made.sites[0].mw = 20000.0; /* enough for paths to matter */
    paths = make_paths(&made, 3);
    columns = EPOCHS - paths->first;
    model = departure_model_new(&made.data, &made.scales);
    posterior = departure_posterior_new(model, paths);
    ck_assert(posterior != NULL && sample != NULL);
    ck_assert(departure_decompose(&parts, posterior, 10, EPOCHS - 1, 1));
    ends[EPOCHS - 1] = 1.0;
    ends[10] = -1.0;
    departure_kernel_apply(covered, &model->design, &made.scales, DEPARTURE_UNEXPLAINED, ends);
    departure_solve(response, model, covered);
    sd = sqrt(departure_dot(ends, covered, EPOCHS) - departure_dot(covered, response, EPOCHS));
    for (size_t i = 0; i < SAMPLES; i++) {
        double share = random_uniform(&stream);
        size_t k = 0;

        while (k + 1 < DRAWS && share > posterior->weights[k])
            share -= posterior->weights[k++];
        sample[i] =
            departure_dot(response, model->design.e, EPOCHS) +
            departure_dot(response + paths->first, &posterior->delta[k * columns], columns) +
            sd * random_normal(&stream);
    }
    ck_assert(site_figure_of(&drawn, sample, NULL, SAMPLES));
    sd = parts.sd[DEPARTURE_UNEXPLAINED];
    ck_assert_double_eq_tol(parts.part[DEPARTURE_UNEXPLAINED].mean, drawn.mean, 0.03 * sd);
    ck_assert_double_eq_tol(parts.part[DEPARTURE_UNEXPLAINED].lo90, drawn.lo90, 0.06 * sd);
    ck_assert_double_eq_tol(parts.part[DEPARTURE_UNEXPLAINED].hi90, drawn.hi90, 0.06 * sd);
    ck_assert_double_eq_tol(parts.part[DEPARTURE_UNEXPLAINED].median, drawn.median, 0.04 * sd);
    free(sample);
    departure_posterior_free(posterior);
    departure_model_free(model);
    site_paths_free(paths);
}
END_TEST

/* ---- whole ---- */

/* The published result, within what 8,000 draws leave to chance (medians .2, ends .35 EH/s, twice
 * over and for two runs). */
START_TEST(test_real)
{
    struct departed departed;
    struct departure_data data;
    struct site_options options;
    struct site_paths *paths;
    struct departure_model *model;
    struct departure_posterior *posterior;
    struct departure_replay replay;
    struct departure_decomposition parts;
    struct site_figure figure;
    size_t peak;
    char text[DEPARTURE_STATEMENT];
    size_t first;
    size_t at;

    if (!departed_read(&departed))
        return;
    data = departed_from(&departed, DEPARTED_START, &first);
    at = data.count - 1;
    site_options_init(&options);
    paths = site_paths_new(departed.sites, departed.site_count, departed.times + first, data.count,
                           &options);
    model = departure_model_new(&data, &published);
    posterior = departure_posterior_new(model, paths);
    ck_assert_ptr_nonnull(posterior);
    ck_assert(departure_figure(&figure, posterior, SITE_GROSS, at, false));
    ck_assert_double_eq_tol(figure.median, 52.6, 0.6);
    ck_assert_double_eq_tol(figure.lo90, 36.8, 1.0);
    ck_assert_double_eq_tol(figure.hi90, 76.1, 1.5);
    ck_assert(departure_figure(&figure, posterior, SITE_NET, at, false));
    ck_assert_double_eq_tol(figure.median, 29.0, 0.8);
    ck_assert_double_eq_tol(figure.lo90, 11.4, 1.0);
    ck_assert_double_eq_tol(figure.hi90, 51.7, 1.2);
    ck_assert(departure_figure(&figure, posterior, SITE_NET, at, true));
    ck_assert_double_eq_tol(figure.median, 29.9, 0.8);
    ck_assert_double_eq_tol(figure.lo90, 11.8, 1.0);
    ck_assert_double_eq_tol(figure.hi90, 53.1, 1.2);
    ck_assert_double_eq_tol(posterior->bayes_factor, 1.19, 0.02);
    ck_assert_double_eq_tol(posterior->ess, 7885.0, 25.0);
    ck_assert(posterior->adds_nothing);
    departure_statement(text, posterior);
    ck_assert_ptr_eq(strstr(text, "The chain adds no information"), text);
    ck_assert_ptr_nonnull(strstr(text, "from nothing to 44 times as much"));
    ck_assert_ptr_nonnull(strstr(text, "51 % of the network would have to leave"));
    ck_assert_ptr_nonnull(strstr(text, "or 7 % at once"));
    ck_assert_double_eq_tol(posterior->kappa, 21.0, 1.5);
    ck_assert_double_eq_tol(posterior->kappa_se, 11.0, 0.5);
    ck_assert(departure_find(&peak, &data, 2025.81));
    ck_assert(departure_decompose(&parts, posterior, peak, at, DEPARTURE_ENDS));
    ck_assert_uint_eq(parts.from_first, peak - 1);
    ck_assert_uint_eq(parts.to_first, at - 2);
    ck_assert_double_eq_tol(parts.total, -0.161, 0.0005);
    ck_assert(departure_replay(&replay, posterior, "Elliott"));
    ck_assert_double_eq(replay.fall.part[DEPARTURE_AI].mean, 0.0);
    ck_assert(!departure_replay(&replay, posterior, "China ban"));
    ck_assert(departure_replay(&replay, posterior, "Fern"));
    ck_assert_double_eq_tol(replay.fall.total, -0.1188, 0.0001);
    ck_assert_double_eq_tol(replay.fall.part[DEPARTURE_EVENTS].mean, -0.129, 0.002);
    ck_assert_double_eq_tol(replay.fall.part[DEPARTURE_AI].mean, -0.0007, 0.0003);
    ck_assert_double_eq_tol(replay.rebound.part[DEPARTURE_EVENTS].mean, 0.131, 0.002);
    departure_posterior_free(posterior);
    departure_model_free(model);
    site_paths_free(paths);
    departed_free(&departed);
}
END_TEST

/* Absurd inputs that are no faults: finite figures all the same, twice the same. */
START_TEST(test_hostile)
{
    for (uint64_t round = 0; round < 8; round++) {
        struct made made;
        struct site_paths *paths;
        struct departure_model *model;
        struct departure_posterior *posterior;
        struct departure_posterior *again;
        struct departure_decomposition parts;
        struct departure_shifts shifts;
        struct site_figure figure;
        char text[DEPARTURE_STATEMENT];

        make(&made, 40 + round);
        for (size_t i = 0; i < 3; i++)
            made.sites[i].mw = 1e5;
        for (size_t i = 0; i < EPOCHS; i++)
            made.epochs[i].log_rate = round % 2 == 0 ? -50.0 : (i % 2 == 0 ? 50.0 : -50.0);
        paths = make_paths(&made, 3);
        model = departure_model_new(&made.data, &made.scales);
        posterior = departure_posterior_new(model, paths);
        again = departure_posterior_new(model, paths);
        ck_assert(posterior != NULL && again != NULL);
        ck_assert_mem_eq(posterior->weights, again->weights, DRAWS * sizeof(double));
        ck_assert(isfinite(posterior->bayes_factor) && isfinite(posterior->bayes_error));
        ck_assert(posterior->ess >= 1.0 && posterior->ess <= DRAWS);
        ck_assert(isfinite(posterior->kappa) && isfinite(posterior->kappa_se));
        ck_assert(posterior->slow_share >= 0.0 && posterior->slow_share <= 1.0);
        departure_statement(text, posterior);
        ck_assert_uint_lt(strlen(text), DEPARTURE_STATEMENT - 1);
        ck_assert(posterior->adds_nothing ==
                  (strstr(text, "The chain adds no information") == text));
        ck_assert_ptr_null(strstr(text, "nan"));
        ck_assert_ptr_null(strstr(text, "inf "));
        ck_assert(departure_decompose(&parts, posterior, 0, EPOCHS - 1, 3));
        for (int part = 0; part < DEPARTURE_PARTS; part++)
            ck_assert(figure_sound(&parts.part[part]));
        ck_assert(departure_share(&figure, posterior, EPOCHS - 1, true));
        ck_assert(figure_sound(&figure) && figure.lo90 >= 0.0 && figure.hi90 <= 1.0);
        ck_assert(departure_placebo_shifts(&shifts, posterior));
        ck_assert(isfinite(shifts.mean_z) && isfinite(shifts.rms_z));
        departure_posterior_free(posterior);
        departure_posterior_free(again);
        departure_model_free(model);
        site_paths_free(paths);
    }
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_vectors, test_kernel,         test_inputs,       test_fit_hostile, test_price_error,
        test_fit,     test_scales_refused, test_data_faults,  test_weights,     test_shifts,
        test_real,    test_hostile,        test_parts_add_up, test_no_sites,    test_mixture,
    };

    (void)gsl_set_error_handler_off();
    return TEST_MAIN("departure", tests);
}
