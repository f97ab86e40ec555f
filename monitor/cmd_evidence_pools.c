// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * cmd_evidence_pools: what pools that are mostly in the United States lost against the rest.
 */
#include "config.h"

#include "analysis/departure.h"
#include "analysis/pools.h"
#include "chain/params.h"
#include "monitor/command.h"
#include "monitor/departure_series.h"
#include "monitor/evidence.h"
#include "monitor/help.h"
#include "monitor/ledgerfile.h"
#include "monitor/mem.h"
#include "monitor/tablefile.h"
#include "monitor/when.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** Epochs of a year, which is what is compared unless told otherwise. */
#define YEAR_EPOCHS 26U
/** Epochs averaged at each end, as for `hashtide departure`. */
#define ENDS DEPARTURE_ENDS
/** The storm that a method of this kind has to see, and how much of an epoch it must touch. */
#define CONTROL "Fern"
#define CONTROL_OVERLAP 0.3

struct session {
    struct tablefile file;
    struct pools pools;
    struct departure_series series;
    char *names; /* of --us, cut at its commas */
    const char *set[POOLS_NAMES_MAX + 1];
    struct pools_question question;
    struct pools_answer answer;
    const char *fault;                 /* why there is no answer, or NULL */
    bool controlled;                   /* the storm is in the table */
    uint32_t control_from, control_to; /* epochs */
    struct pools_answer control;
};

/* ---- what is asked for ---- */

static bool read_names(struct session *session, const char *text)
{
    size_t count = 0;

    if (text == NULL) {
        for (; pools_us[count] != NULL; count++)
            session->set[count] = pools_us[count];
        return true;
    }
    session->names = mem_text_of(text, strlen(text));
    for (char *at = session->names; at != NULL;) {
        char *comma = strchr(at, ',');

        if (comma != NULL)
            *comma++ = '\0';
        if (*at == '\0' || count == POOLS_NAMES_MAX) {
            command_error("--us=%s: expected 1 to %d names with commas between them", text,
                          POOLS_NAMES_MAX);
            return false;
        }
        session->set[count++] = at;
        at = comma;
    }
    return true;
}

static bool read_table(struct session *session, const char *path)
{
    char *message = mem_zeroed(1, TABLEFILE_MESSAGE_SIZE);
    struct tablefile_teller teller = {.say = ledgerfile_say};
    enum pools_result result = POOLS_REFUSED;
    bool good = tablefile_read_path(&session->file, message, path);

    if (!good) {
        command_error("%s", message);
    } else {
        teller.name = session->file.name;
        result = pools_parse(&session->pools, session->file.text, session->file.len, session->set,
                             tablefile_tell, &teller);
        if (result == POOLS_NO_MEMORY)
            abort(); /* as mem_*() does when memory is short */
        if (result == POOLS_REFUSED)
            command_error("%s: %zu %s: it cannot be used as a table of pools", session->file.name,
                          teller.faults, teller.faults == 1 ? "fault" : "faults");
    }
    free(message);
    return good && result == POOLS_READ;
}

/* The place in the series of an epoch; its count if it is not there. */
static size_t series_place(const struct session *session, uint32_t epoch)
{
    const struct departure_series *series = &session->series;
    size_t i = 0;

    while (i < series->count && series->heights[i] / PARAMS_RETARGET_BLOCKS != epoch)
        i++;
    return i;
}

/* Mean EH/s of the network over the epochs that an end averages; NaN if one is not known. */
static double mean_rate(const struct session *session, size_t first, size_t width)
{
    double sum = 0.0;

    for (size_t i = first; i < first + width; i++) {
        size_t place = series_place(session, session->pools.epochs[i].epoch);

        if (place == session->series.count)
            return NAN;
        sum += exp(session->series.epochs[place].log_rate);
    }
    return sum / (double)width;
}

static bool find_place(size_t *out, const struct session *session, const struct when *when,
                       const char *name, const char *text)
{
    for (size_t i = 0; i < session->pools.count; i++) {
        uint32_t epoch = session->pools.epochs[i].epoch;
        size_t place = series_place(session, epoch);
        bool there = false;

        if (!when->is_time)
            there = when->height / PARAMS_RETARGET_BLOCKS == epoch;
        else if (place < session->series.count)
            there = when->time >= session->series.begins[place] &&
                    when->time < session->series.begins[place + 1];
        if (there) {
            *out = i;
            return true;
        }
    }
    command_error("--%s=%s lies in no epoch of the table whose time is known", name, text);
    return false;
}

