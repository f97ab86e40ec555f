// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * methods_coverage: does the hash rate's 95 % interval hold the truth, on simulated years with
 * growth, walks, steps, ramps and storms, asked of the whole engine once a day; and how often the
 * engine, left at its defaults, speaks of a change where there is none.
 */
#include "config.h"

#include "analysis/engine.h"
#include "analysis/synth.h"
#include "chain/compact.h"
#include "tests/bench/methods.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define DAY_S 86400.0
#define START_S 1500000000.0
/** Blocks until the engine is asked, and until the first scripted event. */
#define WARM_UP 2016
/** A step is over after so many blocks, a ramp so many after its end. */
#define STEP_BLOCKS 1500
#define RAMP_BLOCKS 2500
/** Inside them, asked every so many blocks. */
#define INSIDE_STRIDE 12

/* ---- a chain as headers would have it ---- */

/** A synthetic chain on its way into an engine. */
struct feed {
    struct synth synth;
    struct random_stream noise;
    bool noisy; /* clocks of miners: 15 % early by 300 s on average, the rest late by 15 s */
    double time_s;
    double work_eh; /* bits are of it */
    uint32_t bits;
};

/* The compact target of a block of so many expected exahashes: work = 2^256 / target. */
static uint32_t bits_of(double work_eh)
{
    int exponent = 0;
    double fraction = frexp(1.0 / (work_eh * 1e18), &exponent); /* target = f 2^(e + 256) */
    int size = (exponent + 256 + 8) / 8; /* bytes, a spare bit for the sign */
    double mantissa = ldexp(fraction, exponent + 256 - 8 * (size - 3));

    return (uint32_t)size << 24 | (uint32_t)mantissa;
}

static struct feed feed_init(const struct synth_options *options, bool noisy, uint64_t seed,
                             uint64_t number)
{
    struct feed feed = {.synth = synth_init(options, seed, number),
                        .noise = random_init(seed, number + 1000000),
                        .noisy = noisy,
                        .time_s = START_S};

    return feed;
}

/* Hands the engine a block that was made. */
static void feed_block(struct feed *feed, struct engine *engine, const struct synth_block *block)
{
    double stamp_s;

    feed->time_s += block->dt_s;
    stamp_s = feed->time_s;
    if (feed->noisy && random_uniform(&feed->noise) < 0.15)
        stamp_s += 300.0 * random_exponential(&feed->noise);
    else if (feed->noisy)
        stamp_s -= 15.0 * random_exponential(&feed->noise);
    if (block->work_eh != feed->work_eh) {
        feed->work_eh = block->work_eh;
        feed->bits = bits_of(block->work_eh);
    }
    if (!engine_connect(engine, &(struct engine_block){.height = block->height,
                                                       .bits = feed->bits,
                                                       .time_ms = (int64_t)stamp_s * 1000,
                                                       .arrival_ms = ENGINE_NO_ARRIVAL}))
        abort();
}

/* ---- scripts ---- */

enum kind { STEP, RAMP, STORM };
static const char *const kind_names[] = {"step", "ramp", "storm"};
#define KINDS 3

/** Something that happens: over `blocks` blocks from `at` on the log rate changes by `size`; of a
 *  storm it stays so for `hold` blocks, and is undone over as many as it took. */
struct event {
    enum kind kind;
    uint32_t at, blocks, hold;
    double size;
};

#define EVENTS_MOST 4

static double between(struct random_stream *random, double low, double high)
{
    return low + (high - low) * random_uniform(random);
}

/* Up to four events, one in each quarter, never a step of less than 5 %. */
static size_t write_script(struct event events[EVENTS_MOST], struct random_stream *random)
{
    size_t count = 0;

    for (size_t quarter = 0; quarter < EVENTS_MOST; quarter++) {
        struct event event = {.kind = (enum kind)(random_bits(random) % KINDS), .blocks = 1};
        bool fall = event.kind == STORM || random_uniform(random) < 0.5;

        if (random_uniform(random) < 0.3)
            continue;
        event.at = (uint32_t)(SYNTH_YEAR_BLOCKS / EVENTS_MOST * (double)quarter +
                              between(random, WARM_UP + 1000.0, 9000.0));
        event.size = log(fall ? between(random, 0.5, 0.95) : between(random, 1.05, 1.4));
        if (event.kind == RAMP)
            event.blocks = (uint32_t)between(random, 500.0, 2500.0);
        if (event.kind == STORM) {
            event.blocks = (uint32_t)between(random, 1.0, 144.0);
            event.hold = (uint32_t)between(random, 300.0, 1500.0);
        }
        events[count++] = event;
    }
    return count;
}

