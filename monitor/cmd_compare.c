// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * cmd_compare: has volatility risen between two periods? Three questions, each answered by a test
 * whose chance to find a rise that is there is told with it.
 */
#include "config.h"

#include "monitor/command.h"
#include "monitor/compare.h"
#include "monitor/mem.h"
#include "monitor/number.h"
#include "monitor/progress.h"
#include "monitor/snapshot.h"
#include "monitor/when.h"

#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define COLUMNS 80
#define ROUNDS_LEAST 19
#define ROUNDS_MOST 100000
#define ROUNDS_DEFAULT 199
/** Beyond this many batches of 36 blocks, four years, epochs say the same sooner. */
#define BATCHES_MOST 6000
#define QUESTIONS 3
/** Digits of numbers in JSON. */
#define DIGITS 7

/** FROM..TO as typed. */
struct range {
    const char *text;
    struct when from, to;
};

enum unit { UNIT_AUTO, UNIT_BLOCKS, UNIT_EPOCHS };

struct request {
    struct range before, after;
    struct range *except; /* owned */
    size_t except_count;
    enum unit unit;
    uint64_t rounds, seed;
    bool json;
};

/** What is compared. */
struct comparison {
    const struct request *request;
    struct compare_chain chain;
    struct compare_span before, after;
    struct compare_span *except; /* owned */
    size_t except_count;
    unsigned batch;
};

/** The three answers, with exceptions left out or not. */
struct answers {
    struct compare_series before, after;
    struct volatility_risen risen[QUESTIONS];
    enum compare_word words[QUESTIONS];
};

static const char *const question_names[QUESTIONS] = {"walk", "transient", "changes"};
static const char *const word_names[] = {"risen", "not seen", "cannot tell"};

/* ---- what is asked for ---- */

/* FROM..TO, or one day. */
static bool read_range(struct range *out, const char *name, const char *text)
{
    const char *dots = strstr(text, "..");
    char *from = dots != NULL ? mem_text_of(text, (size_t)(dots - text)) : mem_text(text);
    const char *to = dots != NULL ? dots + 2 : text;
    bool good = false;

    *out = (struct range){.text = text};
    good = when_parse(&out->from, name, from) && when_parse(&out->to, name, to) &&
           when_in_order(name, from, &out->from, name, to, &out->to);
    free(from);
    return good;
}

static bool read_excepts(struct request *request, const struct command_call *call)
{
    request->except = mem_zeroed(call->value_count + 1, sizeof *request->except);
    for (size_t i = 0; i < call->value_count; i++) {
        const struct command_value *value = &call->values[i];

        if (strcmp(value->name, "except") == 0 &&
            !read_range(&request->except[request->except_count++], value->name, value->value))
            return false;
    }
    return true;
}

static bool read_unit(struct request *request, const char *text)
{
    if (text == NULL)
        request->unit = UNIT_AUTO;
    else if (strcmp(text, "blocks") == 0)
        request->unit = UNIT_BLOCKS;
    else if (strcmp(text, "epochs") == 0)
        request->unit = UNIT_EPOCHS;
    else {
        command_error("--by=%s: expected blocks or epochs", text);
        return false;
    }
    return true;
}

static bool read_request(struct request *request, const struct command_call *call)
{
    const char *before = command_value(call, "before");
    const char *after = command_value(call, "after");
    const char *rounds = command_value(call, "rounds");
    const char *seed = command_value(call, "seed");

    *request =
        (struct request){.rounds = ROUNDS_DEFAULT, .seed = 1, .json = command_flag(call, "json")};
    if (call->argument_count > 0)
        command_error("'compare' takes no arguments; try 'hashtide compare --help'");
    else if (before == NULL || after == NULL)
        command_error("'compare' needs --before=FROM..TO and --after=FROM..TO");
    else if (rounds != NULL && !number_parse(&request->rounds, rounds, ROUNDS_LEAST, ROUNDS_MOST))
        command_error("--rounds=%s: expected a number from %d to %d", rounds, ROUNDS_LEAST,
                      ROUNDS_MOST);
    else if (seed != NULL && !number_parse(&request->seed, seed, 0, UINT64_MAX))
        command_error("--seed=%s: expected a number from 0 to %" PRIu64, seed, UINT64_MAX);
    else
        return read_unit(request, command_value(call, "by")) &&
               read_range(&request->before, "before", before) &&
               read_range(&request->after, "after", after) && read_excepts(request, call);
    return false;
}