static bool make_question(struct session *session, const struct command_call *call)
{
    struct pools_question *question = &session->question;
    struct when from = {.given = false};
    struct when to = {.given = false};
    size_t first = 0;

    if (!when_parse(&from, "from", command_value(call, "from")) ||
        !when_parse(&to, "to", command_value(call, "to")))
        return false;
    question->width = session->pools.count / 2 < ENDS ? session->pools.count / 2 : ENDS;
    question->to = session->pools.count - 1;
    if (to.given && !find_place(&question->to, session, &to, "to", command_value(call, "to")))
        return false;
    while (question->from < question->to &&
           session->pools.epochs[question->from].epoch + YEAR_EPOCHS <
               session->pools.epochs[question->to].epoch)
        question->from++;
    if (from.given &&
        !find_place(&question->from, session, &from, "from", command_value(call, "from")))
        return false;
    if (question->width > 0) {
        size_t width = question->width;

        pools_end(&first, &width, &session->pools, question->from);
        question->from_ehs = mean_rate(session, first, width);
        pools_end(&first, &width, &session->pools, question->to);
        question->to_ehs = mean_rate(session, first, width);
    }
    session->fault = pools_fault(&session->pools, question);
    return true;
}

/* ---- the positive control ---- */

static const struct departure_event *find_control(void)
{
    size_t count = 0;
    const struct departure_event *events = departure_events(&count);

    for (size_t i = 0; i < count; i++)
        if (strcmp(events[i].name, CONTROL) == 0)
            return &events[i];
    return NULL;
}

/* The storm's worst epoch against the last one that it did not touch. */
static void run_control(struct session *session)
{
    const struct departure_event *event = find_control();
    struct pools_question question = {.width = 1};
    double most = CONTROL_OVERLAP;
    bool before = false;

    for (size_t i = 0; i < session->pools.count && event != NULL; i++) {
        size_t place = series_place(session, session->pools.epochs[i].epoch);
        double overlap = 0.0;

        if (place == session->series.count)
            continue;
        overlap = departure_overlap(&session->series.epochs[place], event);
        if (overlap <= 0.0 && session->series.epochs[place].end <= event->start) {
            question.from = i;
            before = true;
        }
        if (overlap > most) {
            most = overlap;
            question.to = i;
        }
    }
    if (!before || question.to <= question.from)
        return;
    question.from_ehs = mean_rate(session, question.from, 1);
    question.to_ehs = mean_rate(session, question.to, 1);
    if (pools_fault(&session->pools, &question) != NULL)
        return;
    session->control_from = session->pools.epochs[question.from].epoch;
    session->control_to = session->pools.epochs[question.to].epoch;
    session->controlled = pools_ask(&session->control, &session->pools, &question);
}

/* ---- what comes out ---- */

static json_t *control_json(const struct session *session)
{
    if (!session->controlled)
        return json_null();
    return json_pack("{s:s,s:I,s:I,s:o,s:b}", "event", CONTROL, "from_epoch",
                     (json_int_t)session->control_from, "to_epoch", (json_int_t)session->control_to,
                     "lost_ehs", evidence_figure(&session->control.lost_ehs), "seen",
                     session->control.lost_ehs.lo90 > 0.0);
}

static bool print_json(const struct session *session)
{
    const struct pools_answer *answer = &session->answer;
    json_t *names = json_array();

    for (size_t i = 0; session->set[i] != NULL; i++)
        json_array_append_new(names, json_string(session->set[i]));
    if (session->fault != NULL)
        return evidence_print_json(json_pack("{s:s,s:o,s:b,s:s,s:I}", "label", "US loss", "set",
                                             names, "enough_data", 0, "reason", session->fault,
                                             "epochs", (json_int_t)session->pools.count));
    return evidence_print_json(json_pack(
        "{s:s,s:o,s:b,s:I,s:I,s:I,s:I,s:o,s:o,s:o,s:o,s:o,s:o,s:f,s:f,s:o}", "label", "US loss",
        "set", names, "enough_data", 1, "epochs", (json_int_t)session->pools.count, "from_epoch",
        (json_int_t)session->pools.epochs[session->question.from].epoch, "to_epoch",
        (json_int_t)session->pools.epochs[session->question.to].epoch, "epochs_averaged",
        (json_int_t)answer->width, "from_share", evidence_figure(&answer->from_share), "to_share",
        evidence_figure(&answer->to_share), "log_odds_change", evidence_figure(&answer->log_odds),
        "lost_share", evidence_figure(&answer->lost_share), "lost_ehs",
        evidence_figure(&answer->lost_ehs), "change_ehs", evidence_figure(&answer->change_ehs),
        "switching_sd_per_epoch", answer->switching, "luck_sd", answer->luck, "control",
        control_json(session)));
}

static void print_control(const struct session *session)
{
    const struct site_figure *lost = &session->control.lost_ehs;

    if (!session->controlled) {
        printf("Positive control: winter storm Fern is not in this table.\n");
        return;
    }
    help_say(
        stdout, 0,
        "Positive control: in winter storm Fern (epoch %u to %u) the set lost %.0f [%.0f, %.0f] "
        "EH/s against the rest: %s.",
        (unsigned)session->control_from, (unsigned)session->control_to, lost->median, lost->lo90,
        lost->hi90, lost->lo90 > 0.0 ? "seen, as it should be" : "not seen, which is a bad sign");
}

