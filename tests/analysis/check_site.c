// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Goal of this test: the site model agrees with the vectors; no set of priors, sites or times makes
 * gross less than net, net less than the network's loss, or any of them negative, shrinking or no
 * number; what a site throws does not hang on its neighbours; figures nest.
 */
#include "config.h"

#include "analysis/site.h"
#include "tests/support/check.h"
#include "tests/support/departed.h"
#include "tests/support/vectors.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define DRAWS 400
#define EPOCHS 80
#define SITES 12
/** Where draws are held to their distributions: tolerances are six standard errors of so many. */
#define MANY_DRAWS 32000

/* Columns of vectors/E_paths.csv. */
enum { UNPLUG = 4, END, J_PER_TH, FULL, RAMP, GROSS, NET };
/** The vectors' moment, and their nine digits. */
#define VECTOR_TIME 2026.5602
#define NINE_DIGITS 5e-9

static void made_times(double times[EPOCHS])
{
    for (size_t i = 0; i < EPOCHS; i++)
        times[i] = 2024.0 + 0.0383 * (double)i;
}

static double any_between(struct test_random *random, double low, double high)
{
    return low + (high - low) * (double)test_random_below(random, 1000001) / 1e6;
}

static double any_date(struct test_random *random, double low, double high)
{
    return test_random_below(random, 3) == 0 ? NAN : any_between(random, low, high);
}

/* A site that passes site_fault(). */
static struct site any_site(struct test_random *random, const char *name)
{
    struct site site = {
        .name = name,
        .mw = any_between(random, 0.0, 1000.0),
        .mined = test_random_below(random, 2) != 0 ? SITE_MINED_YES : SITE_MINED_PARTLY,
        .announced = any_date(random, 2023.0, 2027.0),
        .unplugged = any_date(random, 2023.0, 2027.0),
        .energised = any_date(random, 2023.0, 2027.0),
        .full = any_date(random, 2027.0, 2029.0),
        .delivery = any_between(random, 0.0, 1.0),
    };

    if (site_fault(&site) != NULL)
        site.announced = 2025.0;
    ck_assert_ptr_null(site_fault(&site));
    return site;
}

static char names[SITES][12];

static void any_sites(struct site sites[SITES], struct test_random *random)
{
    for (size_t i = 0; i < SITES; i++) {
        (void)snprintf(names[i], sizeof names[i], "mine %zu", i);
        sites[i] = any_site(random, names[i]);
    }
}

static void any_priors(struct site_priors *priors, struct test_random *random)
{
    site_priors_init(priors);
    for (int i = 0; i < SITE_PRIORS; i++) {
        const struct site_prior_info *info = site_prior_info((enum site_prior)i);
        double low = any_between(random, info->try_low, info->try_high);
        double high = info->range ? any_between(random, low, info->try_high) : low;

        ck_assert_ptr_null(site_priors_set(priors, (enum site_prior)i, low, high));
    }
    ck_assert_ptr_null(site_priors_fault(priors));
}

START_TEST(test_vectors)
{
    struct departed departed;
    struct vectors table = {0};
    struct site_priors priors;

    site_priors_init(&priors);
    if (!departed_read(&departed) || !vectors_read(&table, "../vectors/E_paths.csv"))
        return;
    ck_assert_uint_eq(table.rows, 27);
    for (size_t i = 0; i < table.rows; i++) {
        struct site_draw draw;
        struct site_effect effect;
        double ramp;
        double gross;

        site_draw_centre(&draw, &departed.sites[i], &priors);
        site_effect_of(&effect, &departed.sites[i], &priors, &draw);
        ramp = site_ramp(&effect, VECTOR_TIME);
        gross = effect.full_ehs * ramp;
        /* Dates have five decimals in the table, and the ramp is made of them. */
        ck_assert_double_eq_tol(effect.unplug, vectors_at(&table, i, UNPLUG), 4e-6);
        ck_assert_double_eq_tol(effect.end, vectors_at(&table, i, END), 4e-6);
        ck_assert_double_eq_tol(effect.j_per_th / vectors_at(&table, i, J_PER_TH), 1.0,
                                NINE_DIGITS);
        ck_assert_double_eq_tol(effect.full_ehs / vectors_at(&table, i, FULL), 1.0, NINE_DIGITS);
        ck_assert_double_eq_tol(ramp, vectors_at(&table, i, RAMP), 1e-9);
        ck_assert_double_eq_tol(gross, vectors_at(&table, i, GROSS),
                                1e-9 + NINE_DIGITS * fabs(gross));
        ck_assert_double_eq_tol(gross * (1.0 - effect.relocated), vectors_at(&table, i, NET),
                                1e-9 + NINE_DIGITS * fabs(gross));
    }
    vectors_free(&table);
    departed_free(&departed);
}
END_TEST

