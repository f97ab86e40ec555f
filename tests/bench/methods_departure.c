// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * methods_departure: what the model of departures can and cannot say: the published result from the
 * same inputs, positive controls, coverage when the list of sites is right and when it is wrong,
 * and placebos (bars E1-E6).
 *
 * Simulated series are drawn from the fitted model, less a removal that is drawn from the sites;
 * its share of the network is taken at the real series' smoothed hash rate, since what the model
 * calls likely (a level known to e^5) makes no sense in EH/s.
 */
#include "config.h"

#include "analysis/departure.h"
#include "analysis/departure_internal.h"
#include "analysis/random.h"
#include "tests/bench/methods.h"
#include "tests/support/departed.h"

#include <gsl/gsl_errno.h>
#include <gsl/gsl_linalg.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** Enough that our own Monte-Carlo error does not matter beside that of 8,000 published draws. */
#define RESULT_DRAWS 40000
#define SIMULATION_DRAWS 4000
/** Fits begin with the first epoch of the vectors, or after the ban of 2021. */
#define LONG_START 2016.0
/** The first site was announced for March 2024, and machines may go off three months before. */
#define FIRST_SITE 2023.95
/** A Bayes factor that is worth talking about, and the flat prior of scales that it is for. */
#define FACTOR_WORTH 3.0
#define SCALE_MOST 20.0
#define SCALE_STEP 0.5

/** One series, its fit, the sites' paths and what the series makes of them. */
struct bench {
    struct departure_data data;
    struct departure_scales scales;
    struct departure_model *model;
    struct site_paths *paths;
    struct departure_posterior *posterior;
    size_t first;
};

static void *there(void *pointer)
{
    if (pointer == NULL) {
        fprintf(stderr, "out of memory\n");
        exit(EXIT_FAILURE);
    }
    return pointer;
}

static void bench_open(struct bench *bench, const struct departed *departed, double start,
                       enum departure_choice choice, size_t draws, uint64_t seed)
{
    struct site_options options;

    bench->data = departed_from(departed, start, &bench->first);
    bench->data.choice = choice;
    if (!departure_fit(&bench->scales, &bench->data))
        (void)there(NULL);
    site_options_init(&options);
    options.draws = draws;
    options.seed = seed;
    bench->model = there(departure_model_new(&bench->data, &bench->scales));
    bench->paths =
        there(site_paths_new(departed->sites, departed->site_count, departed->times + bench->first,
                             bench->data.count, &options));
    bench->posterior = there(departure_posterior_new(bench->model, bench->paths));
}

static void bench_close(struct bench *bench)
{
    departure_posterior_free(bench->posterior);
    departure_model_free(bench->model);
    site_paths_free(bench->paths);
}

/* ---- the published result ---- */

/* A published median and 90 % interval, with the Monte-Carlo sds of its 8,000 draws. */
static void against(struct methods *methods, const char *name, const struct site_figure *ours,
                    const double published[3], const double chance[3])
{
    const double values[3] = {ours->median, ours->lo90, ours->hi90};
    double worst = 0.0;

    for (size_t i = 0; i < 3; i++)
        worst = fmax(worst, fabs(values[i] - published[i]) / chance[i]);
    methods_bar(methods, "E result", worst <= 3.0,
                "%s %.1f [%.1f, %.1f], %.1f [%.1f, %.1f] wanted: %.1f sds apart at most, 3 allowed",
                name, values[0], values[1], values[2], published[0], published[1], published[2],
                worst);
}

