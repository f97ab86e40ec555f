// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * cmd_export: a dataset from a read-only snapshot of the store, or of what is built in and the
 * settings' tables. It takes no lock and repairs nothing, so it works beside a running monitor.
 */
#include "config.h"

#include "chain/epochs.h"
#include "monitor/analysis.h"
#include "monitor/command.h"
#include "monitor/export.h"
#include "monitor/filesign.h"
#include "monitor/keyfile.h"
#include "monitor/number.h"
#include "monitor/output.h"
#include "monitor/snapshot.h"
#include "monitor/store/datadir.h"
#include "monitor/table.h"
#include "monitor/text.h"
#include "monitor/when.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const struct export_dataset *const datasets[] = {
    &export_headers,    &export_blocks,   &export_intervals, &export_hashrate,    &export_epochs,
    &export_volatility, &export_changes,  &export_forecasts, &export_fingerprint, &export_forks,
    &export_reorgs,     &export_alarms,   &export_hashprice, &export_incentive,   &export_market,
    &export_departure,  &export_ai_sites,
};
#define DATASETS (sizeof(datasets) / sizeof(datasets[0]))
/** Room for all their names. */
#define NAMES_SIZE 256

struct request {
    const struct export_dataset *dataset;
    struct when from, to;
    enum table_format format;
    bool gzip;
    bool describe;
    bool sign;
    struct export_step step;
    const char *output;
};

/* ---- what is asked for ---- */

/* "headers, blocks, ..." */
static void list_datasets(char out[NAMES_SIZE])
{
    size_t len = 0;

    for (size_t i = 0; i < DATASETS && len < NAMES_SIZE; i++)
        len += (size_t)snprintf(out + len, NAMES_SIZE - len, "%s%s", i > 0 ? ", " : "",
                                datasets[i]->name);
}

static const struct export_dataset *find_dataset(const char *name)
{
    char all[NAMES_SIZE];
    const char *names[DATASETS];
    const char *near;

    for (size_t i = 0; i < DATASETS; i++) {
        if (strcmp(datasets[i]->name, name) == 0)
            return datasets[i];
        names[i] = datasets[i]->name;
    }
    near = text_nearest(name, names, DATASETS);
    list_datasets(all);
    if (near != NULL)
        command_error("there is no dataset '%s': did you mean '%s'?", name, near);
    else
        command_error("there is no dataset '%s': there are %s", name, all);
    return NULL;
}

static bool parse_format(struct request *request, const char *text)
{
    if (text == NULL || strcmp(text, "csv") == 0)
        request->format = TABLE_CSV;
    else if (strcmp(text, "jsonl") == 0)
        request->format = TABLE_JSONL;
    else if (strcmp(text, "raw") == 0)
        request->format = TABLE_RAW;
    else {
        command_error("--format=%s: expected csv, jsonl or raw", text);
        return false;
    }
    if (request->format == TABLE_RAW && !request->dataset->raw) {
        command_error("--format=raw is for headers only");
        return false;
    }
    return true;
}

static bool parse_step(struct request *request, const char *text)
{
    uint64_t blocks = 1;

    request->step = (struct export_step){.day = true, .blocks = 1};
    if (text == NULL)
        return true;
    if (!request->dataset->steps) {
        command_error("--step is for hashrate only");
        return false;
    }
    request->step.day = strcmp(text, "day") == 0;
    if (!request->step.day && strcmp(text, "block") != 0 &&
        !number_parse(&blocks, text, 1, UINT32_MAX)) {
        command_error("--step=%s: expected day, block, or a number of blocks", text);
        return false;
    }
    request->step.blocks = (uint32_t)blocks;
    return true;
}

static bool ends_with(const char *text, const char *ending)
{
    size_t len = strlen(text);

    return len >= strlen(ending) && strcmp(text + len - strlen(ending), ending) == 0;
}

/* A signature stands beside the file. */
static bool may_be_signed(const struct request *request)
{
    if (!request->sign)
        return true;
    if (request->output == NULL || strcmp(request->output, "-") == 0) {
        command_error("--sign wants --output=FILE: the signature goes beside it, into FILE%s",
                      FILESIGN_ENDING);
        return false;
    }
    if (request->describe) {
        command_error("--sign is for data, and not for --describe");
        return false;
    }
    return true;
}