START_TEST(test_priors)
{
    struct site_priors priors;
    enum site_prior found;

    site_priors_init(&priors);
    ck_assert_ptr_null(site_priors_fault(&priors));
    for (int i = 0; i < SITE_PRIORS; i++) {
        enum site_prior prior = (enum site_prior)i;
        const struct site_prior_info *info = site_prior_info(prior);

        ck_assert_str_ne(info->name, "");
        ck_assert_str_ne(info->what, "");
        ck_assert_str_ne(info->source, "");
        ck_assert(site_prior_find(&found, info->name) && found == prior);
        ck_assert_ptr_null(site_priors_set(&priors, prior, info->low, info->high));
        ck_assert_ptr_null(site_priors_set(&priors, prior, info->try_low, info->try_low));
        ck_assert_ptr_null(site_priors_set(&priors, prior, info->try_high, info->try_high));
        ck_assert(info->try_low < info->try_high);
        ck_assert_ptr_nonnull(site_priors_set(&priors, prior, NAN, NAN));
        ck_assert_ptr_nonnull(site_priors_set(&priors, prior, -INFINITY, info->high));
        ck_assert_ptr_nonnull(site_priors_set(&priors, prior, info->least - 1.0, info->high));
        ck_assert_ptr_nonnull(site_priors_set(&priors, prior, info->low, info->most + 1.0));
        ck_assert_ptr_nonnull(site_priors_set(&priors, prior, info->try_high, info->try_low));
        if (!info->range)
            ck_assert_ptr_nonnull(site_priors_set(&priors, prior, info->try_low, info->try_high));
        ck_assert_double_eq(priors.of[i].low, info->try_high);
    }
    ck_assert(!site_prior_find(&found, "share"));
    site_priors_init(&priors);
    ck_assert_ptr_null(site_priors_set(&priors, SITE_PRIOR_LAG_LEAST, 40.0, 40.0));
    ck_assert_ptr_nonnull(site_priors_fault(&priors));
}
END_TEST

START_TEST(test_knots)
{
    struct site_priors priors;
    const struct site_knot good[] = {{2020.0, 60.0, 0.1}, {2026.0, 15.0, 0.0}};
    const struct site_knot backwards[] = {{2026.0, 15.0, 0.1}, {2020.0, 60.0, 0.1}};
    const struct site_knot hostile[] = {{NAN, 15.0, 0.1},       {2020.0, 0.0, 0.1},
                                        {2020.0, INFINITY, .1}, {2020.0, 20.0, -0.1},
                                        {2020.0, 20.0, NAN},    {1900.0, 20.0, 0.1}};

    site_priors_init(&priors);
    ck_assert_ptr_nonnull(site_priors_set_knots(&priors, good, 0));
    ck_assert_ptr_nonnull(site_priors_set_knots(&priors, backwards, 2));
    ck_assert_ptr_nonnull(site_priors_set_knots(&priors, good, SITE_KNOTS_MAX + 1));
    for (size_t i = 0; i < sizeof hostile / sizeof hostile[0]; i++)
        ck_assert_ptr_nonnull(site_priors_set_knots(&priors, &hostile[i], 1));
    ck_assert_uint_eq(priors.knot_count, 5);
    ck_assert_ptr_null(site_priors_set_knots(&priors, good, 2));
    ck_assert_uint_eq(priors.knot_count, 2);
}
END_TEST