/* What an event does to the log rate at a block. */
static double event_step(const struct event *event, uint32_t height)
{
    double step = event->size / event->blocks;

    if (height >= event->at && height < event->at + event->blocks)
        return step;
    if (event->kind == STORM && height >= event->at + event->blocks + event->hold &&
        height < event->at + 2 * event->blocks + event->hold)
        return -step;
    return 0.0;
}

/* Blocks since the event last did something; -1: it is not felt. */
static int event_lag(const struct event *event, uint32_t height)
{
    uint32_t start = event->at;

    if (height < event->at)
        return -1;
    if (event->kind == STORM && height >= event->at + event->blocks + event->hold)
        start = event->at + event->blocks + event->hold;
    if (event->kind == RAMP) {
        if (height >= event->at + event->blocks + RAMP_BLOCKS)
            return -1;
        return (int)(height - start);
    }
    return height - start < STEP_BLOCKS ? (int)(height - start) : -1;
}

/* ---- coverage ---- */

/** How often the truth was held. */
struct held {
    double count, widened, plain;
};

static const uint32_t lag_ends[] = {100, 200, 400, 800, 1500, UINT32_MAX};
#define LAGS (sizeof lag_ends / sizeof lag_ends[0])

/** What was said of changes: of true and false alarms, and of those that were undone or not. */
struct said {
    double count, confidence, recovered;
};

struct tally {
    struct held outside;
    struct held outside_alarmed; /* of these, with an alarm's doubt in it: false alarms, or late */
    struct held inside[KINDS][LAGS];
    struct held all_inside;
    double width;          /* of the log interval, outside */
    struct said told[2];   /* [there was a change of this direction] */
    struct said undone[2]; /* falls found, [undone within 8 weeks] */
    double below, above;   /* outside: truth below, above the interval */
};

static void held_add(struct held *held, const struct engine_hashrate *rate, double truth)
{
    double ehs = exp(truth);

    held->count += 1.0;
    held->widened += rate->estimate.lo95 <= ehs && ehs <= rate->estimate.hi95;
    held->plain += rate->plain.lo95 <= ehs && ehs <= rate->plain.hi95;
}

static void ask_outside(struct tally *tally, const struct engine *engine, double now_s,
                        double truth)
{
    struct engine_hashrate rate = engine_hashrate(engine, (int64_t)(now_s * 1000.0));

    held_add(&tally->outside, &rate, truth);
    if (rate.widened)
        held_add(&tally->outside_alarmed, &rate, truth);
    tally->width += log(rate.estimate.hi95 / rate.estimate.lo95);
    tally->below += exp(truth) < rate.estimate.lo95;
    tally->above += exp(truth) > rate.estimate.hi95;
}

static void ask_inside(struct tally *tally, const struct engine *engine, enum kind kind, int lag,
                       double truth)
{
    struct engine_hashrate rate = engine_hashrate(engine, ENGINE_AT_TIP);
    size_t i = 0;

    while ((uint32_t)lag >= lag_ends[i])
        i++;
    held_add(&tally->inside[kind][i], &rate, truth);
    held_add(&tally->all_inside, &rate, truth);
}

/* Whether an event did something in this direction within 2,016 blocks before an alarm. */
static bool caused(const struct event *event, const struct engine_change *change)
{
    uint32_t start = event->at;
    bool fall = event->size < 0.0;

    if (event->kind == STORM && change->direction == CHANGE_RISE) {
        start += event->blocks + event->hold;
        fall = false;
    }
    return fall == (change->direction == CHANGE_FALL) && change->alarm >= start &&
           change->alarm < start + event->blocks + 2016;
}