static bool may_have_range(const struct export_dataset *dataset, const struct command_call *call)
{
    if (!dataset->whole ||
        (command_value(call, "from") == NULL && command_value(call, "to") == NULL))
        return true;
    command_error("the rows of '%s' are of no block: --from and --to choose none of them",
                  dataset->name);
    return false;
}

static bool read_request(struct request *request, const struct command_call *call)
{
    *request = (struct request){.output = command_value(call, "output"),
                                .describe = command_flag(call, "describe"),
                                .gzip = command_flag(call, "gzip"),
                                .sign = command_flag(call, "sign")};
    if (call->argument_count != 1) {
        char all[NAMES_SIZE];

        list_datasets(all);
        command_error("'export' takes one dataset: %s", all);
        return false;
    }
    request->dataset = find_dataset(call->arguments[0]);
    if (request->output != NULL && ends_with(request->output, ".gz"))
        request->gzip = true;
    return request->dataset != NULL && may_have_range(request->dataset, call) &&
           may_be_signed(request) && parse_format(request, command_value(call, "format")) &&
           parse_step(request, command_value(call, "step")) &&
           when_parse(&request->from, "from", command_value(call, "from")) &&
           when_parse(&request->to, "to", command_value(call, "to")) &&
           when_in_order("from", command_value(call, "from"), &request->from, "to",
                         command_value(call, "to"), &request->to);
}

/* ---- the range ---- */

/* What the store has of the chain, in heights and header times. */
struct extent {
    uint32_t base, tip;
    int64_t begins, ends;
};

static struct extent extent_of(const struct tree *tree)
{
    struct tree_node tip = tree_get(tree, tree_best(tree));

    return (struct extent){.base = tree_base_height(tree),
                           .tip = tip.height,
                           .begins = tree_get(tree, 0).time,
                           .ends = tip.time};
}

/* Height of the built-in table's last epoch that had begun before time; false if none had. */
static bool table_before(uint32_t *height, int64_t time)
{
    size_t i = 0;

    while (i < epochs_count() && epochs_get(i).time < time)
        i++;
    if (i == 0)
        return false;
    *height = (uint32_t)(i - 1) * PARAMS_RETARGET_BLOCKS;
    return true;
}

/* Whether of a time the built-in table knows more than the store: which epoch it lies in. */
static bool table_knows(const struct export *export, const struct request *request, int64_t time)
{
    enum export_store store = request->dataset->store;
    struct extent extent;

    if (export->tree == NULL)
        return true;
    if ((store != EXPORT_STORE_EPOCHS && store != EXPORT_STORE_MAIN) ||
        export->params->network != NETWORK_MAIN)
        return false;
    extent = extent_of(export->tree);
    return time <= extent.begins ||
           (time > extent.ends && extent.tip / PARAMS_RETARGET_BLOCKS + 1 < epochs_count());
}

/* The bounds as heights, of which the store may have none. */
static void set_wanted(struct export *export, const struct request *request)
{
    int64_t end = request->to.time + request->to.length;
    bool some = true;

    export->from_wanted = request->from.height;
    export->to_wanted = request->to.given ? request->to.height : UINT32_MAX - 1;
    if (request->from.is_time && table_knows(export, request, request->from.time + 1))
        (void)table_before(&export->from_wanted, request->from.time + 1); /* else genesis */
    else if (request->from.is_time)
        export->from_wanted = when_first_at(export->tree, request->from.time);
    if (request->to.is_time && table_knows(export, request, end))
        some = table_before(&export->to_wanted, end);
    else if (request->to.is_time)
        some = when_last_before(&export->to_wanted, export->tree, end);
    if (!some) {
        export->from_wanted = 1;
        export->to_wanted = 0;
    }
}

static void set_range(struct export *export, const struct request *request)
{
    struct extent extent;

    set_wanted(export, request);
    export->empty = true;
    if (export->tree == NULL)
        return;
    extent = extent_of(export->tree);
    export->from = export->from_wanted > extent.base ? export->from_wanted : extent.base;
    export->to = export->to_wanted < extent.tip ? export->to_wanted : extent.tip;
    export->empty = export->from > export->to;
    if (request->dataset->store == EXPORT_STORE_NEEDED && request->from.given &&
        !request->from.is_time && export->from_wanted < extent.base)
        command_error("note: the store begins at height %" PRIu32, extent.base);
}