/* ---- where it is looked up ---- */

static bool find_span(struct compare_span *out, const struct comparison *comparison,
                      const char *name, const struct range *range)
{
    if (compare_find(out, &comparison->chain, &range->from, &range->to))
        return true;
    command_error("--%s=%s: the store has no such blocks", name, range->text);
    return false;
}

static bool find_spans(struct comparison *comparison)
{
    const struct request *request = comparison->request;

    if (!find_span(&comparison->before, comparison, "before", &request->before) ||
        !find_span(&comparison->after, comparison, "after", &request->after))
        return false;
    if (comparison->before.to >= comparison->after.from) {
        command_error("--before=%s does not end before --after=%s begins", request->before.text,
                      request->after.text);
        return false;
    }
    comparison->except = mem_zeroed(request->except_count + 1, sizeof *comparison->except);
    for (size_t i = 0; i < request->except_count; i++) {
        struct compare_span *span = &comparison->except[comparison->except_count];
        const struct range *range = &request->except[i];

        if (compare_find(span, &comparison->chain, &range->from, &range->to))
            comparison->except_count++;
        else
            command_error("note: --except=%s has no blocks in the store", range->text);
    }
    return true;
}

/* Batches of 36 blocks where the store has them all, and they are not too many. */
static void choose_batch(struct comparison *comparison)
{
    const struct compare_span *spans[] = {&comparison->before, &comparison->after};
    enum unit unit = comparison->request->unit;
    uint32_t blocks = 0;
    bool stored = true;

    for (int i = 0; i < 2; i++) {
        blocks += spans[i]->to - spans[i]->from + 1;
        stored = stored && spans[i]->from >= tree_base_height(comparison->chain.tree);
    }
    if (unit == UNIT_AUTO)
        unit = stored && blocks / VOLATILITY_BATCH <= BATCHES_MOST ? UNIT_BLOCKS : UNIT_EPOCHS;
    comparison->batch = unit == UNIT_BLOCKS ? VOLATILITY_BATCH : VOLATILITY_BATCH_EPOCH;
}

/* ---- the answers ---- */

static const char *unit_name(const struct comparison *comparison)
{
    return comparison->batch == VOLATILITY_BATCH ? "batches of 36 blocks" : "epochs";
}

/** How far the simulations have come. */
struct counter {
    struct progress progress;
    uint64_t done;
};

static void count_round(void *context)
{
    struct counter *counter = context;

    progress_update(&counter->progress, counter->done++);
}

static bool enough(const struct comparison *comparison, const struct compare_series *series,
                   const char *name, const char *text)
{
    if (series->known >= VOLATILITY_LEAST)
        return true;
    command_error("not enough data: --%s=%s has %zu %s to go by, and %d are needed%s", name, text,
                  series->known, unit_name(comparison), VOLATILITY_LEAST,
                  series->left_out > 0 ? " (--except leaves too few)" : "");
    return false;
}

/* False after command_error(). To be freed by answers_free() in any case. */
static bool find_answers(struct answers *out, const struct comparison *comparison, size_t excepts)
{
    const struct request *request = comparison->request;
    struct counter counter = {.done = 0};
    struct volatility_risen_options options = {
        .rounds = (unsigned)request->rounds,
        .seed = request->seed,
        .each = count_round,
        .context = &counter,
    };
    bool good = true;

    out->before = compare_series(&comparison->chain, comparison->before, comparison->batch,
                                 comparison->except, excepts);
    out->after = compare_series(&comparison->chain, comparison->after, comparison->batch,
                                comparison->except, excepts);
    if (!enough(comparison, &out->before, "before", request->before.text) ||
        !enough(comparison, &out->after, "after", request->after.text))
        return false;
    progress_start(&counter.progress, "simulating", QUESTIONS * 3 * request->rounds);
    for (int i = 0; i < QUESTIONS && good; i++) {
        options.question = (enum volatility_question)i;
        good = volatility_risen(&out->risen[i], &out->before.series, &out->after.series, &options);
        out->words[i] = compare_word(&out->risen[i]);
    }
    progress_end(&counter.progress);
    if (!good)
        command_error("out of memory");
    return good;
}

static void answers_free(struct answers *answers)
{
    compare_free(&answers->before);
    compare_free(&answers->after);
}

/* ---- text ---- */