START_TEST(test_faults)
{
    const struct site good = {"a", 100.0, SITE_MINED_YES, 2025.0, NAN, 2025.5, 2026.0, 0.5};
    struct site site = good;

    ck_assert_ptr_null(site_fault(&good));
#define REFUSED(member, value)                                                                     \
    do {                                                                                           \
        site = good;                                                                               \
        site.member = (value);                                                                     \
        ck_assert_ptr_nonnull(site_fault(&site));                                                  \
    } while (0)
    REFUSED(mw, NAN);
    REFUSED(mw, -1.0);
    REFUSED(mw, INFINITY);
    REFUSED(delivery, NAN);
    REFUSED(delivery, 1.1);
    REFUSED(announced, 202.5);
    REFUSED(unplugged, INFINITY);
    REFUSED(energised, 3000.0);
    REFUSED(full, 2025.4);
#undef REFUSED
    site = good;
    site.announced = site.energised = NAN;
    ck_assert_ptr_nonnull(site_fault(&site));
    site.unplugged = 2025.0;
    ck_assert_ptr_null(site_fault(&site));
}
END_TEST

/* When: a known date wins; a missing announcement does not matter beside a date of energising. */
START_TEST(test_dates)
{
    struct site_priors priors;
    struct site_draw draw;
    struct site_effect effect;
    struct site site = {"a", 100.0, SITE_MINED_YES, NAN, 2025.125, 2026.0, NAN, 0.5};

    site_priors_init(&priors);
    site_draw_centre(&draw, &site, &priors);
    site_effect_of(&effect, &site, &priors, &draw);
    ck_assert_double_eq(effect.unplug, 2025.125);
    ck_assert_double_eq(effect.end, 2025.625);
    ck_assert_double_eq(site_ramp(&effect, 2025.125), 0.0);
    ck_assert_double_eq(site_ramp(&effect, 2025.25), 0.25);
    ck_assert_double_eq(site_ramp(&effect, 2031.0), 1.0);
    site.unplugged = NAN;
    site_effect_of(&effect, &site, &priors, &draw);
    ck_assert_double_eq(effect.unplug, 2025.125);
    site.announced = 2025.5;
    site_effect_of(&effect, &site, &priors, &draw);
    ck_assert_double_eq(effect.unplug, 2025.25);
    draw.delivered = false;
    site_effect_of(&effect, &site, &priors, &draw);
    ck_assert_double_eq(effect.full_ehs, 0.0);
}
END_TEST

/* One assertion for all: each costs a system call. */
static void check_paths(const struct site_paths *paths)
{
    bool sound = true;

    for (size_t k = 0; k < paths->draws; k++) {
        double last = 0.0;

        for (size_t t = 0; t < paths->epochs; t++) {
            double gross = site_paths_at(paths, SITE_GROSS, k, t);
            double net = site_paths_at(paths, SITE_NET, k, t);
            double network = site_paths_at(paths, SITE_NETWORK, k, t);

            sound = sound && isfinite(gross) && gross >= net && net >= network && network >= 0.0;
            sound = sound && gross >= last - 1e-9 && (t >= paths->first || gross == 0.0);
            last = gross;
        }
    }
    ck_assert(sound);
}