static void result(const struct departed *departed)
{
    static const char *const choices[] = {"all", "exogenous", "none"};
    static const double starts[] = {DEPARTED_START, LONG_START};

    printf("departure: the real series to 2026-07-25\n");
    for (size_t s = 0; s < 2; s++)
        for (int choice = DEPARTURE_EVENTS_ALL; choice <= DEPARTURE_EVENTS_NONE; choice++) {
            struct bench bench;
            struct site_figure net;
            size_t at;

            bench_open(&bench, departed, starts[s], (enum departure_choice)choice, SITE_DRAWS, 1);
            at = bench.data.count - 1;
            (void)departure_figure(&net, bench.posterior, SITE_NET, at, true);
            printf("  from %.1f, events %-9s sl %.4f ss %.5f phi %.2f sa %.4f  net %.1f [%.1f, "
                   "%.1f]  BF %.2f  ESS %.0f  kappa %.1f +- %.1f  seen if slow %.0f %%, abrupt "
                   "%.0f %%\n",
                   starts[s], choices[choice], bench.scales.level, bench.scales.slope,
                   bench.scales.persistence, bench.scales.transient, net.median, net.lo90, net.hi90,
                   bench.posterior->bayes_factor, bench.posterior->ess, bench.posterior->kappa,
                   bench.posterior->kappa_se, 100.0 * bench.posterior->slow_share,
                   100.0 * bench.posterior->abrupt_share);
            bench_close(&bench);
        }
}

static void result_bars(struct methods *methods, const struct departed *departed)
{
    struct bench bench;
    struct site_figure figure;
    size_t at;

    bench_open(&bench, departed, DEPARTED_START, DEPARTURE_EVENTS_ALL, RESULT_DRAWS, methods->seed);
    at = bench.data.count - 1;
    (void)departure_figure(&figure, bench.posterior, SITE_GROSS, at, false);
    against(methods, "gross, sites alone", &figure, (const double[]){52.6, 36.8, 76.1},
            (const double[]){0.18, 0.24, 0.40});
    (void)departure_figure(&figure, bench.posterior, SITE_NET, at, false);
    against(methods, "net, sites alone", &figure, (const double[]){29.0, 11.4, 51.7},
            (const double[]){0.19, 0.22, 0.32});
    (void)departure_figure(&figure, bench.posterior, SITE_NET, at, true);
    against(methods, "net, with the series", &figure, (const double[]){29.9, 11.8, 53.1},
            (const double[]){0.19, 0.22, 0.32});
    methods_bar(methods, "E result",
                fabs(bench.scales.level / 0.0155 - 1.0) <= 0.1 &&
                    fabs(bench.scales.slope / 0.0014 - 1.0) <= 0.1 &&
                    fabs(bench.scales.transient / 0.0124 - 1.0) <= 0.1 &&
                    fabs(bench.scales.persistence - 0.5) <= 0.05,
                "scales sl %.4f ss %.5f phi %.2f sa %.4f, near .0155 .0014 .50 .0124 wanted",
                bench.scales.level, bench.scales.slope, bench.scales.persistence,
                bench.scales.transient);
    methods_bar(methods, "E4", bench.posterior->adds_nothing,
                "ESS/K %.3f: the series adds no information, and it says so",
                bench.posterior->ess / (double)bench.paths->draws);
    bench_close(&bench);
}

/* Since the peak of October 2025. */
static void decomposition(struct methods *methods, const struct departed *departed)
{
    static const double published[DEPARTURE_PARTS] = {
        [DEPARTURE_LUCK] = -2.8,  [DEPARTURE_PRICE] = -11.5,     [DEPARTURE_SEASON] = -5.3,
        [DEPARTURE_EVENTS] = 0.0, [DEPARTURE_TRANSIENT] = -0.9,  [DEPARTURE_AI] = -1.8,
        [DEPARTURE_TREND] = 8.3,  [DEPARTURE_UNEXPLAINED] = -7.1};
    struct bench bench;
    struct departure_decomposition parts;
    size_t from;
    double worst = 0.0;
    double sum = 0.0;

    bench_open(&bench, departed, DEPARTED_START, DEPARTURE_EVENTS_ALL, SITE_DRAWS, 1);
    (void)departure_find(&from, &bench.data, 2025.81);
    (void)departure_decompose(&parts, bench.posterior, from, bench.data.count - 1, 1);
    printf("  since the peak of October 2025:");
    for (int part = 0; part < DEPARTURE_PARTS; part++) {
        printf(" %s %+.1f (%.1f)", departure_part_name((enum departure_part)part),
               100.0 * parts.part[part].mean, 100.0 * parts.sd[part]);
        worst = fmax(worst, fabs(100.0 * parts.part[part].mean - published[part]));
        sum += parts.part[part].mean;
    }
    printf("\n");
    methods_bar(methods, "E result", worst <= 0.25 && fabs(sum - parts.total) <= 1e-9,
                "no part more than %.2f points from the published one, .25 allowed; the parts miss "
                "the whole by %.0e",
                worst, fabs(sum - parts.total));
    bench_close(&bench);
}