static void date_text(char out[16], int64_t time)
{
    struct tm tm = {0};
    time_t t = (time_t)time;

    if (time == 0 || gmtime_r(&t, &tm) == NULL || strftime(out, 16, "%Y-%m-%d", &tm) == 0)
        snprintf(out, 16, "?");
}

static void print_period(const struct comparison *comparison, const char *name,
                         const struct compare_series *series)
{
    char from[16];
    char to[16];

    date_text(from, compare_from_time(&comparison->chain, &series->span));
    date_text(to, compare_to_time(&comparison->chain, &series->span));
    printf("%-6s  %s to %s, blocks %" PRIu32 " to %" PRIu32 ": %zu %s", name, from, to,
           series->span.from, series->span.to, series->known, unit_name(comparison));
    if (series->left_out > 0)
        printf(", %zu left out", series->left_out);
    printf("\n");
}

/* Lines of 80 columns, broken between words. */
static void print_paragraph(const char *text)
{
    size_t column = 0;

    while (*text != '\0') {
        size_t len = strcspn(text, " ");

        if (column > 0 && column + 1 + len > COLUMNS) {
            putchar('\n');
            column = 0;
        }
        column += (size_t)printf("%s%.*s", column > 0 ? " " : "", (int)len, text);
        text += len;
        text += strspn(text, " ");
    }
    putchar('\n');
}

static void print_answers(const struct comparison *comparison, const struct answers *answers)
{
    const char *const labels[QUESTIONS] = {
        "random walk, sd a day",
        "part that returns, sd",
        comparison->batch == VOLATILITY_BATCH ? "changes over 36 blocks, sd"
                                              : "changes over an epoch, sd",
    };

    printf("%-28s %8s %8s  %5s  %4s %4s\n", "", "before", "after", "p", "x1.5", "x2");
    for (int i = 0; i < QUESTIONS; i++) {
        const struct volatility_risen *risen = &answers->risen[i];

        printf("%-28s %6.2f %% %6.2f %%  %.3f  %.2f %.2f  %s\n", labels[i], 100.0 * risen->before,
               100.0 * risen->after, risen->p, risen->power15, risen->power20,
               word_names[answers->words[i]]);
    }
    putchar('\n');
    print_paragraph(compare_summary(answers->risen));
}

static void print_text(const struct comparison *comparison, const struct answers *all,
                       const struct answers *without)
{
    printf("Has volatility risen? Luck is taken out; %" PRIu64 " simulations for each figure.\n\n",
           comparison->request->rounds);
    print_period(comparison, "before", &all->before);
    print_period(comparison, "after", &all->after);
    printf("\n");
    print_answers(comparison, all);
    if (without != NULL) {
        printf("\nWithout what --except leaves out:\n\n");
        print_period(comparison, "before", &without->before);
        print_period(comparison, "after", &without->after);
        printf("\n");
        print_answers(comparison, without);
    }
    printf(
        "\n"
        "p: how often chance alone would make as large a rise; below 0.05 it is called risen.\n"
        "If nothing had changed, one of the three would still say so in one case of seven.\n"
        "x1.5, x2: power, how often a rise to 1.5 or 2 times would be found. Where x2 is\n"
        "below 0.5, a p above 0.05 says nothing: even a doubling could well have been missed.\n");
}

/* ---- JSON ---- */

static json_t *period_to_json(const struct comparison *comparison,
                              const struct compare_series *series)
{
    json_t *object = json_object();

    json_object_set_new(object, "from_height", json_integer(series->span.from));
    json_object_set_new(object, "to_height", json_integer(series->span.to));
    json_object_set_new(object, "from_time",
                        json_integer(compare_from_time(&comparison->chain, &series->span)));
    json_object_set_new(object, "to_time",
                        json_integer(compare_to_time(&comparison->chain, &series->span)));
    json_object_set_new(object, "batches", json_integer((json_int_t)series->known));
    json_object_set_new(object, "left_out", json_integer((json_int_t)series->left_out));
    json_object_set_new(object, "yearly_growth", json_real(series->series.drift * 52560.0));
    return object;
}

