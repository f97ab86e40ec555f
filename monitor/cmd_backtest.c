// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * cmd_backtest: the rules of alerts over the stored chain: what would have been said, and when. It
 * takes no lock and changes nothing, so it works beside a running monitor.
 */
#include "config.h"

#include "monitor/analysis.h"
#include "monitor/backtest.h"
#include "monitor/backtest_alerts.h"
#include "monitor/backtest_report.h"
#include "monitor/command.h"
#include "monitor/keyfile.h"
#include "monitor/labels.h"
#include "monitor/output.h"
#include "monitor/progress.h"
#include "monitor/replay.h"
#include "monitor/snapshot.h"
#include "monitor/store/datadir.h"
#include "monitor/store/observations.h"
#include "monitor/table.h"
#include "monitor/when.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/** How long after its start an event is to be found, unless said otherwise. */
#define WINDOW_MS ((int64_t)28 * 86400 * 1000)

static const struct backtest_dataset *const datasets[] = {&backtest_dataset_alerts,
                                                          &backtest_dataset_events};
#define DATASETS (sizeof datasets / sizeof datasets[0])

struct request {
    const struct backtest_dataset *dataset; /* NULL: text, or documents */
    bool json, gzip, describe;
    enum table_format format;
    struct when from, to;
    int64_t window_ms;
    const char *events; /* NULL: none */
    const char *output;
};

/** What is open while it runs. */
struct backtest {
    const struct request *request;
    struct headerfile *file;
    struct observations *observations; /* NULL: nothing was ever observed */
    struct replay_arrivals arrivals;
    struct engine_options options;
    struct document_monitor monitor;
    struct backtest_result result;
    struct output output;
    struct progress progress;
    uint32_t reached; /* height */
    int failure;      /* errno of the first write that failed */
};

/** Set by SIGINT and SIGTERM. */
static volatile sig_atomic_t stop_asked;

static void ask_stop(int signal_number)
{
    (void)signal_number;
    stop_asked = 1;
}

