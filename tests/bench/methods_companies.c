// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * methods_companies: whether what companies report, and pools find, has honest intervals: where the
 * model is right, where the table is as thin as the rules allow, and where the model is wrong; and
 * what company reports do to the interval of net removal.
 */
#include "config.h"

#include "analysis/companies.h"
#include "analysis/pools.h"
#include "analysis/random.h"
#include "analysis/site.h"
#include "tests/bench/methods.h"
#include "tests/support/reported.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define REPS 500
#define COMPANIES 4
#define NET_DRAWS 8000
/** EH/s that a made-up company has, beside a site of so many MW. */
#define NOMINAL_EHS 20.0
#define NOMINAL_MW 300.0
#define POOL_EPOCHS 40

static void *there(void *pointer)
{
    if (pointer == NULL) {
        fprintf(stderr, "out of memory\n");
        exit(EXIT_FAILURE);
    }
    return pointer;
}

struct setting {
    const char *name;
    struct reported_options options;
    bool bar; /* the model is right: coverage is promised */
};

static const struct setting settings[] = {
    {"full, own course .15", {4, 4, 48, 30, 0.15, 0.08, 0.0, 0.1, 0.0}, true},
    {"full, own course .05", {4, 4, 48, 30, 0.05, 0.08, 0.0, 0.1, 0.0}, true},
    {"full, own course .40", {4, 4, 48, 30, 0.40, 0.08, 0.0, 0.1, 0.0}, true},
    {"thin: three against three", {3, 3, 38, 24, 0.15, 0.08, 0.0, 0.3, 0.0}, true},
    {"noise of 12 %", {4, 4, 48, 30, 0.15, 0.12, 0.0, 0.1, 0.0}, false},
    {"half of it moves to controls", {4, 4, 48, 30, 0.15, 0.08, 0.5, 0.1, 0.0}, false},
    {"converters grow .1 less anyway", {4, 4, 48, 30, 0.15, 0.08, 0.0, 0.1, -0.1}, false},
};

static void shares(struct methods *methods, const struct setting *setting, uint64_t number)
{
    struct random_stream stream = random_init(methods->seed, 7100 + number);
    struct reported *reported = there(malloc(sizeof *reported));
    size_t reps = methods_count(methods, REPS, 40);
    double asked = 0.0;
    double covered = 0.0;
    double width = 0.0;
    double bias = 0.0;

    for (size_t i = 0; i < reps; i++) {
        struct companies_answer *answer = NULL;
        double truth = 0.0;

        reported_companies(reported, &stream, &setting->options, NULL);
        answer = there(companies_ask_quickly(reported->rows, reported->count));
        if (answer->enough) {
            truth = reported_total(reported, answer);
            asked += 1.0;
            covered += answer->removed.lo90 <= truth && truth <= answer->removed.hi90;
            width += answer->removed.hi90 - answer->removed.lo90;
            bias += answer->removed.median - truth;
        }
        free(answer);
    }
    printf("  %-31s enough data in %.2f; 90 %% interval holds the truth in %.3f, width %.2f, bias "
           "%+.3f\n",
           setting->name, asked / (double)reps, covered / asked, width / asked, bias / asked);
    if (setting->bar)
        methods_bar(methods, "companies", covered / asked >= 0.86 && covered / asked <= 0.94,
                    "%s: coverage %.3f (%.0f simulations), .86 to .94 wanted", setting->name,
                    covered / asked, asked);
    free(reported);
}

/* ---- the interval of net removal ---- */

/** What each company's sites removed, as shares of its hash rate, by draw. */
struct drawn {
    double *removed; /* [draw][company], from the company's view */
    double *net;     /* [draw], all companies, EH/s */
};

static void draw_sites(struct drawn *out, uint64_t seed)
{
    static const char *const names[COMPANIES] = {"a", "b", "c", "d"};
    struct site_options options;
    double time = 2026.0;

    site_options_init(&options);
    options.draws = NET_DRAWS;
    options.seed = seed;
    out->removed = there(calloc((size_t)NET_DRAWS * COMPANIES, sizeof *out->removed));
    out->net = there(calloc(NET_DRAWS, sizeof *out->net));
    for (size_t c = 0; c < COMPANIES; c++) {
        struct random_stream stream = random_init(seed, 7001);
        struct site site = {.name = names[c],
                            .mw = NOMINAL_MW,
                            .mined = SITE_MINED_PARTLY,
                            .announced = 2024.4,
                            .unplugged = NAN,
                            .energised = 2025.2,
                            .full = 2025.6,
                            .delivery = 0.9};
        struct site_paths *paths = there(site_paths_new(&site, 1, &time, 1, &options));

        for (size_t d = 0; d < NET_DRAWS; d++) {
            double gross = site_paths_at(paths, SITE_GROSS, d, 0);
            double net = site_paths_at(paths, SITE_NET, d, 0);

            out->net[d] += net;
            out->removed[d * COMPANIES + c] =
                (gross - random_uniform(&stream) * (gross - net)) / NOMINAL_EHS;
        }
        site_paths_free(paths);
    }
}