/* ---- controls ---- */

static void storms(struct methods *methods, const struct departed *departed)
{
    static const char *const names[] = {"China ban", "Elliott", "Jan24 snap", "halving24", "Fern"};
    struct bench bench;
    struct departure_replay fern = {0};
    struct departure_decomposition parts;
    size_t before = 0;
    size_t at_2024 = 0;
    double early = 0.0;

    bench_open(&bench, departed, LONG_START, DEPARTURE_EVENTS_ALL, SITE_DRAWS, 1);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct departure_replay replay;

        if (!departure_replay(&replay, bench.posterior, names[i]))
            continue;
        printf("  %-10s %+6.1f: event %+6.1f, AI %+.2f; rebound %+6.1f: event %+6.1f, AI %+.2f\n",
               names[i], 100.0 * replay.fall.total, 100.0 * replay.fall.part[DEPARTURE_EVENTS].mean,
               100.0 * replay.fall.part[DEPARTURE_AI].mean, 100.0 * replay.rebound.total,
               100.0 * replay.rebound.part[DEPARTURE_EVENTS].mean,
               100.0 * replay.rebound.part[DEPARTURE_AI].mean);
    }
    (void)departure_find(&before, &bench.data, FIRST_SITE);
    (void)departure_find(&at_2024, &bench.data, 2024.0);
    for (size_t i = 0; i < before; i++)
        for (size_t k = 0; k < bench.paths->draws; k++)
            early = fmax(early, site_paths_at(bench.paths, SITE_GROSS, k, i));
    (void)departure_decompose(&parts, bench.posterior, 0, at_2024 - 1, 1);
    bench_close(&bench);
    bench_open(&bench, departed, DEPARTED_START, DEPARTURE_EVENTS_ALL, SITE_DRAWS, 1);
    (void)departure_replay(&fern, bench.posterior, "Fern");
    methods_bar(methods, "E3",
                fabs(fern.fall.part[DEPARTURE_AI].mean) <= 0.002 &&
                    fabs(fern.rebound.part[DEPARTURE_AI].mean) <= 0.002,
                "Fern's fall and rebound: AI %+.2f and %+.2f points, .2 allowed",
                100.0 * fern.fall.part[DEPARTURE_AI].mean,
                100.0 * fern.rebound.part[DEPARTURE_AI].mean);
    methods_bar(methods, "E3",
                fern.fall.part[DEPARTURE_EVENTS].mean / fern.fall.total >= 0.8 &&
                    fern.rebound.part[DEPARTURE_EVENTS].mean / fern.rebound.total >= 0.8,
                "the event is %.0f and %.0f %% of them, 80 wanted",
                100.0 * fern.fall.part[DEPARTURE_EVENTS].mean / fern.fall.total,
                100.0 * fern.rebound.part[DEPARTURE_EVENTS].mean / fern.rebound.total);
    methods_bar(methods, "E3", early == 0.0 && fabs(parts.part[DEPARTURE_AI].mean) < 0.00005,
                "AI before the first site may begin (%.2f) %g, 0 wanted; up to 2024 %+.4f points, "
                ".005 allowed",
                FIRST_SITE, early, 100.0 * parts.part[DEPARTURE_AI].mean);
    bench_close(&bench);
}