static void catch_signals(void)
{
    struct sigaction action = {.sa_handler = ask_stop};

    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

/* ---- what is asked for ---- */

static bool read_dataset(struct request *request, const struct command_call *call)
{
    if (call->argument_count > 1) {
        command_error("'backtest' takes one dataset: alerts or events");
        return false;
    }
    if (call->argument_count == 0)
        return true;
    for (size_t i = 0; i < DATASETS; i++)
        if (strcmp(datasets[i]->name, call->arguments[0]) == 0)
            request->dataset = datasets[i];
    if (request->dataset != NULL)
        return true;
    command_error("there is no dataset '%s' of backtests: there are alerts and events",
                  call->arguments[0]);
    return false;
}

static bool read_format(struct request *request, const char *text)
{
    size_t len = request->output != NULL ? strlen(request->output) : 0;

    if (request->dataset == NULL && (text != NULL || request->gzip || request->describe)) {
        command_error("--format, --gzip and --describe are for a dataset: 'hashtide backtest "
                      "alerts', or events");
        return false;
    }
    if (request->dataset != NULL && request->json) {
        command_error("--json prints messages, and no dataset: leave one of them out");
        return false;
    }
    if (request->dataset != NULL && len > 3 && strcmp(request->output + len - 3, ".gz") == 0)
        request->gzip = true;
    request->format = TABLE_CSV;
    if (text == NULL || strcmp(text, "csv") == 0)
        return true;
    request->format = TABLE_JSONL;
    if (strcmp(text, "jsonl") == 0)
        return true;
    command_error("--format=%s: expected csv or jsonl", text);
    return false;
}

static bool read_events_options(struct request *request, const char *window)
{
    request->window_ms = WINDOW_MS;
    if (request->events == NULL && window != NULL)
        command_error("--window is for --events=FILE");
    else if (request->events != NULL && request->json)
        command_error("--events is not for --json, which prints the messages alone");
    else if (request->events == NULL && !request->describe &&
             request->dataset == &backtest_dataset_events)
        command_error("the dataset events wants --events=FILE");
    else if (window != NULL &&
             (!rule_time_parse(&request->window_ms, window) || request->window_ms <= 0))
        command_error("--window=%s: expected a time such as 12h or 28d", window);
    else
        return true;
    return false;
}

static bool read_request(struct request *request, const struct command_call *call)
{
    const char *from = command_value(call, "from");
    const char *to = command_value(call, "to");

    *request = (struct request){
        .json = command_flag(call, "json"),
        .gzip = command_flag(call, "gzip"),
        .describe = command_flag(call, "describe"),
        .events = command_value(call, "events"),
        .output = command_value(call, "output"),
    };
    return read_dataset(request, call) && read_format(request, command_value(call, "format")) &&
           read_events_options(request, command_value(call, "window")) &&
           when_parse(&request->from, "from", from) && when_parse(&request->to, "to", to) &&
           when_in_order("from", from, &request->from, "to", to, &request->to);
}

/* ---- the store ---- */

static bool open_observations(struct backtest *backtest, const struct settings *settings)
{
    char path[DATADIR_PATH_SIZE];
    char message[DATADIR_MESSAGE_SIZE];
    bool missing = false;

    if (!datadir_file(path, settings->datadir, settings->params, DATADIR_OBSERVATIONS))
        return false;
    backtest->observations = observations_open(path, true, &missing, message, sizeof message);
    if (backtest->observations == NULL && !missing) {
        command_error("%s", message);
        return false;
    }
    if (replay_arrivals_load(&backtest->arrivals, backtest->observations,
                             headerfile_tree(backtest->file)))
        return true;
    command_error("%s", observations_error(backtest->observations));
    return false;
}

/* The options of the engine as `run` has them, and who speaks: ids are made with its key. */
static void read_settings(struct backtest *backtest, const struct settings *settings)
{
    char message[ANALYSIS_MESSAGE_SIZE];
    char refused[KEYFILE_MESSAGE_SIZE];
    struct signer *signer = NULL;
    enum keyfile_status status = keyfile_load_own(&signer, refused, settings);

    backtest->options = analysis_options(settings, message);
    if (message[0] != '\0')
        command_error("note: %s", message);
    if (status == KEYFILE_REFUSED)
        command_error("note: %s; ids are made without a key", refused);
    backtest->monitor = (struct document_monitor){
        .name = "",
        .backtest = true,
        .network = settings->params->name,
        .software = "hashtide " PACKAGE_VERSION,
    };
    if (signer != NULL) {
        backtest->monitor.has_key = true;
        memcpy(backtest->monitor.public_key, signer_key(signer)->bytes, IDENTITY_KEY_SIZE);
    }
    signer_free(signer);
}

/* False after command_error(): the store has no such blocks. */
static bool set_range(struct backtest *backtest, const struct command_call *call)
{
    const struct request *request = backtest->request;
    const struct tree *tree = headerfile_tree(backtest->file);
    uint32_t base = tree_base_height(tree);
    uint32_t tip = tree_get(tree, tree_best(tree)).height;
    uint32_t from = request->from.given ? request->from.height : base;
    uint32_t to = request->to.given ? request->to.height : tip;
    bool some = true;

    if (request->from.is_time)
        from = when_first_at(tree, request->from.time);
    if (request->to.is_time)
        some = when_last_before(&to, tree, request->to.time + request->to.length);
    if (request->from.given && !request->from.is_time && from < base)
        command_error("note: the store begins at height %" PRIu32, base);
    backtest->result.from = from > base ? from : base;
    backtest->result.to = to < tip ? to : tip;
    if (some && backtest->result.from <= backtest->result.to)
        return true;
    command_error("the store has no blocks from %s to %s: it holds %" PRIu32 " to %" PRIu32,
                  request->from.given ? command_value(call, "from") : "its first",
                  request->to.given ? command_value(call, "to") : "its last", base, tip);
    return false;
}

/* ---- going through it ---- */

static void print_document(struct backtest *backtest, const struct document *document)
{
    size_t len = 0;
    char *bytes = document_bytes(&len, document);

    if (bytes == NULL) {
        backtest->failure = ENOMEM;
        return;
    }
    (void)fwrite(bytes, 1, len, backtest->output.stream);
    (void)fputc('\n', backtest->output.stream);
    free(bytes);
}

static void note_message(void *context, const struct rule *rule,
                         const struct alert_transition *transition, const struct metrics *metrics)
{
    struct backtest *backtest = context;
    struct document document = {
        .monitor = &backtest->monitor, .metrics = metrics, .rule = rule, .transition = transition};
    FILE *out = backtest->output.stream;

    if (backtest->failure != 0)
        return;
    errno = 0;
    if (backtest->request->json) {
        print_document(backtest, &document);
    } else {
        const struct backtest_alert *alert =
            backtest_alerts_note(&backtest->result.alerts, &document);

        if (backtest->request->dataset == NULL) {
            if (out == stdout)
                progress_end(&backtest->progress);
            backtest_print_message(out, alert, &document);
        }
    }
    if (backtest->failure == 0 && ferror(out))
        backtest->failure = errno != 0 ? errno : EIO;
}

static bool keep_pace(void *context, uint32_t height)
{
    struct backtest *backtest = context;

    backtest->reached = height;
    progress_update(&backtest->progress, height - backtest->result.from);
    return stop_asked == 0 && backtest->failure == 0;
}

/* False after a word about it. */
static bool go_through(struct backtest *backtest, const struct settings *settings)
{
    struct backtest_result *result = &backtest->result;
    struct backtest_setup setup = {
        .file = backtest->file,
        .arrivals = &backtest->arrivals,
        .options = &backtest->options,
        .rules = &settings->rules,
        .from = result->from,
        .to = result->to,
    };
    enum backtest_status status = BACKTEST_DONE;

    for (size_t i = 0; i < backtest->arrivals.count; i++)
        result->arrivals += backtest->arrivals.items[i].height >= result->from &&
                            backtest->arrivals.items[i].height <= result->to;
    progress_start(&backtest->progress, "looking back", (uint64_t)result->to - result->from + 1);
    status = backtest_run(&result->span, &setup, note_message, keep_pace, backtest);
    progress_end(&backtest->progress);
    if (status == BACKTEST_NO_MEMORY || backtest->failure == ENOMEM)
        command_error("out of memory");
    else if (status == BACKTEST_UNREADABLE)
        command_error("a header cannot be read from the store: 'hashtide export headers' says why");
    else if (backtest->failure != 0 && backtest->output.stream != stdout)
        command_error("cannot write %s: %s", backtest->request->output,
                      strerror(backtest->failure));
    else if (backtest->failure == EPIPE)
        clearerr(stdout); /* whoever read has seen enough */
    else if (status == BACKTEST_STOPPED && backtest->failure == 0)
        command_error("stopped at block %" PRIu32, backtest->reached);
    return status == BACKTEST_DONE && backtest->failure == 0;
}

/* ---- what comes out ---- */

static bool write_table(struct backtest *backtest)
{
    const struct request *request = backtest->request;
    FILE *out = backtest->output.stream;
    struct table *table = table_new(out, request->format, request->gzip, request->dataset->columns);
    bool good = false;
    int failure = 0;

    request->dataset->write(table, &backtest->result);
    good = table_finish(table);
    failure = table_errno(table);
    table_free(table);
    if (!good && out != stdout)
        command_error("cannot write %s: %s", request->output, strerror(failure));
    else if (!good && failure == EPIPE)
        clearerr(stdout);
    return good;
}

static int run_over(struct backtest *backtest, const struct settings *settings)
{
    const struct request *request = backtest->request;
    bool good = false;

    if (!output_open(&backtest->output, request->output))
        return COMMAND_FAILED;
    if (request->gzip && backtest->output.stream == stdout && isatty(STDOUT_FILENO) == 1) {
        command_error("this is binary and not for a terminal: give --output=FILE");
        return COMMAND_USAGE;
    }
    catch_signals();
    good = go_through(backtest, settings);
    if (good && request->events != NULL)
        backtest_match(&backtest->result, request->window_ms);
    if (good && request->dataset != NULL)
        good = write_table(backtest);
    else if (good && !request->json)
        backtest_print_summary(backtest->output.stream, &backtest->result);
    if (good)
        return output_commit(&backtest->output) ? COMMAND_DONE : COMMAND_FAILED;
    output_discard(&backtest->output);
    return COMMAND_FAILED;
}

static int describe(const struct request *request)
{
    json_t *schema = table_schema(request->dataset->columns);
    struct output output;

    if (!output_open(&output, request->output)) {
        json_decref(schema);
        return COMMAND_FAILED;
    }
    json_object_set_new(schema, "name", json_string(request->dataset->name));
    json_object_set_new(schema, "description", json_string(request->dataset->summary));
    json_dumpf(schema, output.stream, JSON_INDENT(2));
    fputc('\n', output.stream);
    json_decref(schema);
    return output_commit(&output) ? COMMAND_DONE : COMMAND_FAILED;
}

/* False after command_error(). */
static bool read_events(struct backtest_result *result, const struct request *request)
{
    char error[LABELS_ERROR_SIZE];

    if (request->events == NULL)
        return true;
    result->labelled = labels_read(&result->labels, error, request->events);
    if (!result->labelled)
        command_error("%s", error);
    return result->labelled;
}

static int run(const struct command_call *call)
{
    struct request request;
    struct backtest backtest = {.request = &request};
    int code = COMMAND_FAILED;

    if (!read_request(&request, call))
        return COMMAND_USAGE;
    if (request.describe)
        return describe(&request);
    backtest_alerts_begin(&backtest.result.alerts, &call->settings->rules);
    if (read_events(&backtest.result, &request) &&
        (backtest.file = snapshot_open_needed(call->settings)) != NULL &&
        open_observations(&backtest, call->settings) && set_range(&backtest, call)) {
        read_settings(&backtest, call->settings);
        code = run_over(&backtest, call->settings);
    }
    backtest_result_free(&backtest.result);
    replay_arrivals_free(&backtest.arrivals);
    observations_close(backtest.observations);
    headerfile_close(backtest.file);
    return code;
}

static const struct command_option options[] = {
    {"from", 0, true, "WHEN", "first height, date or time (UTC)"},
    {"to", 0, true, "WHEN", "last height, date or time; a date includes its whole day"},
    {"json", 0, false, NULL, "print the messages as they would have been sent, one a line"},
    {"events", 0, true, "FILE", "compare with labelled events (CSV); - is standard input"},
    {"window", 0, true, "TIME", "how long after its start an event counts as found (28d)"},
    {"format", 0, true, "FORMAT", "of a dataset: csv (default) or jsonl"},
    {"gzip", 0, false, NULL, "pack; also if the output's name ends in .gz"},
    {"describe", 0, false, NULL, "print the data dictionary (Table Schema) and stop"},
    {"output", 'o', true, "FILE", "where to write; - is standard output"},
    {NULL, 0, false, NULL, NULL},
};

const struct command cmd_backtest = {
    .name = "backtest",
    .synopsis = "backtest [--from WHEN] [--to WHEN] [--events FILE] [--json] [DATASET]",
    .summary = "run the rules of alerts over the stored chain",
    .details =
        "Runs the rules in force, built in and configured, over the best chain of the store,\n"
        "through the same code as the monitor, and prints what would have been said and when,\n"
        "then sums. Time is virtual: a block comes at its arrival where that was observed, else\n"
        "at its stamp, never before the block that came last; between blocks the clock ticks each\n"
        "minute. Blocks before --from are known, but the rules begin there, as those of a monitor\n"
        "that is synced then: what stood already is raised at once.\n"
        "\n"
        "Reorganisations do not happen in a stored chain, and of the monitor's health nothing is\n"
        "known: rules on them say nothing.\n"
        "\n"
        "--events reads dates of events known from elsewhere (columns start, end, name and\n"
        "depth_percent), and tells for each the first alert on the hash rate and its delay, which\n"
        "were missed, and which alerts no event explains.\n"
        "\n"
        "Datasets:\n"
        "  alerts  one row an alert, from raised to cleared\n"
        "  events  one row an event, with the first alert\n"
        "\n"
        "The same command on the same store gives the same bytes.",
    .options = options,
    .settings_wanted = true,
    .run = run,
};
