// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Goal of this target: whatever chain an engine is given, and in whatever order, every figure is
 * finite or says why it is not there; it is equal to an engine that saw the surviving chain alone;
 * and whatever bytes it is to be restored from, it refuses them or works.
 *
 * The input: a byte of options, then steps, each an opcode and what it needs.
 *
 *     0   a run of blocks: count, seconds apart (two bytes, may be negative)
 *     1   a block: time (four bytes), bits (four), arrival (two bytes of seconds, or none)
 *     2   back by a number of blocks (two bytes)
 *     3   an arrival: how many blocks below the tip (two bytes), seconds after the header (two)
 *     4   every question: now, in seconds after the tip (four bytes), or far away
 *     5   work: how often
 *     6   a restart
 *     7   a snapshot that is tampered with: count, then each time where (four bytes) and a byte
 *     8   a run to the next height that begins an epoch: seconds apart (two bytes)
 */
#include "config.h"

#include "analysis/engine.h"
#include "chain/compact.h"
#include "chain/cursor.h"
#include "chain/sha256.h"
#include "tests/support/figures.h"

#include <gsl/gsl_errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/** More say nothing new, and take long. */
#define STEPS_MAX 24
#define BLOCKS_MAX 5000
#define QUESTIONS_MAX 2
#define EPOCH_BLOCKS 2016
#define OPTION_ARRIVALS 1
#define OPTION_PAST 2
#define OPTION_SD 4
#define OPTION_MANY_ALARMS 8
#define NO_ARRIVAL 0xffff
#define FAR_AWAY 0xffffffffu

struct harness {
    struct engine_options options;
    struct engine *engine;
    struct engine_block *blocks; /* the chain as it should be */
    size_t count;
    uint32_t first;
    uint32_t bits;
    int questions;
};

static void fail(const char *what)
{
    fprintf(stderr, "fuzz_engine: %s\n", what);
    abort();
}

/* Any bits, made usable. */
static uint32_t usable(uint32_t bits)
{
    if (compact_expected_hashes(bits) > 0.0)
        return bits;
    bits = (3 + bits % 30) << 24 | (bits & 0x7fffff);
    return compact_expected_hashes(bits) > 0.0 ? bits : 0x207fffffu;
}

static int64_t clamped_s(int64_t time_s)
{
    return time_s < 0 ? 0 : time_s > UINT32_MAX ? UINT32_MAX : time_s;
}

static int64_t last_s(const struct harness *harness)
{
    return harness->count > 0 ? harness->blocks[harness->count - 1].time_ms / 1000 : 1600000000;
}

static void connect_block(struct harness *harness, int64_t time_s, int64_t arrival_ms)
{
    struct engine_block block = {
        .height = harness->first + (uint32_t)harness->count,
        .bits = harness->bits,
        .time_ms = clamped_s(time_s) * 1000,
        .arrival_ms = arrival_ms,
    };

    if (harness->count == BLOCKS_MAX)
        return;
    if (!engine_connect(harness->engine, &block))
        fail("no memory");
    harness->blocks[harness->count++] = block;
}

static void run(struct harness *harness, uint32_t count, int16_t spacing_s)
{
    for (uint32_t i = 0; i < count; i++)
        connect_block(harness, last_s(harness) + spacing_s, ENGINE_NO_ARRIVAL);
}

static void one_block(struct harness *harness, struct cursor *input)
{
    int64_t time_s = cursor_u32(input);
    uint16_t after_s = 0;

    harness->bits = usable(cursor_u32(input));
    after_s = cursor_u16(input);
    connect_block(harness, time_s,
                  after_s == NO_ARRIVAL ? ENGINE_NO_ARRIVAL : (time_s + (int16_t)after_s) * 1000);
}

static void disconnect(struct harness *harness, uint16_t depth)
{
    if (harness->count == 0)
        return;
    harness->count -= depth < harness->count ? depth : harness->count - 1;
    engine_disconnect(harness->engine, harness->first + (uint32_t)harness->count - 1);
}

static void arrived(struct harness *harness, uint16_t below, int16_t after_s)
{
    size_t i = harness->count - 1 - below;
    struct engine_block *block = NULL;
    int64_t arrival_ms = 0;

    if (below >= harness->count)
        return;
    block = &harness->blocks[i];
    arrival_ms = block->time_ms + after_s * 1000;
    if (!engine_arrived(harness->engine, block->height, arrival_ms))
        fail("no memory");
    if (block->arrival_ms == ENGINE_NO_ARRIVAL)
        block->arrival_ms = arrival_ms;
}

