// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * appraiser: see appraiser.h.
 */
#include "config.h"

#include "monitor/appraiser.h"

#include "analysis/day.h"
#include "chain/params.h"
#include "monitor/appraise.h"
#include "monitor/mem.h"
#include "monitor/net/chore.h"
#include "monitor/net/clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MS_PER_S 1000
/** What is due is looked for this often; it begins at the look after that. */
#define LOOK_MS 5000
#define NEVER UINT32_MAX
#define FIGURES 6

/** What the thread works on. Nobody else touches it meanwhile. */
struct job {
    const struct settings *settings;
    bool wants_departure;
    struct departure_series epochs;
    struct income_epoch *incomes;
    size_t income_count;
    int64_t now_s;
    struct appraise_departure departure;
    struct appraise_income income;
};

struct appraiser {
    struct appraiser_options options;
    const struct settings *settings;
    struct chore *chore;
    struct job *job; /* NULL: idle */
    bool departure_due, income_due;
    bool departure_failed; /* a table could not be had, say */
    uint32_t epoch; /* that was seen last; NEVER: none */
    int64_t day;
    bool stopped;
    char said_departure[TABLEFILE_MESSAGE_SIZE]; /* what was said in the log last, or "" */
    char said_income[TABLEFILE_MESSAGE_SIZE];
    char said_complaint[TABLEFILE_MESSAGE_SIZE];
};

/* ---- What came out ------------------------------------------------------- */

/* Once, until it is something else. */
static void say(struct appraiser *appraiser, char said[TABLEFILE_MESSAGE_SIZE], const char *what,
                const char *message)
{
    if (strcmp(said, message) == 0)
        return;
    snprintf(said, TABLEFILE_MESSAGE_SIZE, "%s", message);
    if (message[0] != '\0')
        log_write(appraiser->options.log, LOG_UNUSUAL, "%s: %s", what, message);
}

static void say_departure(struct appraiser *appraiser, const struct appraise_departure *departure)
{
    const struct appraise_figure *net = &departure->ai_net_ehs;

    say(appraiser, appraiser->said_departure, "what has left for AI cannot be worked out",
        departure->message);
    say(appraiser, appraiser->said_complaint, "a table is at fault", departure->complaint);
    if (departure->known)
        log_write(appraiser->options.log, LOG_INFO,
                  "left for AI by height %" PRIu32 ": %.0f EH/s (90 %%: %.0f to %.0f), given the "
                  "list of sites",
                  departure->to_height, net->value, net->lo, net->hi);
}

static void put(struct alerting_figure *out, enum metric_id id,
                const struct appraise_figure *figure, double scale)
{
    *out = (struct alerting_figure){.id = id};
    if (figure->known)
        out->value = (struct metric_value){.known = true,
                                           .value = scale * figure->value,
                                           .lo = scale * figure->lo,
                                           .hi = scale * figure->hi};
}

static void hand_over(struct appraiser *appraiser, const struct job *job)
{
    struct alerting_figure figures[FIGURES];
    const struct appraise_departure *departure = &job->departure;
    const struct appraise_income *income = &job->income;
    size_t count = 0;
    size_t first_income = 0;

    if (job->wants_departure) {
        put(&figures[count++], METRIC_DEPARTURE_AI_NET_EHS, &departure->ai_net_ehs, 1);
        put(&figures[count++], METRIC_DEPARTURE_AI_SHARE, &departure->ai_share, 1);
        put(&figures[count++], METRIC_DEPARTURE_UNEXPLAINED_EHS, &departure->unexplained_ehs, 1);
    }
    first_income = count;
    put(&figures[count++], METRIC_HASHPRICE_USD_PH_DAY, &income->usd_ph_day, 1);
    put(&figures[count++], METRIC_FLEET_UNDERWATER_PCT, &income->underwater, 100);
    put(&figures[count++], METRIC_INCENTIVE_RATIO, &income->ratio, 1);
    for (size_t i = 0; i < count; i++) {
        struct metric_value *value = &figures[i].value;

        value->from_height = i < first_income ? departure->from_height : income->height;
        value->to_height = i < first_income ? departure->to_height : income->height;
    }
    appraiser->options.done(appraiser->options.context, figures, count);
}