static void control(struct methods *methods, const struct departed *departed, bool china)
{
    struct departure_data data = departed_from(departed, LONG_START, NULL);
    struct departure_scales scales;
    struct departure_model *model;
    struct departure_test test;
    const struct departure_event *events = data.events;
    double *path;

    if (!china)
        data = departed_from(departed, DEPARTED_START, NULL);
    if (!departure_fit(&scales, &data))
        (void)there(NULL);
    data.choice = DEPARTURE_EVENTS_NONE;
    model = there(departure_model_new(&data, &scales));
    path = there(calloc(data.count, sizeof *path));
    for (size_t i = 0; i < data.count; i++) {
        double time = departure_epoch_mid(&data.epochs[i]);

        if (china)
            path[i] = 85.0 * fmin(fmin(fmax((time - 2021.36) / (2021.51 - 2021.36), 0.0), 1.0),
                                  fmax((2022.0 - time) / (2022.0 - 2021.56), 0.0));
        for (size_t k = 0; !china && k < data.event_count; k++)
            if (strcmp(events[k].name, "Fern") == 0)
                path[i] = departure_overlap(&data.epochs[i], &events[k]) > 0.5 ? 110.0 : 0.0;
    }
    if (!departure_test_path(&test, model, path))
        (void)there(NULL);
    if (china)
        methods_bar(methods, "E5", test.kappa >= 0.7 && test.kappa <= 1.3,
                    "ban of 2021, events left out: kappa %.2f +- %.2f, .7 to 1.3 wanted",
                    test.kappa, test.se);
    else
        methods_bar(methods, "E5", test.kappa / test.se > 3.0,
                    "Fern, events left out: kappa %.2f +- %.2f, 3 sds wanted", test.kappa, test.se);
    free(path);
    departure_model_free(model);
}

/* ---- simulations ---- */

/** What simulations at one truth gave. */
struct tally {
    double count, covered, sum, square, nothing, worth;
};

/* What one simulation needs, made once. */
struct simulation {
    const struct bench *bench;
    const struct site_paths *truth; /* with draws of their own */
    double *factor;                 /* lower triangle: K = F F' */
    double *bend;                   /* delta' square delta / 2 by draw */
    struct departure_schedule schedule;
    double *mean_delta;
    double *noise, *e, *alpha, *linear, *log_weights, *values;
};

static void simulation_open(struct simulation *simulation, const struct bench *bench,
                            const struct site_paths *truth)
{
    const struct departure_design *design = &bench->model->design;
    size_t n = design->n;
    size_t columns = n - bench->paths->first;
    size_t draws = bench->paths->draws;
    double *base = there(malloc(n * n * sizeof *base));
    gsl_matrix_view view;

    *simulation = (struct simulation){.bench = bench, .truth = truth};
    simulation->factor = there(malloc(n * n * sizeof(double)));
    simulation->bend = there(malloc(draws * sizeof(double)));
    simulation->mean_delta = there(malloc(columns * sizeof(double)));
    simulation->noise = there(calloc(4 * n + 2 * draws, sizeof(double)));
    simulation->e = simulation->noise + n;
    simulation->alpha = simulation->e + n;
    simulation->linear = simulation->alpha + n;
    simulation->log_weights = simulation->linear + n;
    simulation->values = simulation->log_weights + draws;
    departure_kernel_base(base, design);
    departure_kernel_fill(simulation->factor, base, design, &bench->scales);
    free(base);
    view = gsl_matrix_view_array(simulation->factor, n, n);
    (void)gsl_linalg_cholesky_decomp1(&view.matrix);
    if (!departure_schedule_init(&simulation->schedule, bench->model, columns, bench->paths->first))
        (void)there(NULL);
    departure_mean_delta(simulation->mean_delta, bench->posterior);
    memset(simulation->schedule.linear, 0, columns * sizeof(double));
    for (size_t k = 0; k < draws; k++) {
        simulation->bend[k] = -departure_schedule_log_weight(&simulation->schedule,
                                                             &bench->posterior->delta[k * columns]);
        simulation->values[k] = site_paths_at(bench->paths, SITE_NET, k, n - 1);
    }
}

static void simulation_close(struct simulation *simulation)
{
    free(simulation->factor);
    free(simulation->bend);
    free(simulation->mean_delta);
    free(simulation->noise);
    departure_schedule_clear(&simulation->schedule);
}

/* A series of the model, less scale times what the sites of this draw removed. */
static void make_series(struct simulation *simulation, struct random_stream *stream, size_t draw,
                        double scale)
{
    const struct departure_model *model = simulation->bench->model;
    size_t n = model->design.n;

    for (size_t i = 0; i < n; i++)
        simulation->noise[i] = random_normal(stream);
    for (size_t i = 0; i < n; i++)
        simulation->e[i] = departure_dot(&simulation->factor[i * n], simulation->noise, i + 1) -
                           log1p(scale * site_paths_at(simulation->truth, SITE_NET, draw, i) /
                                 model->design.rate[i]);
    departure_solve(simulation->alpha, model, simulation->e);
    departure_schedule_fold(simulation->linear, &simulation->schedule, simulation->alpha, n);
}

