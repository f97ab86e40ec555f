// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * cmd_simulate: writes a simulated chain of tidenet as raw headers, and the truth about it.
 */
#include "config.h"

#include "monitor/command.h"
#include "monitor/mem.h"
#include "monitor/number.h"
#include "monitor/output.h"
#include "monitor/progress.h"
#include "monitor/simulate.h"
#include "monitor/simulate_truth.h"
#include "monitor/store/gzread.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/** Blocks between two looks at the progress. */
#define PROGRESS_BLOCKS 256

struct request {
    struct simulate_script script;
    const char *output;
    const char *truth; /* NULL: not wanted */
};

/** The two files, and the truth's table (NULL if it is not wanted). */
struct writing {
    struct output outputs[2];
    size_t output_count;
    struct table *table;
};

/* ---- what is asked for ---- */

/* The whole script, to be freed; NULL after command_error(). */
static char *read_script(size_t *len, const char *path)
{
    char message[GZREAD_MESSAGE_SIZE];
    struct gzread *input = gzread_open(message, path);
    char *text = NULL;

    if (input == NULL) {
        command_error("%s", message);
        return NULL;
    }
    text = mem_zeroed(1, SIMULATE_SCRIPT_SIZE_MAX + 1);
    *len = gzread_read(input, text, SIMULATE_SCRIPT_SIZE_MAX + 1);
    if (gzread_error(input) != NULL) {
        command_error("%s", gzread_error(input));
        free(text);
        text = NULL;
    }
    gzread_close(input);
    return text;
}

/* How long the chain shall be: the option has the last word. */
static bool read_blocks(struct simulate_script *script, const char *text)
{
    uint64_t blocks = script->blocks;

    if (text != NULL && !number_parse(&blocks, text, 1, SIMULATE_BLOCKS_MAX))
        command_error("--blocks=%s: expected a number from 1 to %u", text, SIMULATE_BLOCKS_MAX);
    else if (blocks == 0 && script->steady)
        command_error("'simulate' needs --blocks=N or --script=FILE");
    else if (blocks == 0)
        command_error("%s: there is no line 'blocks N': expected it, or --blocks=N", script->name);
    else
        script->blocks = (uint32_t)blocks;
    return blocks > 0 && script->blocks == blocks;
}

/* Options that a script can say too. */
static bool read_options(struct simulate_script *script, const struct command_call *call)
{
    const char *seed = command_value(call, "seed");
    const char *text = command_value(call, "growth");
    uint64_t growth = script->growth;

    if (text != NULL && !script->steady)
        command_error("--growth and --script do not go together: write 'growth %s%%/year' in it",
                      text);
    else if (text != NULL && !number_parse_milli(&growth, text, SIMULATE_GROWTH_MAX))
        command_error("--growth=%s: expected percent a year, from 0 to %u", text,
                      SIMULATE_GROWTH_MAX / SIMULATE_GROWTH_PERCENT);
    else if (seed != NULL && !number_parse(&script->seed, seed, 0, UINT64_MAX))
        command_error("--seed=%s: expected a number from 0 to %" PRIu64, seed, UINT64_MAX);
    else {
        script->growth = (uint32_t)growth;
        return read_blocks(script, command_value(call, "blocks"));
    }
    return false;
}

/* COMMAND_DONE, or another code after command_error(); the script is to be freed in any case. */
static int load_script(struct simulate_script *script, const struct command_call *call)
{
    const char *path = command_value(call, "script");
    struct simulate_script_error error;
    size_t len = 0;
    char *text = NULL;
    bool good = false;

    simulate_script_steady(script, 0, SIMULATE_SEED_DEFAULT, SIMULATE_GROWTH_DEFAULT);
    if (path != NULL) {
        text = read_script(&len, path);
        if (text == NULL)
            return COMMAND_FAILED;
        simulate_script_free(script);
        good = simulate_script_parse(script, &error, strcmp(path, "-") == 0 ? "script" : path, text,
                                     len);
        free(text);
        if (!good) {
            command_error("%s", error.text);
            return COMMAND_USAGE;
        }
    }
    if (!read_options(script, call))
        return COMMAND_USAGE;
    if (simulate_script_check(script, &error))
        return COMMAND_DONE;
    command_error("%s", error.text);
    return COMMAND_USAGE;
}

static bool is_stdout(const char *path)
{
    return path == NULL || strcmp(path, "-") == 0;
}

static int read_request(struct request *request, const struct command_call *call)
{
    *request = (struct request){.output = command_value(call, "output"),
                                .truth = command_value(call, "truth")};
    if (call->argument_count > 0)
        command_error("'simulate' takes no arguments: give the file as --output=FILE");
    else if (request->truth != NULL && is_stdout(request->truth) && is_stdout(request->output))
        command_error("headers and truth would both go to standard output: give --output=FILE, or "
                      "--output=/dev/null for the truth alone");
    else
        return load_script(&request->script, call);
    return COMMAND_USAGE;
}