static void said_add(struct said *said, const struct engine_extent *extent)
{
    said->count += 1.0;
    said->confidence += extent->confidence;
    said->recovered += extent->recovered_height != 0;
}

/* What the engine says of a year's changes in the end. */
static void judge_changes(struct tally *tally, struct engine *engine, const struct event *events,
                          size_t count)
{
    for (size_t i = 0; i < engine_change_count(engine); i++) {
        struct engine_change change = engine_change(engine, i);
        struct engine_extent extent = engine_extent(engine, i);
        const struct event *cause = NULL;

        for (size_t k = 0; k < count; k++)
            if (caused(&events[k], &change))
                cause = &events[k];
        said_add(&tally->told[cause != NULL], &extent);
        if (cause != NULL && change.direction == CHANGE_FALL)
            said_add(&tally->undone[cause->kind == STORM], &extent);
    }
}

static void print_said(const char *name, const struct said *said)
{
    if (said->count > 0.0)
        printf("  %-26s %5.0f, mean confidence %.2f, said to have recovered %.2f\n", name,
               said->count, said->confidence / said->count, said->recovered / said->count);
}

/* One simulated year. */
static void one_year(struct tally *tally, uint64_t seed, uint64_t number)
{
    static const double sds[] = {0.005, 0.0075, 0.01, 0.015, 0.02};
    struct random_stream random = random_init(seed, 60000 + number);
    struct synth_options options = {.rate_ehs = pow(10.0, between(&random, -2.0, 3.0)),
                                    .daily_sd = sds[random_bits(&random) % 5],
                                    .yearly_growth = between(&random, -0.2, 1.0)};
    struct feed feed = feed_init(&options, random_uniform(&random) < 0.5, seed, 61000 + number);
    struct engine_options defaults = engine_defaults();
    struct engine *engine = engine_new(&defaults);
    struct event events[EVENTS_MOST];
    size_t count = write_script(events, &random);

    if (engine == NULL)
        abort();
    for (uint32_t height = 0; height < (uint32_t)SYNTH_YEAR_BLOCKS; height++) {
        const struct event *felt = NULL;
        struct synth_block block;
        int lag = -1;
        double midnight_s;

        for (size_t i = 0; i < count; i++) {
            synth_step(&feed.synth, event_step(&events[i], height));
            if (event_lag(&events[i], height) >= 0) {
                felt = &events[i];
                lag = event_lag(felt, height);
            }
        }
        block = synth_next(&feed.synth);
        midnight_s = ceil(feed.time_s / DAY_S) * DAY_S;
        if (felt != NULL && height % INSIDE_STRIDE == 0)
            ask_inside(tally, engine, felt->kind, lag, block.log_rate);
        for (; felt == NULL && height > WARM_UP && midnight_s < feed.time_s + block.dt_s;
             midnight_s += DAY_S)
            ask_outside(tally, engine, midnight_s, block.log_rate);
        feed_block(&feed, engine, &block);
    }
    judge_changes(tally, engine, events, count);
    engine_free(engine);
}

static void print_held(const char *name, const struct held *held)
{
    if (held->count > 0.0)
        printf("  %-26s %8.0f  %.3f  %.3f\n", name, held->count, held->widened / held->count,
               held->plain / held->count);
}

static void print_inside(const struct tally *tally)
{
    for (size_t kind = 0; kind < KINDS; kind++) {
        uint32_t from = 0;

        for (size_t i = 0; i < LAGS; i++) {
            char name[64];

            if (lag_ends[i] == UINT32_MAX)
                snprintf(name, sizeof name, "%s, %u and more", kind_names[kind], from);
            else
                snprintf(name, sizeof name, "%s, %u to %u", kind_names[kind], from, lag_ends[i]);
            print_held(name, &tally->inside[kind][i]);
            from = lag_ends[i];
        }
    }
}