/* ---- doing it ---- */

static bool open_observations(struct export *export, const struct settings *settings)
{
    char path[DATADIR_PATH_SIZE];
    char message[DATADIR_MESSAGE_SIZE];
    bool missing = false;

    if (!datadir_file(path, settings->datadir, settings->params, DATADIR_OBSERVATIONS))
        return false;
    export->observations = observations_open(path, true, &missing, message, sizeof(message));
    if (export->observations == NULL && !missing) {
        command_error("%s", message);
        return false;
    }
    return true;
}

/* What datasets that need no store are made from instead is said. */
static bool open_if_any(struct export *export, const struct settings *settings,
                        enum export_store store)
{
    bool main = settings->params->network == NETWORK_MAIN;

    if (store == EXPORT_STORE_UNUSED || (store == EXPORT_STORE_MAIN && !main))
        return true;
    if (!snapshot_open_if_any(&export->file, settings))
        return false;
    if (export->file == NULL && main)
        command_error("note: there is no store: epochs are those of the built-in table");
    return true;
}

static bool open_store(struct export *export, const struct settings *settings,
                       enum export_store store)
{
    char note[ANALYSIS_MESSAGE_SIZE];

    export->params = settings->params;
    export->settings = settings;
    if (store != EXPORT_STORE_NEEDED) {
        if (!open_if_any(export, settings, store))
            return false;
    } else {
        export->options = analysis_options(settings, note);
        if (note[0] != '\0')
            command_error("note: %s", note);
        export->file = snapshot_open_needed(settings);
        if (export->file == NULL || !open_observations(export, settings))
            return false;
    }
    export->tree = export->file != NULL ? headerfile_tree(export->file) : NULL;
    return true;
}

/* False after a word about it. */
static bool write_table(struct export *export, const struct request *request, FILE *out)
{
    struct table *table = table_new(out, request->format, request->gzip, request->dataset->columns);
    bool good = request->dataset->write(export, table, request->format) && table_finish(table);
    int failure = table_errno(table);

    table_free(table);
    if (!good && failure == 0)
        command_error("%s", export->error);
    else if (!good && out != stdout)
        command_error("cannot write %s: %s", request->output, strerror(failure));
    else if (!good) {
        if (failure != EPIPE) /* else whoever read has seen enough */
            command_error("standard output: %s", strerror(failure));
        clearerr(stdout); /* it has been said */
    }
    return good;
}

static int describe(const struct request *request)
{
    json_t *schema = table_schema(request->dataset->columns);
    struct output output;

    if (!output_open(&output, request->output))
        return COMMAND_FAILED;
    json_object_set_new(schema, "name", json_string(request->dataset->name));
    json_object_set_new(schema, "description", json_string(request->dataset->summary));
    json_dumpf(schema, output.stream, JSON_INDENT(2));
    fputc('\n', output.stream);
    json_decref(schema);
    return output_commit(&output) ? COMMAND_DONE : COMMAND_FAILED;
}

static bool binary_to_terminal(const struct request *request, const struct output *output)
{
    if ((request->format != TABLE_RAW && !request->gzip) || output->stream != stdout ||
        isatty(STDOUT_FILENO) != 1)
        return false;
    command_error("this is binary and not for a terminal: give --output=FILE");
    return true;
}

/* NULL after command_error(). */
static struct signer *load_key(const struct settings *settings)
{
    char message[KEYFILE_MESSAGE_SIZE];
    struct signer *signer = NULL;

    if (keyfile_load_own(&signer, message, settings) != KEYFILE_OK)
        command_error("%s", message);
    return signer;
}

/* An output without a signature must not leave an older one beside it, which would be wrong of it.
 * False after command_error(). */
static bool no_stale_signature(const char *path)
{
    char name[OUTPUT_PATH_SIZE];

    if (path == NULL || strcmp(path, "-") == 0 || !filesign_path(name, path) ||
        access(name, F_OK) != 0)
        return true;
    command_error("%s is the signature of an older %s: give --sign, or remove it first", name,
                  path);
    return false;
}

