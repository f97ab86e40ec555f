// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * cmd_ledger_diff: what has changed between two ledgers, or in one between two days.
 */
#include "config.h"

#include "monitor/command.h"
#include "monitor/ledgerfile.h"
#include "monitor/text.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

/** Of a field so much is printed. */
#define SHOWN_SIZE 160

/** Two states. */
struct pair {
    struct ledgerfile before, after;
    json_t *list;                   /* of changes; NULL: they are printed as text */
    size_t added, removed, changed; /* rows */
};

/* Everything but the day of recording, which differs in all that was written anew. */
static bool compared(enum ledger_column column)
{
    return column != LEDGER_ID && column != LEDGER_RECORDED;
}

static json_t *new_change(const char *id, const char *what)
{
    json_t *change = json_object();

    json_object_set_new(change, "id", text_to_json(id));
    json_object_set_new(change, "change", json_string(what));
    return change;
}

/* A row that one of the two has. */
static void tell_single(struct pair *pair, const struct ledger_row *row, bool added)
{
    char company[SHOWN_SIZE], site[SHOWN_SIZE];

    pair->added += added ? 1 : 0;
    pair->removed += added ? 0 : 1;
    if (pair->list != NULL) {
        json_array_append_new(pair->list,
                              new_change(row->fields[LEDGER_ID], added ? "added" : "removed"));
        return;
    }
    text_escape(company, sizeof company, row->fields[LEDGER_COMPANY]);
    text_escape(site, sizeof site, row->fields[LEDGER_SITE]);
    printf("%c %s: %s, %s\n", added ? '+' : '-', row->fields[LEDGER_ID], company, site);
}

static void tell_field(struct pair *pair, const struct ledger_row *before,
                       const struct ledger_row *after, enum ledger_column column)
{
    char old[SHOWN_SIZE], new[SHOWN_SIZE];
    json_t *change = NULL;

    if (pair->list != NULL) {
        change = new_change(after->fields[LEDGER_ID], "changed");
        json_object_set_new(change, "field", json_string(ledger_column_name(column)));
        json_object_set_new(change, "before", text_to_json(before->fields[column]));
        json_object_set_new(change, "after", text_to_json(after->fields[column]));
        json_array_append_new(pair->list, change);
        return;
    }
    text_escape(old, sizeof old, before->fields[column]);
    text_escape(new, sizeof new, after->fields[column]);
    printf("~ %s: %s: %s -> %s\n", after->fields[LEDGER_ID], ledger_column_name(column),
           old[0] != '\0' ? old : "nothing", new[0] != '\0' ? new : "nothing");
}

static void compare_rows(struct pair *pair, const struct ledger_row *before,
                         const struct ledger_row *after)
{
    bool differ = false;

    for (int column = 0; column < LEDGER_COLUMNS; column++) {
        if (!compared((enum ledger_column)column) ||
            strcmp(before->fields[column], after->fields[column]) == 0)
            continue;
        tell_field(pair, before, after, (enum ledger_column)column);
        differ = true;
    }
    pair->changed += differ ? 1 : 0;
}

static void compare(struct pair *pair)
{
    const struct ledger *before = &pair->before.ledger;
    const struct ledger *after = &pair->after.ledger;

    for (size_t i = 0; i < before->count; i++) {
        const struct ledger_row *row = &before->rows[i];
        size_t other = LEDGER_NOWHERE;

        if (!row->in_force)
            continue;
        other = ledger_find(after, row->fields[LEDGER_ID]);
        if (other == LEDGER_NOWHERE)
            tell_single(pair, row, false);
        else
            compare_rows(pair, row, &after->rows[other]);
    }
    for (size_t i = 0; i < after->count; i++) {
        const struct ledger_row *row = &after->rows[i];

        if (row->in_force && ledger_find(before, row->fields[LEDGER_ID]) == LEDGER_NOWHERE)
            tell_single(pair, row, true);
    }
}

static double counting_mw(const struct ledger *ledger)
{
    double mw = 0.0;

    for (size_t i = 0; i < ledger->count; i++)
        mw += ledger->rows[i].counts ? ledger->rows[i].mw * ledger->rows[i].probability : 0.0;
    return mw;
}