START_TEST(test_properties)
{
    double times[EPOCHS];

    made_times(times);
    for (uint64_t round = 0; round < 20; round++) {
        struct test_random random = test_random_init(test_seed(), 100 + round);
        struct site_options options = {.draws = DRAWS, .seed = test_random_below(&random, 1000)};
        struct site sites[SITES];
        struct site_paths *paths;
        struct site_paths *again;
        struct site_figure figure;

        any_priors(&options.priors, &random);
        any_sites(sites, &random);
        paths = site_paths_new(sites, SITES, times, EPOCHS, &options);
        again = site_paths_new(sites, SITES, times, EPOCHS, &options);
        ck_assert(paths != NULL && again != NULL);
        check_paths(paths);
        ck_assert_mem_eq(paths->net, again->net,
                         DRAWS * (EPOCHS - paths->first) * sizeof *paths->net);
        ck_assert_mem_eq(paths->reentry, again->reentry, DRAWS * sizeof *paths->reentry);
        ck_assert(site_paths_figure(&figure, paths, SITE_NET, EPOCHS - 1, NULL));
        ck_assert(figure.lo90 <= figure.lo50 && figure.lo50 <= figure.median &&
                  figure.median <= figure.hi50 && figure.hi50 <= figure.hi90);
        site_paths_free(paths);
        site_paths_free(again);
    }
}
END_TEST

/* The rows are the paths, taken apart; and a row less changes nothing about the others. */
START_TEST(test_rows)
{
    struct test_random random = test_random_init(test_seed(), 200);
    double times[EPOCHS];
    struct site sites[SITES];
    struct site_row rows[SITES];
    struct site_row fewer[SITES];
    struct site_options options;
    struct site_paths *paths;
    struct site_figure gross;
    struct site_figure net;
    double gross_sum = 0.0;
    double net_sum = 0.0;

    made_times(times);
    any_sites(sites, &random);
    site_options_init(&options);
    options.draws = DRAWS;
    ck_assert(site_rows(rows, sites, SITES, times[EPOCHS - 1], &options));
    ck_assert(site_rows(fewer, sites + 1, SITES - 1, times[EPOCHS - 1], &options));
    ck_assert_mem_eq(fewer, rows + 1, (SITES - 1) * sizeof rows[0]);
    for (size_t i = 0; i < SITES; i++) {
        gross_sum += rows[i].gross.mean;
        net_sum += rows[i].net.mean;
        ck_assert_double_ge(rows[i].gross.mean, rows[i].net.mean);
        ck_assert_double_eq(rows[i].delivery, sites[i].delivery);
    }
    paths = site_paths_new(sites, SITES, times, EPOCHS, &options);
    ck_assert_ptr_nonnull(paths);
    ck_assert(site_paths_figure(&gross, paths, SITE_GROSS, EPOCHS - 1, NULL));
    ck_assert(site_paths_figure(&net, paths, SITE_NET, EPOCHS - 1, NULL));
    ck_assert_double_eq_tol(gross.mean, gross_sum, 1e-9 * (1.0 + gross_sum));
    ck_assert_double_eq_tol(net.mean, net_sum, 1e-9 * (1.0 + net_sum));
    site_paths_free(paths);
}
END_TEST

START_TEST(test_nothing)
{
    const struct site never = {"n", 500.0, SITE_MINED_YES, 2025.0, NAN, NAN, NAN, 0.0};
    const struct site late = {"l", 500.0, SITE_MINED_YES, 2099.0, NAN, NAN, NAN, 1.0};
    const struct site some = {"s", 500.0, SITE_MINED_YES, 2025.0, NAN, NAN, NAN, 1.0};
    const struct site *const lists[] = {&never, &late, &some, &some};
    const size_t counts[] = {1, 1, 0, 1};
    double times[EPOCHS];

    made_times(times);
    for (size_t i = 0; i < 4; i++) {
        struct site_options options;
        struct site_paths *paths;

        site_options_init(&options);
        options.draws = DRAWS;
        if (i == 3)
            ck_assert_ptr_null(site_priors_set(&options.priors, SITE_PRIOR_MW, 0.0, 0.0));
        paths = site_paths_new(lists[i], counts[i], times, EPOCHS, &options);
        ck_assert_ptr_nonnull(paths);
        ck_assert_uint_eq(paths->first, EPOCHS);
        ck_assert_double_eq(site_paths_at(paths, SITE_GROSS, DRAWS - 1, EPOCHS - 1), 0.0);
        site_paths_free(paths);
    }
}
END_TEST