/* At how many lags an alarm's doubt makes it worse. */
static unsigned worse_inside(const struct tally *tally)
{
    unsigned worse = 0;

    for (size_t kind = 0; kind < KINDS; kind++)
        for (size_t i = 0; i < LAGS; i++)
            worse += tally->inside[kind][i].widened < tally->inside[kind][i].plain;
    return worse;
}

static void coverage(struct methods *methods)
{
    const size_t years = methods_count(methods, 200, 20);
    struct tally tally = {0};
    double outside, with, without;

    for (size_t i = 0; i < years; i++)
        one_year(&tally, methods->seed, i);
    printf("coverage of the 95 %% interval: %zu simulated years; with and without an alarm's "
           "doubt\n",
           years);
    print_held("outside, once a day", &tally.outside);
    print_held("of these, after an alarm", &tally.outside_alarmed);
    printf("  outside: truth below %.3f, above %.3f; mean width of the interval %.3f\n",
           tally.below / tally.outside.count, tally.above / tally.outside.count,
           tally.width / tally.outside.count);
    print_inside(&tally);
    print_said("alarms with a cause", &tally.told[1]);
    print_said("alarms without", &tally.told[0]);
    print_said("falls that lasted", &tally.undone[0]);
    print_said("falls that were undone", &tally.undone[1]);
    outside = tally.outside.widened / tally.outside.count;
    with = tally.all_inside.widened / tally.all_inside.count;
    without = tally.all_inside.plain / tally.all_inside.count;
    methods_bar(methods, "coverage", outside >= 0.90 && outside <= 0.995,
                "outside %.3f, .90 to .995 wanted", outside);
    methods_bar(methods, "coverage", with > without && worse_inside(&tally) == 0,
                "inside %.3f with, %.3f without, which is better at %u lags", with, without,
                worse_inside(&tally));
}

/* ---- false alarms of the engine ---- */

/* Falls and rises a year, of chains that only grow and wander; the first year, in which volatility
 * is not known yet, apart. */
static void false_alarms_at(struct methods *methods, double daily_sd)
{
    const size_t runs = methods_count(methods, 80, 10);
    const uint32_t year = (uint32_t)SYNTH_YEAR_BLOCKS;
    struct synth_options options = {
        .rate_ehs = 100.0, .daily_sd = daily_sd, .yearly_growth = METHODS_GROWTH};
    double alarms[2][2] = {{0.0}}; /* [later than the first year][direction] */

    for (size_t run = 0; run < runs; run++) {
        struct feed feed = feed_init(&options, false, methods->seed, 70000 + run);
        struct engine_options defaults = engine_defaults();
        struct engine *engine = engine_new(&defaults);

        if (engine == NULL)
            abort();
        for (uint32_t height = 0; height < 4 * year; height++) {
            struct synth_block block = synth_next(&feed.synth);

            feed_block(&feed, engine, &block);
        }
        for (size_t i = 0; i < engine_change_count(engine); i++) {
            struct engine_change change = engine_change(engine, i);

            alarms[change.alarm >= year][change.direction] += 1.0;
        }
        engine_free(engine);
    }
    printf("  %.2f %% a day (%zu runs of 4 years): first year %.2f falls, %.2f rises; later %.2f "
           "falls, %.2f rises a year\n",
           100.0 * daily_sd, runs, alarms[0][CHANGE_FALL] / (double)runs,
           alarms[0][CHANGE_RISE] / (double)runs, alarms[1][CHANGE_FALL] / (3.0 * (double)runs),
           alarms[1][CHANGE_RISE] / (3.0 * (double)runs));
    for (size_t way = CHANGE_FALL; way <= CHANGE_RISE; way++) {
        double rate = alarms[1][way] / (3.0 * (double)runs);

        methods_bar(methods, "false alarms", rate >= 0.6 && rate <= 1.5,
                    "%s: %.2f a year, .6 to 1.5 wanted", way == CHANGE_FALL ? "falls" : "rises",
                    rate);
    }
}

void methods_coverage(struct methods *methods)
{
    coverage(methods);
    printf("false alarms of the engine at its defaults\n");
    false_alarms_at(methods, 0.0075);
    false_alarms_at(methods, 0.015);
}