/* signer: NULL where the output is not to be signed. */
static int export_to_output(struct export *export, const struct request *request,
                            const struct signer *signer)
{
    struct output output;
    bool good = false;

    set_range(export, request);
    export->step = request->step;
    if ((signer == NULL && !no_stale_signature(request->output)) ||
        !output_open(&output, request->output))
        return COMMAND_FAILED;
    if (binary_to_terminal(request, &output))
        return COMMAND_USAGE;
    if (!write_table(export, request, output.stream)) {
        output_discard(&output);
        return COMMAND_FAILED;
    }
    good =
        signer != NULL ? filesign_commit(&output, request->output, signer) : output_commit(&output);
    return good ? COMMAND_DONE : COMMAND_FAILED;
}

static int run(const struct command_call *call)
{
    struct export export = {.file = NULL};
    struct request request;
    struct signer *signer = NULL;
    int code = COMMAND_FAILED;

    if (!read_request(&request, call))
        return COMMAND_USAGE;
    if (request.describe)
        return describe(&request);
    if (request.sign && (signer = load_key(call->settings)) == NULL)
        return COMMAND_FAILED;
    if (open_store(&export, call->settings, request.dataset->store))
        code = export_to_output(&export, &request, signer);
    signer_free(signer);
    observations_close(export.observations);
    headerfile_close(export.file);
    return code;
}

static const struct command_option options[] = {
    {"from", 0, true, "WHEN", "first height, date or time (UTC)"},
    {"to", 0, true, "WHEN", "last height, date or time; a date includes its whole day"},
    {"step", 0, true, "STEP", "hashrate: day (default), block, or every so many blocks"},
    {"format", 0, true, "FORMAT", "csv (default), jsonl, or raw (80-byte headers)"},
    {"gzip", 0, false, NULL, "pack; also if the output's name ends in .gz"},
    {"describe", 0, false, NULL, "print the data dictionary (Table Schema) and stop"},
    {"output", 'o', true, "FILE", "where to write; - is standard output"},
    {"sign", 0, false, NULL, "sign the file, into FILE.sig, with the key of 'hashtide keygen'"},
    {NULL, 0, false, NULL, NULL},
};

const struct command cmd_export = {
    .name = "export",
    .synopsis = "export [--from WHEN] [--to WHEN] [--format FORMAT] [-o FILE [--sign]] DATASET",
    .summary = "write a dataset as CSV or JSON lines",
    .details =
        "Datasets:\n"
        "  headers      every field of the best chain's headers\n"
        "  blocks       the best chain block by block: times, work, first announcement\n"
        "  intervals    time before each block, beside what was to be expected\n"
        "  hashrate     by the day or the block: windows, as known then, as known now\n"
        "  epochs       one row for each 2016 blocks: difficulty, time, hash rate\n"
        "  volatility   by the epoch: how restless the hash rate was, net of luck\n"
        "  changes      falls and rises beyond luck: when, how large, how sure\n"
        "  forecasts    of each retarget, beside others' rules and what came\n"
        "  fingerprint  marks of the mix of machines in nonces and version bits\n"
        "  forks        branches that lost, each with its headers\n"
        "  reorgs       changes of the best chain as the monitor saw them\n"
        "  alarms       falls and rises as the monitor told of them, and when\n"
        "  hashprice    by the epoch: what hash rate earns, and the fleet under water\n"
        "  incentive    by the epoch: a megawatt with mining, a lease for AI, GPUs\n"
        "  market       what sources of the price have answered\n"
        "  departure    by the epoch: hash rate that left for AI, given the ledger\n"
        "  ai_sites     by the site: what it took off the network, and when\n"
        "\n"
        "Without a store there are epochs, hashprice, incentive, market, departure and ai_sites,\n"
        "from what is built in.\n"
        "Estimates rest on all blocks of the store before them, wherever --from lies.\n"
        "CSV as RFC 4180 has it: a header line, lines that end in CR LF, times in ISO 8601\n"
        "(UTC), nothing for what is not known. --describe explains the columns. The same\n"
        "command on the same store gives the same bytes. A running monitor is not disturbed.",
    .options = options,
    .settings_wanted = true,
    .run = run,
};