/* Draws have the distributions that the priors say: means and quantiles within six standard errors,
 * which chance leaves once in 500 million times. */
START_TEST(test_distributions)
{
    const struct site site = {"d", 100.0, SITE_MINED_YES, 2025.0, NAN, NAN, NAN, 0.3};
    const double late = 2099.0;
    struct site_options options;
    struct site_paths *paths;
    struct site_row row;
    struct site_figure reentry;
    double delivered = 0.0;
    double relocated = 0.0;
    double count = 0.0;

    site_options_init(&options);
    options.seed = test_seed();
    options.draws = MANY_DRAWS;
    paths = site_paths_new(&site, 1, &late, 1, &options);
    ck_assert_ptr_nonnull(paths);
    for (size_t k = 0; k < paths->draws; k++) {
        double gross = site_paths_at(paths, SITE_GROSS, k, 0);

        delivered += gross > 0.0;
        if (gross > 0.0) {
            relocated += 1.0 - site_paths_at(paths, SITE_NET, k, 0) / gross;
            count += 1.0;
        }
    }
    ck_assert_double_eq_tol(delivered / (double)paths->draws, 0.3, 0.0154);
    /* sd of the beta .19, with the site's .08: .21; clipping moves the mean by .0007. */
    ck_assert_double_eq_tol(relocated / count, 2.6 / 5.8, 0.0129 + 0.0007);
    ck_assert(site_figure_of(&reentry, paths->reentry, NULL, paths->draws));
    ck_assert_double_eq_tol(reentry.mean, 0.4, 0.0078);
    ck_assert_double_eq_tol(reentry.lo90, 0.04, 0.0059);
    ck_assert_double_eq_tol(reentry.hi90, 0.76, 0.0059);
    site_paths_free(paths);
    ck_assert(site_rows(&row, &site, 1, late, &options));
    /* Lag: median 7 months, a quarter of it below exp(-.6745 x .74) of that. */
    ck_assert_double_eq_tol(row.unplug.median - 2025.0, 7.0 / 12.0, 0.0182);
    ck_assert_double_eq_tol(row.unplug.lo50 - 2025.0, 7.0 / 12.0 * exp(-0.6745 * 0.74), 0.012);
    ck_assert_double_eq_tol(row.unplug.hi90 - 2025.0, 7.0 / 12.0 * exp(1.6449 * 0.74), 0.104);
}
END_TEST

/* Two sites share what their draw shares and nothing else: delivery is each one's own; efficiency
 * goes together by .72 (share, uptime and date, each site's own, dilute it). Six standard
 * errors. */
START_TEST(test_apart)
{
    const struct site sites[] = {{"one", 100.0, SITE_MINED_YES, 2025.0, NAN, NAN, NAN, 0.5},
                                 {"two", 100.0, SITE_MINED_YES, 2025.0, NAN, NAN, NAN, 0.5}};
    const double late = 2099.0;
    struct site_options options;
    struct site_paths *one;
    struct site_paths *two;
    struct site_paths *other;
    double both = 0.0;
    double sum[5] = {0.0}; /* x, y, xx, yy, xy: logs */

    site_options_init(&options);
    options.seed = test_seed();
    options.draws = MANY_DRAWS;
    one = site_paths_new(&sites[0], 1, &late, 1, &options);
    two = site_paths_new(&sites[1], 1, &late, 1, &options);
    options.seed++;
    other = site_paths_new(&sites[0], 1, &late, 1, &options);
    ck_assert(one != NULL && two != NULL && other != NULL);
    for (size_t k = 0; k < one->draws; k++) {
        double x = log(site_paths_at(one, SITE_GROSS, k, 0));
        double y = log(site_paths_at(two, SITE_GROSS, k, 0));

        if (!isfinite(x) || !isfinite(y))
            continue;
        both += 1.0;
        sum[0] += x;
        sum[1] += y;
        sum[2] += x * x;
        sum[3] += y * y;
        sum[4] += x * y;
    }
    ck_assert_double_eq_tol(both / (double)one->draws, 0.25, 0.0145);
    /* ln efficiency: variance .186^2 of which .72 is common; share, uptime and overhead add .0164,
     * and the date, at which fleets were better or worse, .0029. */
    ck_assert_double_eq_tol(
        (sum[4] - sum[0] * sum[1] / both) /
            sqrt((sum[2] - sum[0] * sum[0] / both) * (sum[3] - sum[1] * sum[1] / both)),
        0.72 * 0.0346 / (0.0346 + 0.0164 + 0.0029), 0.053);
    ck_assert_mem_ne(one->gross, other->gross, one->draws * sizeof *one->gross);
    site_paths_free(one);
    site_paths_free(two);
    site_paths_free(other);
}
END_TEST

