// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * cmd_claims: what is said in public about mining and AI, tested; and how good the sources were.
 */
#include "config.h"

#include "monitor/claims_measure.h"
#include "monitor/command.h"
#include "monitor/help.h"
#include "monitor/ledgerfile.h"
#include "monitor/mem.h"
#include "monitor/tablefile.h"
#include "monitor/text.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DIGITS 7
/** Room for a text of a claim that is printed. */
#define TEXT_SIZE 2048
#define INDENT 4

/** All claims, and what was found of each. */
struct session {
    struct claims tables[2]; /* built in, and the user's */
    const struct claim **claims;
    struct claims_measured *measured;
    enum claim_verdict *verdicts;
    size_t count;
    struct claim_score *scores;
    size_t score_count;
    int32_t last; /* day of the data */
};

/* ---- reading ---- */

static bool read_table(struct claims *out, const struct tablefile_choice *choice)
{
    static const struct tablefile_place nowhere = {.proxy = ""};
    char message[TABLEFILE_MESSAGE_SIZE];
    struct tablefile file;
    struct tablefile_teller teller = {.say = ledgerfile_say};
    enum claims_result result = CLAIMS_READ;

    if (!tablefile_read(&file, message, BUILTIN_CLAIMS, choice, &nowhere)) {
        command_error("%s", message);
        return false;
    }
    teller.name = file.name;
    result = claims_parse(out, file.text, file.len, tablefile_tell, &teller);
    file.text = NULL;
    if (result == CLAIMS_NO_MEMORY)
        abort(); /* as mem_*() does when memory is short */
    if (result == CLAIMS_REFUSED)
        command_error("%s: %zu %s: it cannot be used as a table of claims", file.name,
                      teller.faults, teller.faults == 1 ? "fault" : "faults");
    tablefile_free(&file);
    return result == CLAIMS_READ;
}

/* Two claims of one id could not be told apart. */
static bool ids_differ(const struct session *session, const char *file)
{
    bool differ = true;

    for (size_t i = 0; i < session->tables[1].count; i++) {
        for (size_t k = 0; k < session->tables[0].count; k++) {
            if (strcmp(session->tables[1].rows[i].id, session->tables[0].rows[k].id) != 0)
                continue;
            command_error("%s: id: a claim that is built in has the id %s; choose another", file,
                          session->tables[1].rows[i].id);
            differ = false;
        }
    }
    return differ;
}

/* What is built in, and behind it the user's. */
static bool read_claims(struct session *session, const struct settings *settings)
{
    static const struct tablefile_choice builtin = {.pinned = false};
    const struct tablefile_choice *own = &settings->tables[BUILTIN_CLAIMS];
    size_t most = 0;

    if (!read_table(&session->tables[0], &builtin) ||
        (own->file[0] != '\0' && !read_table(&session->tables[1], own)))
        return false;
    if (!ids_differ(session, own->file))
        return false;
    most = session->tables[0].count + session->tables[1].count;
    session->claims = mem_zeroed(most + 1, sizeof(const struct claim *));
    for (int table = 0; table < 2; table++) {
        for (size_t i = 0; i < session->tables[table].count; i++)
            session->claims[session->count++] = &session->tables[table].rows[i];
    }
    return true;
}

static void judge_all(struct session *session, const struct claims_data *data)
{
    session->measured = mem_zeroed(session->count + 1, sizeof *session->measured);
    session->verdicts = mem_zeroed(session->count + 1, sizeof *session->verdicts);
    session->scores = mem_zeroed(session->count + 1, sizeof *session->scores);
    session->last = claims_data_last(data);
    for (size_t i = 0; i < session->count; i++) {
        struct claims_measured *measured = &session->measured[i];

        claims_measure(measured, data, session->claims[i]);
        session->verdicts[i] =
            claim_judge(session->claims[i], &measured->figure, measured->reached);
    }
    session->score_count =
        claims_scores(session->scores, session->claims, session->verdicts, session->count);
}

/* ---- for people ---- */