static void free_job(struct job *job)
{
    departure_series_free(&job->epochs);
    free(job->incomes);
    free(job);
}

static void on_worked(void *context)
{
    struct appraiser *appraiser = context;
    struct job *job = appraiser->job;

    appraiser->job = NULL;
    if (!appraiser->stopped) {
        if (job->wants_departure) {
            appraiser->departure_failed = !job->departure.known;
            say_departure(appraiser, &job->departure);
        }
        say(appraiser, appraiser->said_income, "what hash rate earns cannot be worked out",
            job->income.message);
        hand_over(appraiser, job);
    }
    free_job(job);
}

/* ---- Working ------------------------------------------------------------- */

/* In the thread. */
static void work(void *context)
{
    struct appraiser *appraiser = context;
    struct job *job = appraiser->job;
    struct appraise_question question = {.settings = job->settings,
                                         .epochs = &job->epochs,
                                         .incomes = job->incomes,
                                         .income_count = job->income_count,
                                         .now_s = job->now_s};

    if (job->wants_departure)
        appraise_departure(&job->departure, &question);
    appraise_income(&job->income, &question);
}

/* The thread does not see the tree, which changes: what it needs of that is copied. */
static void prepare(struct appraiser *appraiser, const struct tree *tree)
{
    struct job *job = mem_zeroed(1, sizeof *job);

    job->settings = appraiser->settings;
    job->wants_departure = appraiser->departure_due;
    job->now_s = clock_wall_ms(NULL) / MS_PER_S;
    if (job->wants_departure)
        departure_series_read(&job->epochs, tree);
    job->incomes = income_epochs(&job->income_count, tree);
    appraiser->job = job;
    appraiser->departure_due = appraiser->income_due = false;
}

static bool on_look(void *context, bool busy)
{
    struct appraiser *appraiser = context;
    const struct tree *tree = appraiser->options.tree(appraiser->options.context);
    int64_t day = clock_wall_ms(NULL) / MS_PER_S / DAY_S;
    uint32_t epoch = NEVER;

    if (tree == NULL)
        return false;
    epoch = tree_get(tree, tree_best(tree)).height / PARAMS_RETARGET_BLOCKS;
    if (epoch != appraiser->epoch || day != appraiser->day) {
        appraiser->epoch = epoch;
        appraiser->day = day;
        appraiser->departure_due = appraiser->income_due = true;
        return false;
    }
    if (busy || !appraiser->income_due)
        return false;
    prepare(appraiser, tree);
    return true;
}

/* ---- Life ---------------------------------------------------------------- */

struct appraiser *appraiser_new(const struct appraiser_options *options)
{
    struct appraiser *appraiser = mem_zeroed(1, sizeof *appraiser);
    struct chore_options chore = {.loop = options->loop,
                                  .look_ms = LOOK_MS,
                                  .look = on_look,
                                  .work = work,
                                  .done = on_worked,
                                  .context = appraiser};

    appraiser->options = *options;
    appraiser->settings = options->settings;
    appraiser->epoch = NEVER;
    appraiser->chore = chore_new(&chore);
    return appraiser;
}

void appraiser_reconfigure(struct appraiser *appraiser, const struct settings *settings)
{
    appraiser->settings = settings;
    appraiser->epoch = NEVER;
}

const struct settings *appraiser_uses(const struct appraiser *appraiser)
{
    return appraiser != NULL && appraiser->job != NULL ? appraiser->job->settings : NULL;
}

void appraiser_priced(struct appraiser *appraiser)
{
    appraiser->income_due = true;
    if (appraiser->departure_failed)
        appraiser->departure_due = true;
}

bool appraiser_stop(struct appraiser *appraiser)
{
    if (appraiser == NULL)
        return false;
    appraiser->stopped = true;
    return chore_stop(appraiser->chore);
}

void appraiser_free(struct appraiser *appraiser)
{
    if (appraiser == NULL)
        return;
    chore_free(appraiser->chore);
    free(appraiser);
}