/* ---- the files ---- */

static bool is_gzip(const char *path)
{
    size_t len = strlen(path);

    return len >= 3 && strcmp(path + len - 3, ".gz") == 0;
}

/* The folder that a path lies in. */
static bool stat_folder(struct stat *out, const char *path)
{
    const char *slash = strrchr(path, '/');
    char *folder = NULL;
    bool good = false;

    if (slash == NULL)
        return stat(".", out) == 0;
    folder = mem_text_of(path, slash == path ? 1 : (size_t)(slash - path));
    good = stat(folder, out) == 0;
    free(folder);
    return good;
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash != NULL ? slash + 1 : path;
}

/* Whether both become the same file, under whatever names of its folder. */
static bool same_place(const struct output *a, const struct output *b)
{
    struct stat first, second;

    return a->path[0] != '\0' && strcmp(base_name(a->path), base_name(b->path)) == 0 &&
           stat_folder(&first, a->path) && stat_folder(&second, b->path) &&
           first.st_dev == second.st_dev && first.st_ino == second.st_ino;
}

static void discard(struct writing *writing)
{
    table_free(writing->table);
    for (size_t i = 0; i < writing->output_count; i++)
        output_discard(&writing->outputs[i]);
}

static int open_outputs(struct writing *writing, const struct request *request)
{
    *writing = (struct writing){.output_count = 0};
    if (!output_open(&writing->outputs[0], request->output))
        return COMMAND_FAILED;
    writing->output_count = 1;
    if (writing->outputs[0].stream == stdout && isatty(STDOUT_FILENO) == 1) {
        command_error("headers are binary and not for a terminal: give --output=FILE");
        return COMMAND_USAGE;
    }
    if (request->truth == NULL)
        return COMMAND_DONE;
    if (!output_open(&writing->outputs[1], request->truth)) {
        discard(writing);
        return COMMAND_FAILED;
    }
    writing->output_count = 2;
    if (same_place(&writing->outputs[0], &writing->outputs[1])) {
        command_error("--output and --truth name the same file: %s", request->truth);
        discard(writing);
        return COMMAND_USAGE;
    }
    writing->table = table_new(writing->outputs[1].stream, TABLE_CSV, is_gzip(request->truth),
                               simulate_truth_columns());
    return COMMAND_DONE;
}

/* False, always. Of standard output that nobody reads any more nothing is said. */
static bool say_unwritten(const struct output *output, const char *path, int why)
{
    if (output->stream != stdout) {
        command_error("cannot write %s: %s", path, strerror(why));
        return false;
    }
    if (why != EPIPE)
        command_error("standard output: %s", strerror(why));
    clearerr(stdout); /* it has been said */
    return false;
}

/* False when a file cannot take it, which it then has said. */
static bool write_block(struct writing *writing, const struct request *request,
                        const struct simulate_block *block)
{
    if (fwrite(block->raw, HEADER_SIZE, 1, writing->outputs[0].stream) != 1)
        return say_unwritten(&writing->outputs[0], request->output, errno);
    if (writing->table == NULL)
        return true;
    simulate_truth_row(writing->table, block);
    if (!table_failed(writing->table))
        return true;
    return say_unwritten(&writing->outputs[1], request->truth, table_errno(writing->table));
}

/* Puts both files in their places, or none. */
static int commit(struct writing *writing, const struct request *request)
{
    if (writing->table != NULL && !table_finish(writing->table)) {
        (void)say_unwritten(&writing->outputs[1], request->truth, table_errno(writing->table));
        discard(writing);
        return COMMAND_FAILED;
    }
    table_free(writing->table);
    return output_commit_all(writing->outputs, writing->output_count) ? COMMAND_DONE
                                                                      : COMMAND_FAILED;
}

/* ---- mining ---- */

/* What can be changed, for the end of a message. */
static void say_why(const struct request *request, const struct simulate *simulate,
                    enum simulate_result result)
{
    const struct simulate_script *script = &request->script;
    uint32_t height = simulate_height(simulate) + 1;
    unsigned line = simulate_blame(simulate, result);
    const char *what = result == SIMULATE_TOO_FAST ? "too much hash rate to mine by ourselves"
                                                   : "too little hash rate to go on";

    if (result == SIMULATE_TOO_LATE)
        command_error("block %" PRIu32 " would lie beyond the time that a header can hold: ask for "
                      "fewer blocks",
                      height);
    else if (script->steady)
        command_error("at block %" PRIu32 " there is %s: lower --growth or --blocks", height, what);
    else if (line > 0)
        command_error("%s:%u: at block %" PRIu32 " there is %s, and this line does most of it: "
                      "expected a hash rate between 1/%d and %d times what the easiest difficulty "
                      "is for",
                      script->name, line, height, what, SIMULATE_RATE_MAX, SIMULATE_RATE_MAX);
    else
        command_error("%s: at block %" PRIu32 " there is %s", script->name, height, what);
}

