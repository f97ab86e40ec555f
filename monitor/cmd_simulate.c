// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * cmd_simulate: writes a simulated chain of tidenet as raw headers.
 */
#include "config.h"

#include "chain/params.h"
#include "monitor/command.h"
#include "monitor/number.h"
#include "monitor/output.h"
#include "monitor/progress.h"
#include "monitor/simulate.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

/** More blocks than tidenet can hold until the 32 bits of a header's time run out. */
#define BLOCKS_MAX 6000000
/** Blocks between two looks at the progress. */
#define PROGRESS_BLOCKS 256

struct request {
    uint64_t blocks;
    uint64_t seed;
    uint64_t growth;
    const char *output;
};

static bool read_request(struct request *request, const struct command_call *call)
{
    const char *blocks = command_value(call, "blocks");
    const char *seed = command_value(call, "seed");
    const char *growth = command_value(call, "growth");

    *request = (struct request){
        .seed = 1, .growth = SIMULATE_GROWTH_DEFAULT, .output = command_value(call, "output")};
    if (call->argument_count > 0)
        command_error("'simulate' takes no arguments: give the file as --output=FILE");
    else if (blocks == NULL)
        command_error("'simulate' needs --blocks=N");
    else if (!number_parse(&request->blocks, blocks, 1, BLOCKS_MAX))
        command_error("--blocks=%s: expected a number from 1 to %d", blocks, BLOCKS_MAX);
    else if (seed != NULL && !number_parse(&request->seed, seed, 0, UINT64_MAX))
        command_error("--seed=%s: expected a number from 0 to %" PRIu64, seed, UINT64_MAX);
    else if (growth != NULL && !number_parse_milli(&request->growth, growth, SIMULATE_GROWTH_MAX))
        command_error("--growth=%s: expected percent a year, from 0 to %u", growth,
                      SIMULATE_GROWTH_MAX / SIMULATE_GROWTH_PERCENT);
    else
        return true;
    return false;
}

/* Writes all headers. False after command_error(). */
static bool write_chain(FILE *out, const struct request *request, int64_t now)
{
    struct simulate simulate;
    struct progress progress;
    uint8_t raw[HEADER_SIZE];
    bool good = fwrite(params_get(NETWORK_TIDENET)->genesis, HEADER_SIZE, 1, out) == 1;

    simulate_start(&simulate, request->seed, (uint32_t)request->growth);
    progress_start(&progress, "mining", request->blocks);
    for (uint64_t i = 0; i < request->blocks && good; i++) {
        if (i % PROGRESS_BLOCKS == 0)
            progress_update(&progress, i);
        if (!simulate_next(&simulate, raw)) {
            progress_end(&progress);
            command_error("at block %" PRIu64 " there is too much hash rate to mine by ourselves: "
                          "lower --growth or --blocks",
                          i + 1);
            return false;
        }
        if (simulate.tip.time > now) {
            progress_end(&progress);
            command_error("block %" PRIu64 " would lie in the future: lower --blocks", i + 1);
            return false;
        }
        good = fwrite(raw, HEADER_SIZE, 1, out) == 1;
    }
    progress_end(&progress);
    return true; /* what could not be written is said by output_commit() */
}

static int run(const struct command_call *call)
{
    struct request request;
    struct output output;

    if (!read_request(&request, call))
        return COMMAND_USAGE;
    if (!output_open(&output, request.output))
        return COMMAND_FAILED;
    if (output.stream == stdout && isatty(STDOUT_FILENO) == 1) {
        command_error("headers are binary and not for a terminal: give --output=FILE");
        return COMMAND_USAGE;
    }
    if (!write_chain(output.stream, &request, (int64_t)time(NULL))) {
        output_discard(&output);
        return COMMAND_FAILED;
    }
    return output_commit(&output) ? COMMAND_DONE : COMMAND_FAILED;
}

static const struct command_option options[] = {
    {"blocks", 0, true, "N", "blocks to mine on top of genesis"},
    {"seed", 0, true, "S", "which chain: same seed, same bytes (1)"},
    {"growth", 0, true, "PERCENT", "growth of the hash rate in a year (20)"},
    {"output", 'o', true, "FILE", "where to write; - is standard output"},
    {NULL, 0, false, NULL, NULL},
};

const struct command cmd_simulate = {
    .name = "simulate",
    .synopsis = "simulate --blocks N [--seed S] [--growth PERCENT] [--output FILE]",
    .summary = "mine a chain of tidenet, for tests and trials",
    .details = "Writes a chain of tidenet, our network with Bitcoin's rules and next to no work,\n"
               "as raw headers of 80 bytes: genesis and N more, with real proof of work. The\n"
               "hash rate grows steadily, intervals are as random as Bitcoin's, and difficulty\n"
               "follows every 2016 blocks. 'hashtide import --network tidenet FILE' takes it.",
    .options = options,
    .settings_wanted = false,
    .run = run,
};