static json_t *answers_to_json(const struct comparison *comparison, const struct answers *answers)
{
    json_t *object = json_object();
    json_t *list = json_array();

    json_object_set_new(object, "before", period_to_json(comparison, &answers->before));
    json_object_set_new(object, "after", period_to_json(comparison, &answers->after));
    for (int i = 0; i < QUESTIONS; i++) {
        const struct volatility_risen *risen = &answers->risen[i];
        json_t *question = json_object();

        json_object_set_new(question, "question", json_string(question_names[i]));
        json_object_set_new(question, "before_sd", json_real(risen->before));
        json_object_set_new(question, "after_sd", json_real(risen->after));
        json_object_set_new(question, "statistic", json_real(risen->statistic));
        json_object_set_new(question, "p", json_real(risen->p));
        json_object_set_new(question, "power_1_5", json_real(risen->power15));
        json_object_set_new(question, "power_2", json_real(risen->power20));
        json_object_set_new(question, "answer", json_string(word_names[answers->words[i]]));
        json_array_append_new(list, question);
    }
    json_object_set_new(object, "questions", list);
    json_object_set_new(object, "summary", json_string(compare_summary(answers->risen)));
    return object;
}

static void print_json(const struct comparison *comparison, const struct answers *all,
                       const struct answers *without)
{
    json_t *object = json_object();

    json_object_set_new(object, "batch_blocks", json_integer(comparison->batch));
    json_object_set_new(object, "rounds", json_integer((json_int_t)comparison->request->rounds));
    json_object_set_new(object, "seed",
                        json_sprintf("%" PRIu64, comparison->request->seed)); /* may not fit */
    json_object_set_new(object, "all", answers_to_json(comparison, all));
    json_object_set_new(object, "without_exceptions",
                        without != NULL ? answers_to_json(comparison, without) : json_null());
    json_dumpf(object, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(DIGITS));
    putchar('\n');
    json_decref(object);
}

/* ---- doing it ---- */

static int compare(struct comparison *comparison)
{
    struct answers all = {.risen = {{0}}};
    struct answers without = {.risen = {{0}}};
    bool excepts = false;
    bool good = false;

    if (!find_spans(comparison))
        return COMMAND_FAILED;
    choose_batch(comparison);
    excepts = comparison->except_count > 0;
    good = find_answers(&all, comparison, 0) &&
           (!excepts || find_answers(&without, comparison, comparison->except_count));
    if (good && comparison->request->json)
        print_json(comparison, &all, excepts ? &without : NULL);
    else if (good)
        print_text(comparison, &all, excepts ? &without : NULL);
    answers_free(&all);
    answers_free(&without);
    return good ? COMMAND_DONE : COMMAND_FAILED;
}

static int run(const struct command_call *call)
{
    struct request request;
    struct headerfile *file = NULL;
    int code = COMMAND_USAGE;

    if (read_request(&request, call)) {
        file = snapshot_open_needed(call->settings);
        code = COMMAND_FAILED;
    }
    if (file != NULL) {
        struct comparison comparison = {
            .request = &request,
            .chain = compare_chain(headerfile_tree(file), call->settings->params),
        };

        code = compare(&comparison);
        free(comparison.except);
    }
    headerfile_close(file);
    free(request.except);
    return code;
}

static const struct command_option options[] = {
    {"before", 0, true, "FROM..TO", "the earlier period: heights, dates or times (UTC)"},
    {"after", 0, true, "FROM..TO", "the later period"},
    {"except", 0, true, "FROM..TO", "leave this out, in a second answer; may be repeated"},
    {"by", 0, true, "UNIT", "blocks (batches of 36) or epochs; else chosen by length"},
    {"rounds", 0, true, "N", "simulations for each p and each power (199)"},
    {"seed", 0, true, "S", "of the simulations (1)"},
    {"json", 0, false, NULL, "print JSON"},
    {NULL, 0, false, NULL, NULL},
};

const struct command cmd_compare = {
    .name = "compare",
    .synopsis = "compare --before FROM..TO --after FROM..TO [--except FROM..TO] [--json]",
    .summary = "has volatility risen between two periods?",
    .details =
        "Asks three questions, since one alone misleads: has the random walk of the hash rate\n"
        "become larger; have swings that return; have changes, whatever makes them? Luck is\n"
        "taken out of all of them. Each answer comes with p, how often chance alone would make\n"
        "as large a rise, and with power: how often a rise to 1.5 or to 2 times would be found\n"
        "in periods like these. With little power, 'not seen' means next to nothing.\n"
        "\n"
        "Periods are FROM..TO or one day, by heights, dates or times, both ends within. Long ones\n"
        "are compared by epochs, which on the main network are known back to 2009, before the\n"
        "store begins too. --except leaves a dated event out: the answer is then given with it\n"
        "and without.",
    .options = options,
    .settings_wanted = true,
    .run = run,
};