/* The Bayes factor of a scale of the mean path that is anything from 0 to SCALE_MOST. */
static double flat_factor(struct simulation *simulation)
{
    size_t columns = simulation->schedule.columns;
    double *delta = there(malloc(columns * sizeof *delta));
    double sum = 0.0;
    double count = 0.0;

    memcpy(simulation->schedule.linear, simulation->linear, columns * sizeof *delta);
    for (double scale = 0.5 * SCALE_STEP; scale < SCALE_MOST; scale += SCALE_STEP) {
        for (size_t j = 0; j < columns; j++)
            delta[j] = log1p(scale * expm1(simulation->mean_delta[j]));
        sum += exp(departure_schedule_log_weight(&simulation->schedule, delta));
        count += 1.0;
    }
    memset(simulation->schedule.linear, 0, columns * sizeof *delta);
    free(delta);
    return sum / count;
}

static void judge(struct tally *tally, struct simulation *simulation, double truth)
{
    const struct bench *bench = simulation->bench;
    size_t draws = bench->paths->draws;
    size_t columns = simulation->schedule.columns;
    double kappa;
    double se;
    double log_mean;
    double square = 0.0;
    double z;
    struct site_figure figure;

    for (size_t k = 0; k < draws; k++)
        simulation->log_weights[k] =
            -departure_dot(simulation->linear, &bench->posterior->delta[k * columns], columns) -
            simulation->bend[k];
    log_mean = departure_log_mean(simulation->log_weights, draws, NULL);
    for (size_t k = 0; k < draws; k++) {
        simulation->log_weights[k] = exp(simulation->log_weights[k] - log_mean) / (double)draws;
        square += simulation->log_weights[k] * simulation->log_weights[k];
    }
    if (!site_figure_of(&figure, simulation->values, simulation->log_weights, draws))
        (void)there(NULL);
    memcpy(simulation->schedule.linear, simulation->linear, columns * sizeof(double));
    departure_schedule_kappa(&kappa, &se, &simulation->schedule, simulation->mean_delta);
    memset(simulation->schedule.linear, 0, columns * sizeof(double));
    z = (kappa - 1.0) / se;
    tally->count += 1.0;
    tally->covered += figure.lo90 <= truth && truth <= figure.hi90;
    tally->sum += z;
    tally->square += z * z;
    tally->nothing += 1.0 / square / (double)draws > DEPARTURE_NOTHING_ADDED;
    tally->worth += flat_factor(simulation) > FACTOR_WORTH;
}

static struct tally simulate(struct methods *methods, struct simulation *simulation, double scale,
                             size_t reps)
{
    struct tally tally = {0};
    size_t last = simulation->bench->data.count - 1;

    for (size_t i = 0; i < reps; i++) {
        struct random_stream stream =
            random_init(methods->seed, 50000 + (uint64_t)(1000.0 * scale) * 1000 + i);
        size_t draw = i % simulation->truth->draws;

        make_series(simulation, &stream, draw, scale);
        judge(&tally, simulation, scale * site_paths_at(simulation->truth, SITE_NET, draw, last));
    }
    return tally;
}

static void coverage(struct methods *methods, const struct departed *departed,
                     enum departure_choice choice)
{
    static const double scales[] = {1.0, 0.0, 0.5, 2.0, 4.0, 5.0, 20.0};
    const char *name = choice == DEPARTURE_EVENTS_ALL ? "all" : "none";
    struct bench bench;
    struct bench other;
    struct simulation simulation;