static void print_pair(struct pair *pair)
{
    double before = counting_mw(&pair->before.ledger);
    double after = counting_mw(&pair->after.ledger);
    json_t *object = NULL;

    compare(pair);
    if (pair->list == NULL) {
        printf("%zu added, %zu removed, %zu changed; what counts, by its probabilities: %.0f MW, "
               "now %.0f\n",
               pair->added, pair->removed, pair->changed, before, after);
        return;
    }
    object = json_object();
    json_object_set_new(object, "before", text_to_json(pair->before.origin));
    json_object_set_new(object, "after", text_to_json(pair->after.origin));
    json_object_set_new(object, "added", json_integer((json_int_t)pair->added));
    json_object_set_new(object, "removed", json_integer((json_int_t)pair->removed));
    json_object_set_new(object, "changed", json_integer((json_int_t)pair->changed));
    json_object_set_new(object, "expected_mw_before", json_real(before));
    json_object_set_new(object, "expected_mw_after", json_real(after));
    json_object_set(object, "changes", pair->list);
    json_dumpf(object, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(7));
    putchar('\n');
    json_decref(object);
}

/* A file, or the ledger in use where path is NULL. */
static bool load(struct ledgerfile *out, const struct command_call *call, const char *path,
                 int32_t day)
{
    struct ledgerfile_options options = {
        .day = day, .force = command_flag(call, "force"), .say = ledgerfile_say};
    char message[TABLEFILE_MESSAGE_SIZE];
    bool good = path != NULL ? ledgerfile_load_path(out, message, path, &options)
                             : ledgerfile_load(out, message, call->settings, &options);

    if (!good)
        command_error("%s", message);
    return good;
}

/* Two files, one file and the ledger in use, or that on two days. */
static bool read_request(const struct command_call *call, int32_t days[2])
{
    const char *from = command_value(call, "from");
    const char *to = command_value(call, "to");

    if (call->argument_count > 2) {
        command_error("'ledger diff' takes two files at most");
        return false;
    }
    if (call->argument_count == 0 && from == NULL) {
        command_error("'ledger diff' compares two files, a file with the ledger in use, or with "
                      "--from=DATE that ledger then and now");
        return false;
    }
    return ledgerfile_day(&days[0], "from", from) && ledgerfile_day(&days[1], "to", to);
}

static int run(const struct command_call *call)
{
    struct pair pair = {.added = 0};
    int32_t days[2];
    const char *first = call->argument_count > 0 ? call->arguments[0] : NULL;
    const char *second = call->argument_count > 1 ? call->arguments[1] : NULL;
    bool good = false;

    if (!read_request(call, days))
        return COMMAND_USAGE;
    if (!load(&pair.before, call, first, days[0]))
        return COMMAND_FAILED;
    good = load(&pair.after, call, second, days[1]);
    if (good) {
        pair.list = command_flag(call, "json") ? json_array() : NULL;
        print_pair(&pair);
        json_decref(pair.list);
        ledgerfile_free(&pair.after);
    }
    ledgerfile_free(&pair.before);
    return good ? COMMAND_DONE : COMMAND_FAILED;
}

static const struct command_option options[] = {
    {"from", 0, true, "DATE", "the first as it was known at the end of that day"},
    {"to", 0, true, "DATE", "the second as it was known at the end of that day"},
    {"force", 0, false, NULL, "go on without what is faulty or cannot be"},
    {"json", 0, false, NULL, "print JSON"},
    {NULL, 0, false, NULL, NULL},
};

const struct command cmd_ledger_diff = {
    .name = "ledger diff",
    .synopsis = "ledger diff [--from DATE] [--to DATE] [--json] [FILE [FILE]]",
    .summary = "what has changed between two ledgers or two days",
    .details =
        "Compares the state of two ledgers: a line for each row that came (+) or went (-), and\n"
        "for each field that differs (~), and what that does to the MW that count. A FILE alone\n"
        "is compared with the ledger in use; without files that ledger is compared with itself,\n"
        "as it was known on two days.",
    .options = options,
    .settings_wanted = true,
    .run = run,
};