static void say_future(const struct request *request, uint32_t height)
{
    if (request->script.steady)
        command_error("block %" PRIu32 " would lie in the future: lower --blocks", height);
    else
        command_error("%s: block %" PRIu32 " would lie in the future: expected fewer blocks, or "
                      "more hash rate for them",
                      request->script.name, height);
}

/* What the script's writer may not have meant. */
static void say_notes(const struct request *request, const struct simulate *simulate)
{
    const struct simulate_script *script = &request->script;
    const struct simulate_item *waiting = simulate_waiting(simulate);
    uint32_t below = simulate_below_limit(simulate);

    if (waiting != NULL)
        command_error("note: %s:%u: the chain ended before this could happen", script->name,
                      waiting->line);
    if (!script->steady && below > 0)
        command_error(
            "note: %s: %" PRIu32 " blocks were found by less hash rate than the easiest "
            "difficulty is for, and their intervals are long: 'start 4x' would leave room",
            script->name, below);
}

/* Writes all blocks. False after a word about it. */
static bool write_chain(struct writing *writing, const struct request *request, int64_t now)
{
    struct simulate *simulate = simulate_new(&request->script);
    struct simulate_block block = {.time = 0};
    struct progress progress;
    enum simulate_result result = SIMULATE_FOUND;
    bool future = false;
    bool good = true;

    progress_start(&progress, "mining", request->script.blocks);
    while (good && !future && (result = simulate_next(simulate, &block)) == SIMULATE_FOUND) {
        if (block.height % PROGRESS_BLOCKS == 0)
            progress_update(&progress, block.height);
        future = block.time > now;
        good = future || write_block(writing, request, &block);
    }
    progress_end(&progress);
    if (future)
        say_future(request, block.height);
    else if (result == SIMULATE_END)
        say_notes(request, simulate);
    else if (good)
        say_why(request, simulate, result);
    simulate_free(simulate);
    return result == SIMULATE_END;
}

static int describe(void)
{
    json_t *schema = table_schema(simulate_truth_columns());

    json_object_set_new(schema, "name", json_string(SIMULATE_TRUTH_NAME));
    json_object_set_new(schema, "description", json_string(SIMULATE_TRUTH_SUMMARY));
    json_dumpf(schema, stdout, JSON_INDENT(2));
    fputc('\n', stdout);
    json_decref(schema);
    return COMMAND_DONE;
}

static int simulate_into_files(const struct request *request)
{
    struct writing writing;
    int code = open_outputs(&writing, request);

    if (code != COMMAND_DONE)
        return code;
    if (!write_chain(&writing, request, (int64_t)time(NULL))) {
        discard(&writing);
        return COMMAND_FAILED;
    }
    return commit(&writing, request);
}

static int run(const struct command_call *call)
{
    struct request request;
    int code = COMMAND_DONE;

    if (command_flag(call, "describe"))
        return describe();
    code = read_request(&request, call);
    if (code == COMMAND_DONE)
        code = simulate_into_files(&request);
    simulate_script_free(&request.script);
    return code;
}

static const struct command_option options[] = {
    {"blocks", 0, true, "N", "blocks to mine on top of genesis"},
    {"seed", 0, true, "S", "which chain: same seed, same bytes (1)"},
    {"growth", 0, true, "PERCENT", "growth of the hash rate in a year (20)"},
    {"script", 0, true, "FILE", "what shall happen; - is standard input"},
    {"output", 'o', true, "FILE", "where to write; - is standard output"},
    {"truth", 0, true, "FILE", "the truth about each block, as CSV (packed if FILE ends in .gz)"},
    {"describe", 0, false, NULL, "print the data dictionary (Table Schema) and stop"},
    {NULL, 0, false, NULL, NULL},
};

const struct command cmd_simulate = {
    .name = "simulate",
    .synopsis = "simulate --blocks N [--seed S] [--growth PERCENT] [--script FILE] "
                "[--output FILE] [--truth FILE]",
    .summary = "mine a chain of tidenet, for tests and trials",
    .details =
        "Writes a chain of tidenet, our network with Bitcoin's rules and next to no work,\n"
        "as raw headers of 80 bytes: genesis and N more, with real proof of work. The\n"
        "hash rate grows steadily, intervals are as random as Bitcoin's, and difficulty\n"
        "follows every 2016 blocks. 'hashtide import --network tidenet FILE' takes it.\n"
        "\n"
        "A script says what else shall happen: growth, a random walk, steps, ramps, storms,\n"
        "departures, wrong clocks, time warps, stale blocks, reorganisations, delays; see\n"
        "hashtide-script(5). Losing branches are in the file where they would have arrived.\n"
        "The truth is a row a header: when it was really found, the true hash rate, what it\n"
        "is made of, and the events in progress.",
    .options = options,
    .settings_wanted = false,
    .run = run,
};
