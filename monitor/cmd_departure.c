// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * cmd_departure: how much hash rate has left for AI, what a change was made of, and how much of
 * that anybody can know.
 */
#include "config.h"

#include "monitor/command.h"
#include "monitor/departure_inputs.h"
#include "monitor/departure_print.h"
#include "monitor/evidence.h"
#include "monitor/mem.h"
#include "monitor/number.h"
#include "monitor/prior.h"
#include "monitor/snapshot.h"
#include "monitor/when.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** Digits of numbers in JSON: parts of a change still add up to 1e-9. */
#define DIGITS 13

struct request {
    struct when from, to;
    const char *from_text, *to_text;
    int32_t known_on;
    const char *known_on_text;
    double since;
    enum departure_choice events;
    bool json, placebo, tornado, force, peak, companies;
    const char **sets; /* owned list of what was given */
    size_t set_count;
    struct site_options options;
};

struct departure_run {
    struct request *request;
    struct headerfile *file; /* NULL: there is no store */
    struct departure_inputs inputs;
    struct evidence_companies companies;
    struct companies_weighing weighing;
    double *weights; /* by the companies' reports, or NULL */
    char why[COMPANIES_RULE_SIZE + 32];
    struct departure_question question;
    struct departure_story story;
    struct departure_report report;
    struct site_swing swings[SITE_PRIORS];
    struct departure_placebo placebo;
};

/* ---- what is asked for ---- */

static bool read_events(struct request *request, const char *text)
{
    request->events = DEPARTURE_EVENTS_ALL;
    if (text == NULL || strcmp(text, "all") == 0)
        return true;
    request->events = DEPARTURE_EVENTS_NONE;
    if (strcmp(text, "none") == 0)
        return true;
    request->events = DEPARTURE_EVENTS_EXOGENOUS;
    if (strcmp(text, "exogenous") == 0)
        return true;
    command_error("--events=%s: expected all, exogenous or none", text);
    return false;
}

/* The table of companies has no past states, as the ledger has. */
static bool read_evidence(struct request *request, const struct command_call *call)
{
    const char *text = command_value(call, "evidence");

    request->companies = text != NULL && strcmp(text, "companies") == 0;
    if (text != NULL && !request->companies && strcmp(text, "none") != 0)
        command_error("--evidence=%s: expected companies or none", text);
    else if (request->companies && request->known_on_text != NULL)
        command_error("--evidence=companies and --as-of: what companies reported is known as of "
                      "now only");
    else
        return true;
    return false;
}

/* Those of the configuration hold where the command line says nothing. */
static bool read_sets(struct request *request, const struct command_call *call)
{
    const struct settings *settings = call->settings;
    char message[PRIOR_MESSAGE_SIZE];

    request->options.priors = settings->priors;
    request->sets =
        mem_zeroed(call->value_count + settings->prior_texts.count + 1, sizeof *request->sets);
    for (size_t i = 0; i < settings->prior_texts.count; i++)
        request->sets[request->set_count++] = settings->prior_texts.items[i];
    for (size_t i = 0; i < call->value_count; i++) {
        if (strcmp(call->values[i].name, "set") != 0)
            continue;
        if (!prior_set(&request->options.priors, message, call->values[i].value)) {
            command_error("--set=%s: %s", call->values[i].value, message);
            return false;
        }
        request->sets[request->set_count++] = call->values[i].value;
    }
    return true;
}

static bool read_number(uint64_t *out, const struct command_call *call, const char *name,
                        uint64_t least, uint64_t most)
{
    const char *text = command_value(call, name);

    if (text == NULL || number_parse(out, text, least, most))
        return true;
    command_error("--%s=%s: expected a whole number from %" PRIu64 " to %" PRIu64, name, text,
                  least, most);
    return false;
}

static bool read_dates(struct request *request, const struct command_call *call)
{
    const char *known_on = command_value(call, "as-of");
    const char *since = command_value(call, "since");
    struct when when;

    request->from_text = command_value(call, "from");
    request->to_text = command_value(call, "to");
    request->peak = request->from_text != NULL && strcmp(request->from_text, "peak") == 0;
    request->known_on = LEDGER_LATEST;
    request->known_on_text = known_on;
    request->since = DEPARTURE_INPUTS_SINCE;
    if ((!request->peak && !when_parse(&request->from, "from", request->from_text)) ||
        !when_parse(&request->to, "to", request->to_text))
        return false;
    if (known_on != NULL) {
        if (!ledgerfile_day(&request->known_on, "as-of", known_on))
            return false;
    }
    if (since != NULL) {
        if (!when_parse_time(&when, since)) {
            command_error("--since=%s: expected a date, YYYY-MM-DD", since);
            return false;
        }
        request->since = departure_series_year(when.time);
    }
    return true;
}