    bench_open(&bench, departed, DEPARTED_START, choice, SIMULATION_DRAWS, methods->seed);
    bench_open(&other, departed, DEPARTED_START, choice, SIMULATION_DRAWS, methods->seed + 1);
    simulation_open(&simulation, &bench, other.paths);
    for (size_t i = 0; i < sizeof scales / sizeof scales[0]; i++) {
        size_t reps = methods_count(methods, i == 0 ? 2000 : 400, 100);
        struct tally tally = simulate(methods, &simulation, scales[i], reps);
        double mean = tally.sum / tally.count;
        double sd = sqrt(fmax(tally.square / tally.count - mean * mean, 0.0));

        printf("  events %-4s truth %4.1f x sites: 90 %% interval holds it in %.3f; adds nothing "
               "said in %.3f; flat 0-20 x prior: BF > 3 in %.3f\n",
               name, scales[i], tally.covered / tally.count, tally.nothing / tally.count,
               tally.worth / tally.count);
        if (i == 0) {
            methods_bar(methods, "E1",
                        tally.covered / tally.count >= 0.86 && tally.covered / tally.count <= 0.94,
                        "events %s: coverage %.3f (%zu simulations), .86 to .94 wanted", name,
                        tally.covered / tally.count, reps);
            methods_bar(methods, "E2", sd >= 0.9 && sd <= 1.1 && fabs(mean) < 0.15,
                        "events %s: (kappa-1)/se has mean %+.2f and sd %.2f, .15 and .9 to 1.1 "
                        "wanted",
                        name, mean, sd);
        }
        if (scales[i] == 2.0)
            methods_bar(methods, "E6", tally.nothing / tally.count >= 0.9,
                        "events %s: truth twice the sites: 'adds nothing' is said in %.2f, .9 "
                        "wanted; the interval holds the truth in %.2f",
                        name, tally.nothing / tally.count, tally.covered / tally.count);
    }
    simulation_close(&simulation);
    bench_close(&bench);
    bench_close(&other);
}

/* The same with everything done anew for each series, as the program would: its scales fitted, its
 * own model. Paths are set so that their share of the network stays what it was. */
static void refitted(struct methods *methods, const struct departed *departed)
{
    size_t reps = methods_count(methods, 200, 20);
    struct bench bench;
    struct bench other;
    struct simulation simulation;
    struct site_paths paths;
    struct departure_epoch *epochs;
    struct tally tally = {0};
    double mean;
    double sd;
    size_t n;
    size_t columns;

    bench_open(&bench, departed, DEPARTED_START, DEPARTURE_EVENTS_ALL, SIMULATION_DRAWS,
               methods->seed);
    bench_open(&other, departed, DEPARTED_START, DEPARTURE_EVENTS_ALL, SIMULATION_DRAWS,
               methods->seed + 1);
    simulation_open(&simulation, &bench, other.paths);
    n = bench.data.count;
    columns = n - bench.paths->first;
    epochs = there(malloc(n * sizeof *epochs));
    memcpy(epochs, bench.data.epochs, n * sizeof *epochs);
    paths = *bench.paths;
    paths.net = there(malloc(paths.draws * columns * sizeof *paths.net));
    for (size_t i = 0; i < reps; i++) {
        struct random_stream stream = random_init(methods->seed, 90000 + i);
        struct departure_data data = bench.data;
        struct departure_scales scales;
        struct departure_model *model;
        struct departure_posterior *posterior;
        struct site_figure figure;
        double truth = site_paths_at(other.paths, SITE_NET, i % other.paths->draws, n - 1);
        double z;

        make_series(&simulation, &stream, i % other.paths->draws, 1.0);
        for (size_t t = 0; t < n; t++)
            epochs[t].log_rate = bench.model->design.mean + simulation.e[t];
        data.epochs = epochs;
        if (departure_data_fault(&data) != NULL || !departure_fit(&scales, &data))
            continue;
        model = there(departure_model_new(&data, &scales));
        for (size_t k = 0; k < paths.draws * columns; k++)
            paths.net[k] =
                model->design.rate[paths.first + k % columns] * expm1(bench.posterior->delta[k]);
        posterior = there(departure_posterior_new(model, &paths));
        if (!site_figure_of(&figure, simulation.values, posterior->weights, paths.draws))
            (void)there(NULL);
        z = (posterior->kappa - 1.0) / posterior->kappa_se;
        tally.count += 1.0;
        tally.covered += figure.lo90 <= truth && truth <= figure.hi90;
        tally.nothing += posterior->adds_nothing;
        tally.sum += z;
        tally.square += z * z;
        departure_posterior_free(posterior);
        departure_model_free(model);
    }
    mean = tally.sum / tally.count;
    sd = sqrt(fmax(tally.square / tally.count - mean * mean, 0.0));
    methods_bar(
        methods, "E1", fabs(tally.covered / tally.count - 0.90) <= 0.06,
        "scales fitted to each of %.0f series: coverage %.3f, .84 to .96 wanted; adds nothing said "
        "in %.3f; (kappa-1)/se mean %+.2f, sd %.2f",
        tally.count, tally.covered / tally.count, tally.nothing / tally.count, mean, sd);
    free(epochs);
    free(paths.net);
    simulation_close(&simulation);
    bench_close(&bench);
    bench_close(&other);
}