static void print_text(const struct session *session)
{
    const struct pools_answer *answer = &session->answer;

    printf("US loss: blocks of pools that are mostly in the United States (");
    for (size_t i = 0; session->set[i] != NULL; i++)
        printf("%s%s", i > 0 ? ", " : "", session->set[i]);
    printf(")\nagainst all others; %zu epochs of %s\n\n", session->pools.count,
           session->file.origin);
    if (session->fault != NULL) {
        printf("Not enough data: %s.\n", session->fault);
        return;
    }
    help_say(
        stdout, 0,
        "From epoch %u to %u the set %s %.0f [%.0f, %.0f] EH/s against the rest of the network "
        "(90 %% interval), %.1f %% [%.1f, %.1f] of its own.",
        (unsigned)session->pools.epochs[session->question.from].epoch,
        (unsigned)session->pools.epochs[session->question.to].epoch,
        answer->lost_ehs.lo90 > 0.0   ? "lost"
        : answer->lost_ehs.hi90 < 0.0 ? "gained (a loss below zero)"
                                      : "cannot be said to have lost or gained:",
        answer->lost_ehs.median, answer->lost_ehs.lo90, answer->lost_ehs.hi90,
        100.0 * answer->lost_share.median, 100.0 * answer->lost_share.lo90,
        100.0 * answer->lost_share.hi90);
    printf("\n  share of blocks        %.1f %% [%.1f, %.1f] to %.1f %% [%.1f, %.1f]\n",
           100.0 * answer->from_share.median, 100.0 * answer->from_share.lo90,
           100.0 * answer->from_share.hi90, 100.0 * answer->to_share.median,
           100.0 * answer->to_share.lo90, 100.0 * answer->to_share.hi90);
    printf("  the set's own EH/s     %+.0f [%+.0f, %+.0f], with all that moved the network\n",
           answer->change_ehs.median, answer->change_ehs.lo90, answer->change_ehs.hi90);
    printf("  change of log-odds     %+.3f [%+.3f, %+.3f]; by luck alone its sd is %.3f\n",
           answer->log_odds.median, answer->log_odds.lo90, answer->log_odds.hi90, answer->luck);
    printf("  miners switching pools %.3f per epoch (sd of log-odds)\n\n", answer->switching);
    print_control(session);
    printf("\n");
    help_say(stdout, 0,
             "This is no AI loss. Price, season and luck of the whole network cancel; machines "
             "that moved to another pool or abroad, curtailment and storms in the United States "
             "do not.");
}

static int run_pools(const struct command_call *call)
{
    struct session *session = mem_zeroed(1, sizeof *session);
    int code = COMMAND_USAGE;

    if (call->argument_count != 1) {
        command_error("'evidence pools' takes one file, CSV with the columns epoch, pool and "
                      "blocks: none is built in");
    } else if (read_names(session, command_value(call, "us"))) {
        code = COMMAND_FAILED;
        if (read_table(session, call->arguments[0])) {
            departure_series_read(&session->series, NULL);
            code = make_question(session, call) ? COMMAND_DONE : COMMAND_USAGE;
        }
    }
    if (code == COMMAND_DONE) {
        if (session->fault == NULL &&
            !pools_ask(&session->answer, &session->pools, &session->question))
            abort(); /* as mem_*() does when memory is short */
        run_control(session);
        if (command_flag(call, "json"))
            code = print_json(session) ? COMMAND_DONE : COMMAND_FAILED;
        else
            print_text(session);
    }
    departure_series_free(&session->series);
    pools_free(&session->pools);
    tablefile_free(&session->file);
    free(session->names);
    free(session);
    return code;
}

static const struct command_option options[] = {
    {"from", 0, true, "WHEN", "compare from the epoch of this height, date or time"},
    {"to", 0, true, "WHEN", "up to the epoch of this height, date or time"},
    {"us", 0, true, "NAMES", "pools of the set, with commas (Foundry,MARA,Marathon,Luxor)"},
    {"json", 0, false, NULL, "print JSON"},
    {NULL, 0, false, NULL, NULL},
};

const struct command cmd_evidence_pools = {
    .name = "evidence pools",
    .synopsis = "evidence pools [--from WHEN] [--to WHEN] [--us NAMES] [--json] FILE",
    .summary = "what pools of the United States lost against the rest",
    .details =
        "Reads blocks by epoch and pool, CSV with the columns epoch (height divided by 2016), "
        "pool\n"
        "and blocks, and says how the share of pools that are mostly in the United States has\n"
        "changed against the rest, in EH/s with a 90 % interval; a year back unless told\n"
        "otherwise. Price, season and luck of the whole network cancel. It is a US loss and not\n"
        "an AI loss. If the table has winter storm Fern, that is the positive control.",
    .options = options,
    .settings_wanted = true,
    .run = run_pools,
};