/* A figure with its interval, of which an end may be at no number. */
static int print_figure(char *out, size_t size, const struct claims_measured *measured)
{
    const struct claim_figure *figure = &measured->figure;
    const char *found = measured->reached ? "Found" : "So far";

    if (!figure->known)
        return 0;
    if (figure->low >= figure->high)
        return snprintf(out, size, "%s: %.3g; ", found, figure->value);
    if (!isfinite(figure->high))
        return snprintf(out, size, "%s: %.3g, at least %.3g; ", found, figure->value, figure->low);
    return snprintf(out, size, "%s: %.3g [%.3g, %.3g]; ", found, figure->value, figure->low,
                    figure->high);
}

static void print_test(const struct claim *claim, const struct claims_measured *measured)
{
    char line[TEXT_SIZE], from[DAY_TEXT_SIZE], deadline[DAY_TEXT_SIZE], raw[TEXT_SIZE];
    int len = 0;

    day_text(from, claim->from);
    day_text(deadline, claim->deadline);
    len = snprintf(raw, sizeof raw, "%s %s %g, %s to %s. ", claim->metric_name,
                   claim->above ? "above" : "below", claim->threshold, from, deadline);
    len += print_figure(raw + len, sizeof raw - (size_t)len, measured);
    snprintf(raw + len, sizeof raw - (size_t)len, "%s.", measured->evidence);
    text_escape(line, sizeof line, raw);
    help_paragraph(stdout, INDENT, line);
}

static void print_claim(const struct session *session, size_t at)
{
    const struct claim *claim = session->claims[at];
    char raw[TEXT_SIZE], line[TEXT_SIZE];

    snprintf(raw, sizeof raw, "%s: %s (%s): %s", claim->id, claim->text, claim->said_by,
             claim_verdict_name(session->verdicts[at]));
    text_escape(line, sizeof line, raw);
    help_paragraph(stdout, 0, line);
    if (claim->metric != CLAIM_NONE) {
        print_test(claim, &session->measured[at]);
    } else {
        text_escape(line, sizeof line, session->measured[at].evidence);
        help_paragraph(stdout, INDENT, line);
    }
    if (claim->metric != CLAIM_NONE && claim->note[0] != '\0') {
        text_escape(line, sizeof line, claim->note);
        help_paragraph(stdout, INDENT, line);
    }
    putchar('\n');
}

static void print_text(const struct session *session)
{
    size_t verdicts[CLAIM_VERDICTS] = {0};
    char day[DAY_TEXT_SIZE];
    char name[TEXT_SIZE];

    for (size_t i = 0; i < session->count; i++) {
        print_claim(session, i);
        verdicts[session->verdicts[i]]++;
    }
    printf("Sources (Brier score: 0 is perfect, 0.25 is tossing a coin):\n");
    for (size_t i = 0; i < session->score_count; i++) {
        const struct claim_score *score = &session->scores[i];

        text_escape(name, sizeof name, score->said_by);
        if (score->decided > 0)
            printf("  %.40s: %.2f over %zu of %zu claims\n", name, score->brier, score->decided,
                   score->claims);
        else
            printf("  %.40s: none of %zu claims is decided\n", name, score->claims);
    }
    day_text(day, session->last);
    printf("\n%zu claims: %zu true, %zu false, %zu undecidable, %zu open, %zu cannot be tested.\n"
           "Data to %s.\n",
           session->count, verdicts[CLAIM_TRUE], verdicts[CLAIM_FALSE], verdicts[CLAIM_UNDECIDABLE],
           verdicts[CLAIM_OPEN], verdicts[CLAIM_UNTESTABLE], day);
}

/* ---- for programs ---- */

static json_t *real_or_null(bool known, double value)
{
    return known && isfinite(value) ? json_real(value) : json_null();
}

static json_t *day_to_json(int32_t day)
{
    char text[DAY_TEXT_SIZE];

    day_text(text, day);
    return json_string(text);
}