/* ---- placebos ---- */

/* kappa/se with the mean path shifted in EH/s and not as a share: before it, the network was
 * smaller, so that the share falls as the network grows, which looks like growth that slows. */
static void absolute_shifts(const struct bench *bench, size_t least, size_t most)
{
    size_t n = bench->data.count;
    double *mean = there(calloc(n, sizeof *mean));
    double *path = there(calloc(n, sizeof *path));
    double sum = 0.0;
    double square = 0.0;
    double count = 0.0;

    for (size_t k = 0; k < bench->paths->draws; k++)
        for (size_t i = 0; i < n; i++)
            mean[i] += site_paths_at(bench->paths, SITE_NET, k, i) / (double)bench->paths->draws;
    for (size_t shift = least; shift <= most && shift <= bench->paths->first; shift++) {
        struct departure_test test;

        for (size_t i = 0; i < n; i++)
            path[i] = mean[i + shift < n ? i + shift : n - 1];
        if (!departure_test_path(&test, bench->model, path))
            (void)there(NULL);
        sum += test.kappa / test.se;
        square += test.kappa / test.se * test.kappa / test.se;
        count += 1.0;
    }
    printf("    in EH/s, %zu to %zu epochs: mean z %+.2f, rms %.2f\n", least,
           most < bench->paths->first ? most : bench->paths->first, sum / count,
           sqrt(square / count));
    free(mean);
    free(path);
}

static void placebos(const struct departed *departed)
{
    static const double starts[] = {DEPARTED_START, LONG_START};
    struct departure_shifts shifts;

    printf("departure: the sites' schedule earlier, when nobody left for AI\n");
    for (size_t s = 0; s < 2; s++)
        for (int choice = DEPARTURE_EVENTS_ALL; choice <= DEPARTURE_EVENTS_NONE; choice++) {
            struct bench bench;

            bench_open(&bench, departed, starts[s], (enum departure_choice)choice, SITE_DRAWS, 1);
            if (!departure_placebo_shifts(&shifts, bench.posterior))
                (void)there(NULL);
            printf("  from %.1f, events %d: real kappa/se %+.2f; %zu shifts (worth %.0f): mean "
                   "%+.2f, rms %.2f, p %.2f\n",
                   starts[s], choice, shifts.real.kappa / shifts.real.se, shifts.count,
                   shifts.effective, shifts.mean_z, shifts.rms_z, shifts.p);
            if (choice == DEPARTURE_EVENTS_NONE) {
                absolute_shifts(&bench, 6, 39);
                absolute_shifts(&bench, 13, DEPARTURE_MOST);
            }
            bench_close(&bench);
        }
}

void methods_departure(struct methods *methods)
{
    struct departed departed;

    (void)gsl_set_error_handler_off();
    if (!departed_read(&departed))
        return;
    result(&departed);
    result_bars(methods, &departed);
    decomposition(methods, &departed);
    storms(methods, &departed);
    control(methods, &departed, true);
    control(methods, &departed, false);
    printf("departure: simulated series\n");
    coverage(methods, &departed, DEPARTURE_EVENTS_ALL);
    coverage(methods, &departed, DEPARTURE_EVENTS_NONE);
    refitted(methods, &departed);
    placebos(&departed);
    departed_free(&departed);
}
