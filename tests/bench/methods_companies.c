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
#define NET_DRAWS 8000
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
    {"full, own course .60", {4, 4, 48, 30, 0.60, 0.08, 0.0, 0.1, 0.0}, false},
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
    if (asked == 0.0) {
        printf("  %-31s never enough data\n", setting->name);
        free(reported);
        return;
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

static void net(struct methods *methods)
{
    struct random_stream stream = random_init(methods->seed, 7200);
    size_t reps = methods_count(methods, REPS, 40);
    double said = 0.0;
    double held = 0.0;
    double with = 0.0;
    double without = 0.0;
    double effective = 0.0;

    for (size_t i = 0; i < reps; i++) {
        struct reported_net one;

        if (!reported_net_of(&one, &stream, NET_DRAWS))
            (void)there(NULL);
        if (!one.said)
            continue;
        said += 1.0;
        held += one.held;
        with += one.with.hi90 - one.with.lo90;
        without += one.without.hi90 - one.without.lo90;
        effective += one.effective;
    }
    printf("  net removal of four companies: said in %.2f; 90 %% interval %.1f EH/s wide without "
           "their reports, %.1f with; %.0f of %d draws count\n",
           said / (double)reps, without / said, with / said, effective / said, NET_DRAWS);
    methods_bar(methods, "companies", held / said >= 0.86 && held / said <= 0.94,
                "net removal with reports: coverage %.3f (%.0f simulations), .86 to .94 wanted",
                held / said, said);
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
