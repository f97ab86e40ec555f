// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * bench_engine: what the analysis engine costs: connecting 950,000 headers, and then one block at a
 * time with every figure asked after each, as the program does that follows live. OpenSSL's double
 * hash of as many headers is the yardstick. One thread, all in memory. Each figure is the best of
 * some rounds: the machine's noise only ever adds.
 */
#include "config.h"

#include "analysis/engine.h"
#include "analysis/synth.h"
#include "tests/support/random.h"

#include <gsl/gsl_errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#if HAVE_CRYPTO
#define OPENSSL_SUPPRESS_DEPRECATED /* the low-level calls are the fastest that it has */
#include <openssl/sha.h>
#endif

#define HEADERS 950000
#define HEADER_BYTES 80
#define ROUNDS 5
/** Blocks that are followed one at a time: three epochs' ends are among them. */
#define LIVE_BLOCKS 6048
/** What is promised: headers a second, and seconds for one block with all figures. */
#define BAR_RATE 400e3
#define BAR_BLOCK 0.2e-3
/** Figures asked after each block: Bitcoin Core's window, changes whose extent is shown, and a week
 *  of intervals. */
#define CORE_BLOCKS 120
#define LAST_CHANGES 3
#define INTERVALS 1008

static double seconds(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* Seconds that OpenSSL takes to hash as many headers twice over; 0 without it. */
static double openssl(void)
{
#if HAVE_CRYPTO
    uint8_t header[HEADER_BYTES] = {0};
    double start = seconds();

    for (size_t i = 0; i < HEADERS; i++) {
        uint8_t hash[SHA256_DIGEST_LENGTH];
        SHA256_CTX sha;

        SHA256_Init(&sha);
        SHA256_Update(&sha, header, sizeof header);
        SHA256_Final(hash, &sha);
        SHA256_Init(&sha);
        SHA256_Update(&sha, hash, sizeof hash);
        SHA256_Final(header, &sha);
    }
    return seconds() - start;
#else
    return 0.0;
#endif
}

/* nBits of a block that takes so many exahashes. */
static uint32_t bits_of(double work_eh)
{
    int exponent = 0;
    double mantissa = frexp(0x1p256 / (work_eh * 1e18), &exponent);
    int bytes = (exponent + 8) / 8; /* with room for a sign bit that is 0 */

    return (uint32_t)bytes << 24 | (uint32_t)ldexp(mantissa, exponent - 8 * (bytes - 3));
}

/* A chain that grows and wanders as the network does, stamped to the second. */
static struct engine_block *make_chain(size_t count)
{
    const struct synth_options options = {.rate_ehs = 1.0, .daily_sd = 0.01, .yearly_growth = 0.47};
    struct synth synth = synth_init(&options, test_seed(), 0);
    struct engine_block *blocks = calloc(count, sizeof *blocks);
    double time_s = 1231006505.0;

    if (blocks == NULL)
        exit(EXIT_FAILURE);
    for (size_t i = 0; i < count; i++) {
        struct synth_block block = synth_next(&synth);

        time_s += block.dt_s;
        blocks[i] = (struct engine_block){
            .height = block.height,
            .bits = bits_of(block.work_eh),
            .time_ms = (int64_t)time_s * 1000,
            .arrival_ms = (int64_t)(time_s * 1000.0),
        };
    }
    return blocks;
}

static struct engine *connected(const struct engine_block *blocks, bool arrivals, double *took)
{
    struct engine_options options = engine_defaults();
    struct engine *engine = NULL;
    double start = seconds();

    options.arrivals = arrivals;
    engine = engine_new(&options);
    for (size_t i = 0; i < HEADERS; i++)
        if (engine == NULL || !engine_connect(engine, &blocks[i]))
            exit(EXIT_FAILURE);
    start = seconds() - start;
    *took = *took == 0.0 || start < *took ? start : *took;
    return engine;
}

static int by_value(const void *left, const void *right)
{
    double a = *(const double *)left;
    double b = *(const double *)right;

    return (a > b) - (a < b);
}

/* Every figure that is shown of now, each once; some sum of them, so that none is left out. */
static double ask(struct engine *engine, int64_t now_ms)
{
    static const uint32_t windows[] = {144, 504, 1008, 2016};
    double sum = engine_hashrate(engine, now_ms).estimate.ehs;
    size_t changes = engine_change_count(engine);

    for (size_t i = 0; i < sizeof windows / sizeof windows[0]; i++)
        sum += engine_window(engine, windows[i]).ehs;
    sum += engine_core_hashps(engine, CORE_BLOCKS);
    sum += engine_volatility(engine).daily_sd;
    for (size_t i = changes > LAST_CHANGES ? changes - LAST_CHANGES : 0; i < changes; i++)
        sum += engine_extent(engine, i).recovered;
    sum += engine_silent_alarm(engine, now_ms).excess;
    sum += engine_forecast(engine, now_ms).ratio;
    for (size_t k = 0; k < ENGINE_MILESTONES; k++)
        sum += engine_score(engine, k).crps;
    return sum + engine_intervals(engine, INTERVALS).test.p;
}

/* Block by block, with every figure and the work that is due. */
static void follow(struct engine *engine, const struct engine_block *blocks, double unit)
{
    static double took[LIVE_BLOCKS];
    double sum = 0.0;
    double figures = ask(engine, ENGINE_AT_TIP); /* what import left to do */

    while (engine_work(engine))
        continue;
    for (size_t i = 0; i < LIVE_BLOCKS; i++) {
        double start = seconds();

        if (!engine_connect(engine, &blocks[HEADERS + i]))
            exit(EXIT_FAILURE);
        figures += ask(engine, blocks[HEADERS + i].time_ms + 60000);
        (void)engine_work(engine);
        took[i] = seconds() - start;
        sum += took[i];
    }
    qsort(took, LIVE_BLOCKS, sizeof *took, by_value);
    if (!isfinite(figures))
        exit(EXIT_FAILURE);
    printf("one block, all figures and a slice of work: mean %.1f us, median %.1f, 99 %% %.1f, "
           "most %.1f (bar %.0f)",
           sum / LIVE_BLOCKS * 1e6, took[LIVE_BLOCKS / 2] * 1e6, took[LIVE_BLOCKS * 99 / 100] * 1e6,
           took[LIVE_BLOCKS - 1] * 1e6, BAR_BLOCK * 1e6);
    if (unit > 0.0)
        printf("; mean %.0f hashes of OpenSSL", sum / LIVE_BLOCKS / unit);
    printf("\n");
}

static void print_connect(const char *name, double took, double unit)
{
    printf("%-44s %7.1f ns/header %6.2f M/s (bar %.2f)", name, took / HEADERS * 1e9,
           HEADERS / took * 1e-6, BAR_RATE * 1e-6);
    if (unit > 0.0)
        printf("   %.1f hashes of OpenSSL", took / HEADERS / unit);
    printf("\n");
}

int main(void)
{
    struct engine_block *blocks = make_chain(HEADERS + LIVE_BLOCKS);
    double unit = openssl() / HEADERS;
    double took[2] = {0};
    struct engine *engine = NULL;
    double start = 0.0;

    (void)gsl_set_error_handler_off(); /* as the program does */
    for (int arrivals = 0; arrivals < 2; arrivals++)
        for (int i = 0; i < ROUNDS; i++) {
            engine_free(engine);
            engine = connected(blocks, arrivals != 0, &took[arrivals]);
        }
    print_connect("connect, header times", took[0], unit);
    print_connect("connect, arrival times", took[1], unit);
    engine_free(engine);
    engine = connected(blocks, false, &took[0]);
    printf("an engine of %d headers: %.2f MB\n", HEADERS, (double)engine_memory(engine) * 1e-6);
    start = seconds();
    engine_disconnect(engine, HEADERS - 1 - 6);
    printf("back by 6 blocks: %.1f us\n", (seconds() - start) * 1e6);
    for (size_t i = HEADERS - 6; i < HEADERS; i++)
        (void)engine_connect(engine, &blocks[i]);
    follow(engine, blocks, unit);
    engine_free(engine);
    free(blocks);
    return EXIT_SUCCESS;
}