static bool read_request(struct request *request, const struct command_call *call)
{
    uint64_t draws = SITE_DRAWS;

    *request = (struct request){.json = command_flag(call, "json"),
                                .placebo = command_flag(call, "placebo"),
                                .tornado = command_flag(call, "tornado"),
                                .force = command_flag(call, "force")};
    if (call->argument_count != 0) {
        command_error("'departure' takes no arguments, but there is '%s'", call->arguments[0]);
        return false;
    }
    site_options_init(&request->options);
    if (!read_events(request, command_value(call, "events")) || !read_dates(request, call) ||
        !read_evidence(request, call) ||
        !read_number(&draws, call, "draws", 100, SITE_DRAWS_MOST) ||
        !read_number(&request->options.seed, call, "seed", 0, INT64_MAX) ||
        !read_sets(request, call))
        return false;
    request->options.draws = (size_t)draws;
    return true;
}

/* ---- which epochs ---- */

static bool find_epoch(size_t *out, const struct departure_run *run, const struct when *when,
                       const char *name, const char *text)
{
    const struct departure_series *series = &run->inputs.series;
    size_t at = 0;

    for (at = 0; at < series->count; at++) {
        bool before = when->is_time ? when->time < series->begins[at + 1]
                                    : when->height < series->heights[at] + PARAMS_RETARGET_BLOCKS;

        if (before)
            break;
    }
    *out = at;
    if (at < series->count &&
        (when->is_time ? when->time >= series->begins[0] : when->height >= series->heights[0]))
        return true;
    command_error("--%s=%s lies in no complete epoch that the model looks at", name, text);
    return false;
}

static size_t peak_epoch(const struct departure_series *series, size_t before)
{
    size_t best = 0;

    for (size_t i = 0; i < before; i++) {
        if (series->epochs[i].log_rate > series->epochs[best].log_rate)
            best = i;
    }
    return best;
}

static bool choose_epochs(struct departure_run *run)
{
    const struct request *request = run->request;
    const struct departure_series *series = &run->inputs.series;
    struct departure_question *question = &run->question;

    if (request->to.given && !find_epoch(&question->to, run, &request->to, "to", request->to_text))
        return false;
    if (request->peak)
        question->from = peak_epoch(series, question->to);
    else if (!request->from.given)
        question->from = departure_inputs_year_before(&run->inputs, question->to);
    else if (!find_epoch(&question->from, run, &request->from, "from", request->from_text))
        return false;
    run->story.year_on_year = !request->from.given && !request->peak;
    run->story.peak = request->peak;
    run->story.from_s = series->begins[question->from + 1];
    run->story.from_height = series->heights[question->from] + PARAMS_RETARGET_BLOCKS - 1;
    run->story.to_s = series->begins[question->to + 1];
    run->story.to_height = series->heights[question->to] + PARAMS_RETARGET_BLOCKS - 1;
    return true;
}

/* ---- what goes in ---- */

/* A store is welcome, and not needed. */
static bool open_store(struct departure_run *run, const struct settings *settings)
{
    return settings->params->network != NETWORK_MAIN || snapshot_open_if_any(&run->file, settings);
}

static bool read_inputs(struct departure_run *run, const struct settings *settings)
{
    struct request *request = run->request;
    struct departure_series all;
    struct departure_inputs_options options = {
        .settings = settings,
        .epochs = &all,
        .since = request->since,
        .known_on = request->known_on,
        .force = request->force,
        .priors = &request->options.priors,
        .say = ledgerfile_say,
    };
    char *message = mem_zeroed(1, DEPARTURE_INPUTS_MESSAGE_SIZE);
    bool good = false;

    departure_series_read(&all, run->file != NULL ? headerfile_tree(run->file) : NULL);
    good = departure_inputs_read(&run->inputs, message, &options);
    if (!good)
        command_error("%s", message);
    departure_series_free(&all);
    free(message);
    return good;
}

static bool make_question(struct departure_run *run)
{
    const struct departure_inputs *inputs = &run->inputs;
    struct departure_question *question = &run->question;
    const char *fault = departure_inputs_question(question, inputs, &run->request->options);

    if (fault != NULL) {
        command_error("the model cannot be put to these epochs: %s", fault);
        return false;
    }
    question->data.choice = run->request->events;
    run->story.ledger = inputs->ledger.origin;
    run->story.known_on = run->request->known_on_text;
    run->story.price = inputs->price ? inputs->price_text : NULL;
    run->story.series = inputs->series.from_store ? "built in, and the store's" : "built in";
    run->story.sets = run->request->sets;
    run->story.set_count = run->request->set_count;
    return choose_epochs(run);
}

/* Why the reports do not count, or NULL. */
static const char *evidence_fault(struct departure_run *run)
{
    const struct companies_answer *answer = run->companies.answer;

    for (unsigned rule = 0; rule < COMPANIES_RULES && !answer->enough; rule++)
        if (!answer->met[rule]) {
            snprintf(run->why, sizeof run->why, "Not enough data: %s", answer->reason[rule]);
            return run->why;
        }
    run->weights = evidence_weights(&run->weighing, answer, &run->inputs, &run->question.options);
    if (!run->weighing.contradicted)
        return NULL;
    snprintf(run->why, sizeof run->why,
             "They contradict the list of sites: %.0f EH/s removed by these companies, and %.0f by "
             "their sites in the list; one of the two is wrong",
             answer->removed_ehs.median, run->weighing.listed.median);
    return run->why;
}