static void net(struct methods *methods)
{
    struct random_stream stream = random_init(methods->seed, 7200);
    struct reported *reported = there(malloc(sizeof *reported));
    double *scaled = there(malloc(sizeof *scaled * NET_DRAWS * COMPANIES));
    double *weights = there(malloc(sizeof *weights * NET_DRAWS));
    size_t reps = methods_count(methods, REPS, 40);
    struct drawn ours;
    struct drawn truth;
    struct site_figure figure;
    double covered = 0.0;
    double width = 0.0;
    double effective = 0.0;

    draw_sites(&ours, methods->seed);
    draw_sites(&truth, methods->seed + 1);
    for (size_t i = 0; i < reps; i++) {
        double share[COMPANIES];
        struct companies_answer *answer = NULL;

        for (size_t c = 0; c < COMPANIES; c++)
            share[c] = fmin(truth.removed[i * COMPANIES + c], 0.99);
        reported_companies(reported, &stream, &settings[0].options, share);
        answer = there(companies_ask_quickly(reported->rows, reported->count));
        for (size_t d = 0; d < NET_DRAWS; d++)
            for (size_t c = 0; c < COMPANIES; c++)
                scaled[d * COMPANIES + c] =
                    ours.removed[d * COMPANIES + c] * answer->have[answer->converter[c]].base;
        effective += companies_weigh(weights, answer, scaled, NET_DRAWS) / (double)reps;
        if (!site_figure_of(&figure, ours.net, weights, NET_DRAWS))
            (void)there(NULL);
        covered += figure.lo90 <= truth.net[i] && truth.net[i] <= figure.hi90;
        width += (figure.hi90 - figure.lo90) / (double)reps;
        free(answer);
    }
    if (!site_figure_of(&figure, ours.net, NULL, NET_DRAWS))
        (void)there(NULL);
    printf("  net removal of four companies: 90 %% interval %.1f EH/s wide without their reports, "
           "%.1f with; %.0f of %d draws count\n",
           figure.hi90 - figure.lo90, width, effective, NET_DRAWS);
    methods_bar(methods, "companies",
                covered / (double)reps >= 0.86 && covered / (double)reps <= 0.94,
                "net removal with reports: coverage %.3f (%zu simulations), .86 to .94 wanted",
                covered / (double)reps, reps);
    free(ours.net);
    free(ours.removed);
    free(truth.net);
    free(truth.removed);
    free(weights);
    free(scaled);
    free(reported);
}

/* ---- pools ---- */

/** Fern: 340 EH/s of 1000 become 140 for an epoch. */
#define STORM (-0.887)

static const struct pool_setting {
    const char *name;
    double switching;
    bool storm; /* at the second end; else up to 30 % leave between the ends, for good */
    size_t from, to, width;
} pool_settings[] = {
    {"switching .01", 0.01, false, 6, 33, 3},
    {"switching .03", 0.03, false, 6, 33, 3},
    {"a storm of one epoch", 0.01, true, 29, 30, 1},
    {"after that storm", 0.01, true, 27, 34, 3},
};

static void pools(struct methods *methods, const struct pool_setting *setting, uint64_t number)
{
    struct random_stream stream = random_init(methods->seed, 7300 + number);
    size_t reps = methods_count(methods, REPS, 40);
    double covered = 0.0;
    double width = 0.0;
    double bias = 0.0;

    for (size_t i = 0; i < reps; i++) {
        struct pools_epoch epochs[POOL_EPOCHS];
        double odds[POOL_EPOCHS];
        double jump[POOL_EPOCHS] = {0.0};
        struct pools table = {epochs, POOL_EPOCHS};
        struct pools_question question = {.from = setting->from,
                                          .to = setting->to,
                                          .width = setting->width,
                                          .from_ehs = 980.0,
                                          .to_ehs = 950.0};
        struct pools_answer answer;
        double truth = 0.0;

        if (!setting->storm)
            jump[20] = log1p(-0.3 * random_uniform(&stream));
        else
            jump[31] = -(jump[30] = STORM);
        reported_pools(epochs, odds, &stream, POOL_EPOCHS, 0.35, setting->switching, jump);
        if (!pools_ask(&answer, &table, &question))
            (void)there(NULL);
        for (size_t k = 0; k < answer.width; k++)
            truth +=
                (odds[answer.to_first + k] - odds[answer.from_first + k]) / (double)answer.width;
        covered += answer.log_odds.lo90 <= truth && truth <= answer.log_odds.hi90;
        width += (answer.lost_ehs.hi90 - answer.lost_ehs.lo90) / (double)reps;
        bias += (answer.log_odds.median - truth) / (double)reps;
    }
    printf("  pools, %s: 90 %% interval of the loss %.0f EH/s wide, log-odds off by %+.4f\n",
           setting->name, width, bias);
    methods_bar(methods, "pools", covered / (double)reps >= 0.86 && covered / (double)reps <= 0.95,
                "%s: coverage %.3f (%zu simulations), .86 to .95 wanted", setting->name,
                covered / (double)reps, reps);
}

void methods_companies(struct methods *methods)
{
    printf("companies: converters against controls\n");
    for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++)
        shares(methods, &settings[i], i);
    net(methods);
    for (size_t i = 0; i < sizeof pool_settings / sizeof pool_settings[0]; i++)
        pools(methods, &pool_settings[i], i);
}