static json_t *claim_to_json(const struct session *session, size_t at)
{
    const struct claim *claim = session->claims[at];
    const struct claims_measured *measured = &session->measured[at];
    const struct claim_figure *figure = &measured->figure;
    bool tested = claim->metric != CLAIM_NONE;
    json_t *object = json_object();

    json_object_set_new(object, "id", text_to_json(claim->id));
    json_object_set_new(object, "claim", text_to_json(claim->text));
    json_object_set_new(object, "said_by", text_to_json(claim->said_by));
    json_object_set_new(object, "source", text_to_json(claim->source));
    json_object_set_new(object, "metric", tested ? json_string(claim->metric_name) : json_null());
    json_object_set_new(object, "comparison",
                        tested ? json_string(claim->above ? "above" : "below") : json_null());
    json_object_set_new(object, "threshold", real_or_null(tested, claim->threshold));
    json_object_set_new(object, "from", tested ? day_to_json(claim->from) : json_null());
    json_object_set_new(object, "deadline", tested ? day_to_json(claim->deadline) : json_null());
    json_object_set_new(object, "probability",
                        real_or_null(claim->probability >= 0.0, claim->probability));
    json_object_set_new(object, "verdict", json_string(claim_verdict_name(session->verdicts[at])));
    json_object_set_new(object, "figure", real_or_null(figure->known, figure->value));
    json_object_set_new(object, "low", real_or_null(figure->known, figure->low));
    json_object_set_new(object, "high", real_or_null(figure->known, figure->high));
    json_object_set_new(object, "evidence", text_to_json(measured->evidence));
    json_object_set_new(object, "note", text_to_json(claim->note));
    return object;
}

static void print_json(const struct session *session)
{
    json_t *object = json_object();
    json_t *claims = json_array();
    json_t *sources = json_array();

    for (size_t i = 0; i < session->count; i++)
        json_array_append_new(claims, claim_to_json(session, i));
    for (size_t i = 0; i < session->score_count; i++) {
        const struct claim_score *score = &session->scores[i];
        json_t *source = json_object();

        json_object_set_new(source, "said_by", text_to_json(score->said_by));
        json_object_set_new(source, "claims", json_integer((json_int_t)score->claims));
        json_object_set_new(source, "decided", json_integer((json_int_t)score->decided));
        json_object_set_new(source, "brier", real_or_null(score->decided > 0, score->brier));
        json_array_append_new(sources, source);
    }
    json_object_set_new(object, "data_to", day_to_json(session->last));
    json_object_set_new(object, "claims", claims);
    json_object_set_new(object, "sources", sources);
    json_dumpf(object, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(DIGITS));
    putchar('\n');
    json_decref(object);
}

/* ---- the command ---- */

static void free_session(struct session *session)
{
    free(session->claims);
    free(session->measured);
    free(session->verdicts);
    free(session->scores);
    claims_free(&session->tables[0]);
    claims_free(&session->tables[1]);
}

static int run(const struct command_call *call)
{
    struct session session = {.count = 0};
    struct claims_data *data = NULL;
    char message[TABLEFILE_MESSAGE_SIZE];
    int code = COMMAND_FAILED;

    if (call->argument_count > 0) {
        command_error("'claims' takes no arguments, but there is '%s'", call->arguments[0]);
        return COMMAND_USAGE;
    }
    if (!read_claims(&session, call->settings)) {
        free_session(&session);
        return COMMAND_FAILED;
    }
    data = claims_data_new(message, call->settings, ledgerfile_say, NULL);
    if (data == NULL) {
        command_error("%s", message);
    } else {
        judge_all(&session, data);
        if (command_flag(call, "json"))
            print_json(&session);
        else
            print_text(&session);
        code = COMMAND_DONE;
    }
    free_session(&session);
    claims_data_free(data);
    return code;
}

static const struct command_option options[] = {
    {"json", 0, false, NULL, "print JSON"},
    {NULL, 0, false, NULL, NULL},
};

const struct command cmd_claims = {
    .name = "claims",
    .synopsis = "claims [--json]",
    .summary = "test what is said in public about mining and AI",
    .details =
        "Lists public claims, each turned into a quantity with a threshold and a deadline, with\n"
        "the figure that was measured, its interval and what it rests on. A claim is true or\n"
        "false when the whole interval is on one side of the threshold, undecidable when it is\n"
        "on both or there is no figure, and open until its deadline. What cannot be tested is\n"
        "listed with the reason. For each source the Brier score says how good it was.\n\n"
        "Claims are those built in and those of claims.file.",
    .options = options,
    .settings_wanted = true,
    .run = run,
};