/* The table of sensitivity is what setting each prior by hand gives, widest first. */
START_TEST(test_swings)
{
    struct test_random random = test_random_init(test_seed(), 300);
    const double time = 2026.9;
    struct site sites[SITES];
    struct site_swing swings[SITE_PRIORS];
    struct site_options options;
    bool seen[SITE_PRIORS] = {false};
    double last = INFINITY;

    any_sites(sites, &random);
    sites[0].announced = 2025.0; /* something has left */
    sites[0].unplugged = 2025.5;
    sites[0].mw = 500.0;
    sites[0].delivery = 1.0;
    site_options_init(&options);
    options.draws = DRAWS;
    ck_assert(site_swings(swings, SITE_NET, sites, SITES, time, &options));
    for (size_t i = 0; i < SITE_PRIORS; i++) {
        const struct site_prior_info *info = site_prior_info(swings[i].prior);
        struct site_options changed = options;
        struct site_figure figure;
        struct site_paths *paths;
        double width = fabs(swings[i].high.median - swings[i].low.median);

        ck_assert(!seen[swings[i].prior] && width <= last);
        seen[swings[i].prior] = true;
        last = width;
        ck_assert_ptr_null(
            site_priors_set(&changed.priors, swings[i].prior, info->try_high, info->try_high));
        paths = site_paths_new(sites, SITES, &time, 1, &changed);
        ck_assert(paths != NULL && site_paths_figure(&figure, paths, SITE_NET, 0, NULL));
        ck_assert_mem_eq(&figure, &swings[i].high, sizeof figure);
        if (swings[i].prior == SITE_PRIOR_REENTRY)
            ck_assert_double_eq(width, 0.0);
        if (swings[i].prior == SITE_PRIOR_MW)
            ck_assert_double_eq_tol(swings[i].high.median / swings[i].low.median, 4.0, 1e-9);
        site_paths_free(paths);
    }
}
END_TEST

START_TEST(test_figures)
{
    const double values[] = {4.0, 1.0, 3.0, 2.0};
    const double weights[] = {0.0, 0.5, 0.0, 0.5};
    const double one = 7.0;
    struct site_figure figure;

    ck_assert(site_figure_of(&figure, values, NULL, 4));
    ck_assert_double_eq(figure.mean, 2.5);
    ck_assert_double_eq(figure.median, 2.5);
    ck_assert_double_eq(figure.lo90, 1.0);
    ck_assert_double_eq(figure.lo50, 1.5);
    ck_assert_double_eq(figure.hi90, 4.0);
    ck_assert(site_figure_of(&figure, values, weights, 4));
    ck_assert_double_eq(figure.mean, 1.5);
    ck_assert_double_eq(figure.median, 1.5);
    ck_assert_double_eq(figure.hi90, 2.0);
    ck_assert(site_figure_of(&figure, &one, NULL, 1));
    ck_assert(figure.lo90 == 7.0 && figure.median == 7.0 && figure.hi90 == 7.0);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_vectors, test_priors,  test_knots,         test_faults, test_dates,  test_properties,
        test_rows,    test_nothing, test_distributions, test_apart,  test_swings, test_figures,
    };

    return TEST_MAIN("site", tests);
}