static void ask(struct harness *harness, uint32_t after_s)
{
    int64_t now_ms = after_s == FAR_AWAY ? INT64_MAX : (last_s(harness) + after_s) * 1000;
    const char *fault = NULL;

    if (harness->questions++ >= QUESTIONS_MAX)
        return;
    fault = figures_fault(harness->engine, after_s == 0 ? ENGINE_AT_TIP : now_ms);
    if (fault != NULL)
        fail(fault);
}

static void restart(struct harness *harness)
{
    size_t len = 0;
    uint8_t *bytes = engine_snapshot(harness->engine, &len);
    struct engine *restored = engine_restore(&harness->options, bytes, len);

    if (restored == NULL || !engine_equal(restored, harness->engine))
        fail("a snapshot is not restored");
    free(bytes);
    engine_free(harness->engine);
    harness->engine = restored;
}

/* Changes bytes and mends the checksum: what is restored from that must work, if it is restored. */
static void tamper(struct harness *harness, struct cursor *input)
{
    size_t len = 0;
    uint8_t *bytes = engine_snapshot(harness->engine, &len);
    size_t body = len - HASH256_SIZE;
    struct engine *restored = NULL;
    struct hash256 sum;

    for (int left = cursor_u8(input); left > 0 && cursor_ok(input); left--) {
        size_t at = cursor_u32(input) % body;

        bytes[at] ^= cursor_u8(input);
    }
    sha256d(&sum, bytes, body);
    memcpy(bytes + body, sum.bytes, sizeof sum.bytes);
    restored = engine_restore(&harness->options, bytes, len);
    if (restored != NULL && engine_count(restored) > 0) {
        struct engine_block block = engine_block_at(restored, engine_tip(restored));
        const char *fault = figures_fault(restored, ENGINE_AT_TIP);

        if (fault != NULL)
            fail(fault);
        block.height++;
        if (block.height < UINT32_MAX / 2 && !engine_connect(restored, &block))
            fail("no memory");
        engine_disconnect(restored, engine_first(restored));
    }
    engine_free(restored);
    free(bytes);
}

static void step(struct harness *harness, struct cursor *input)
{
    uint16_t number = 0;
    uint32_t tip = harness->first + (uint32_t)harness->count;

    switch (cursor_u8(input) % 9) {
    case 0:
        number = cursor_u8(input);
        run(harness, number, (int16_t)cursor_u16(input));
        break;
    case 1:
        one_block(harness, input);
        break;
    case 2:
        disconnect(harness, cursor_u16(input));
        break;
    case 3:
        number = cursor_u16(input);
        arrived(harness, number, (int16_t)cursor_u16(input));
        break;
    case 4:
        ask(harness, cursor_u32(input));
        break;
    case 5:
        for (number = cursor_u8(input); number > 0; number--)
            (void)engine_work(harness->engine);
        break;
    case 6:
        restart(harness);
        break;
    case 7:
        tamper(harness, input);
        break;
    default:
        run(harness, EPOCH_BLOCKS - tip % EPOCH_BLOCKS, (int16_t)cursor_u16(input));
        break;
    }
}

static void compare(struct harness *harness)
{
    struct engine *fresh = engine_new(&harness->options);
    const char *difference = NULL;

    for (size_t i = 0; i < harness->count; i++)
        if (!engine_connect(fresh, &harness->blocks[i]))
            fail("no memory");
    if (!engine_equal(fresh, harness->engine))
        fail("not the state of a fresh engine");
    difference = figures_difference(fresh, harness->engine, ENGINE_AT_TIP);
    if (difference != NULL)
        fail(difference);
    engine_free(fresh);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const double past[] = {100.0, 0.0, 1e-9, 1e9};
    struct cursor input = cursor_of(data, size);
    struct harness harness = {.options = engine_defaults(), .bits = 0x1703a30cu};
    uint8_t options = cursor_u8(&input);

    (void)gsl_set_error_handler_off(); /* as the program does */
    harness.first = cursor_u16(&input) * 7u;
    harness.options.arrivals = (options & OPTION_ARRIVALS) != 0;
    harness.options.past_rates = past;
    harness.options.past_count = (options & OPTION_PAST) != 0 ? 4 : 0;
    harness.options.daily_sd = (options & OPTION_SD) != 0 ? 0.02 : 0.0;
    harness.options.false_alarms_per_year = (options & OPTION_MANY_ALARMS) != 0 ? 100.0 : 1.0;
    harness.engine = engine_new(&harness.options);
    harness.blocks = calloc(BLOCKS_MAX, sizeof *harness.blocks);
    if (harness.engine == NULL || harness.blocks == NULL)
        fail("no memory");
    for (int i = 0; i < STEPS_MAX && input.left > 0 && cursor_ok(&input); i++)
        step(&harness, &input);
    ask(&harness, 600);
    compare(&harness);
    engine_free(harness.engine);
    free(harness.blocks);
    return 0;
}