static bool weigh_evidence(struct departure_run *run, const struct settings *settings)
{
    if (!run->request->companies)
        return true;
    if (!evidence_companies_read(&run->companies, settings, NULL))
        return false;
    run->story.evidence = run->companies.file.origin;
    run->story.evidence_fault = evidence_fault(run);
    if (run->story.evidence_fault == NULL) {
        run->question.evidence = run->weights;
        run->story.weighing = &run->weighing;
    }
    return true;
}

/* ---- what comes out ---- */

static bool work_out(struct departure_run *run)
{
    const struct departure_question *question = &run->question;

    return departure_report_make(&run->report, question) &&
           (!run->request->tornado ||
            site_swings(run->swings, SITE_NET, question->sites, question->site_count,
                        departure_epoch_mid(&question->data.epochs[question->to]),
                        &question->options)) &&
           (!run->request->placebo ||
            departure_report_placebo(&run->placebo, question, &run->report.scales));
}

static bool print_json(const struct departure_run *run)
{
    json_t *json = departure_json(&run->report, &run->question, &run->story,
                                  run->request->tornado ? run->swings : NULL,
                                  run->request->placebo ? &run->placebo : NULL);

    if (json == NULL)
        return false;
    json_dumpf(json, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(DIGITS));
    putchar('\n');
    json_decref(json);
    return true;
}

static bool print(const struct departure_run *run)
{
    if (run->request->json)
        return print_json(run);
    departure_print(stdout, &run->report, &run->question, &run->story);
    if (run->request->tornado)
        departure_print_tornado(stdout, run->swings, SITE_PRIORS, &run->report);
    if (run->request->placebo)
        departure_print_placebo(stdout, &run->placebo, &run->question);
    return true;
}

static int run_departure(const struct command_call *call)
{
    struct request request;
    struct departure_run *run = mem_zeroed(1, sizeof *run);
    int code = COMMAND_USAGE;

    run->request = &request;
    if (read_request(&request, call)) {
        code = COMMAND_FAILED;
        if (open_store(run, call->settings) && read_inputs(run, call->settings) &&
            make_question(run) && weigh_evidence(run, call->settings)) {
            if (work_out(run) && print(run))
                code = COMMAND_DONE;
            else
                command_error("out of memory");
        }
    }
    departure_inputs_free(&run->inputs);
    evidence_companies_free(&run->companies);
    free(run->weights);
    headerfile_close(run->file);
    free(request.sets);
    free(run);
    return code;
}

static const struct command_option options[] = {
    {"from", 0, true, "WHEN", "compare from the epoch of this height, date or time, or from peak"},
    {"to", 0, true, "WHEN", "up to the epoch of this height, date or time"},
    {"since", 0, true, "DATE", "the first epoch that the model looks at"},
    {"as-of", 0, true, "DATE", "the ledger of sites as it was known on that day"},
    {"events", 0, true, "WHICH", "dated events that count: all (default), exogenous or none"},
    {"evidence", 0, true, "WHICH",
     "weigh the sites by other evidence too: companies (their reports) or none (default)"},
    {"set", 0, true, "NAME=VALUE", "put another value, or LOW..HIGH, in an assumption's place"},
    {"tornado", 0, false, NULL, "show which assumption moves the figure most"},
    {"placebo", 0, false, NULL, "show what is found where there is nothing to find"},
    {"draws", 0, true, "N", "Monte-Carlo draws (8000)"},
    {"seed", 0, true, "S", "of the draws (1)"},
    {"force", 0, false, NULL, "leave out rows of the ledger that have a fault"},
    {"json", 0, false, NULL, "print JSON"},
    {NULL, 0, false, NULL, NULL},
};

const struct command cmd_departure = {
    .name = "departure",
    .synopsis = "departure [--from WHEN] [--to WHEN] [--placebo] [--tornado] [--json]",
    .summary = "how much hash rate has left for AI, and how sure that is",
    .details =
        "Prints what mining sites that turned to AI have taken off the network: switched off\n"
        "there, less what runs on elsewhere, less what came back because others left. All of it\n"
        "comes from a list of sites ('hashtide ledger list') and from assumptions about them; a\n"
        "statement says how much the chain itself adds to that. Then a change of the hash rate,\n"
        "year on year unless --from and --to say otherwise, in parts that add up to it: luck,\n"
        "price, season, dated events, what passes, AI, trend, and what nobody can name.\n"
        "\n"
        "Works without a store and without a network, from what is built in; a store of the main\n"
        "network adds the epochs since. doc/METHODS.md says how, and what it cannot say.\n"
        "\n"
        "The same command on the same inputs gives the same bytes.",
    .options = options,
    .settings_wanted = true,
    .run = run_departure,
};
