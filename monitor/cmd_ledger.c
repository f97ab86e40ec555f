// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * cmd_ledger: `hashtide ledger list` and `check`: the ledger of sites that left mining, as it is
 * now or was known on a day, and what is wrong with it.
 */
#include "config.h"

#include "analysis/csv.h"
#include "monitor/command.h"
#include "monitor/filesign.h"
#include "monitor/keyfile.h"
#include "monitor/ledgerfile.h"
#include "monitor/text.h"
#include "monitor/words.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

/** Digits of a figure in JSON: MW are known to fewer. */
#define DIGITS 7

/* ---- list: which rows ---- */

struct request {
    int32_t day;
    const char *company, *region; /* NULL: any */
    bool kind_given;
    enum ledger_kind kind;
    bool counted;  /* only what counts */
    bool versions; /* all of them, in force or not */
    bool json, csv, sign;
    const char *output;
};

static bool read_formats(const struct request *request)
{
    if (request->json && request->csv) {
        command_error("--json and --csv exclude each other");
        return false;
    }
    if (request->sign && (request->output == NULL || strcmp(request->output, "-") == 0)) {
        command_error("--sign wants --output=FILE: the signature goes beside it, into FILE%s",
                      FILESIGN_ENDING);
        return false;
    }
    return true;
}

static bool read_request(struct request *request, const struct command_call *call)
{
    const char *kind = command_value(call, "kind");

    *request = (struct request){.company = command_value(call, "company"),
                                .region = command_value(call, "region"),
                                .kind_given = kind != NULL,
                                .counted = command_flag(call, "counted"),
                                .versions = command_flag(call, "versions"),
                                .json = command_flag(call, "json"),
                                .csv = command_flag(call, "csv"),
                                .sign = command_flag(call, "sign"),
                                .output = command_value(call, "output")};
    if (call->argument_count > 0) {
        command_error("'ledger list' takes no arguments, but there is '%s'", call->arguments[0]);
        return false;
    }
    if (kind != NULL && !ledger_kind_find(&request->kind, kind)) {
        command_error("--kind=%s: expected conversion, pilot, rebrand, dual, exit, greenfield, "
                      "foregone, control or total",
                      kind);
        return false;
    }
    return read_formats(request) &&
           ledgerfile_day(&request->day, "as-of", command_value(call, "as-of"));
}

static bool wanted(const struct ledger_row *row, const struct request *request)
{
    return (row->in_force || (request->versions && row->recorded <= request->day)) &&
           (!request->counted || row->counts) &&
           (!request->kind_given || row->kind == request->kind) &&
           (request->company == NULL ||
            strstr(row->fields[LEDGER_COMPANY], request->company) != NULL) &&
           (request->region == NULL || strstr(row->fields[LEDGER_REGION], request->region) != NULL);
}

/** What rows add up to. */
struct sums {
    size_t rows, count, leases;
    double mw, expected_mw, lease_mw;
};

static struct sums add_up(const struct ledger *ledger, const struct request *request)
{
    struct sums sums = {.rows = 0};

    for (size_t i = 0; i < ledger->count; i++) {
        const struct ledger_row *row = &ledger->rows[i];

        if (!wanted(row, request))
            continue;
        sums.rows++;
        if (!row->counts)
            continue;
        sums.count++;
        sums.mw += row->mw;
        sums.expected_mw += row->mw * row->probability;
        if (row->basis != LEDGER_BASIS_MINED) {
            sums.leases++;
            sums.lease_mw += row->mw;
        }
    }
    return sums;
}

/* ---- list: for people ---- */

static void print_row(FILE *out, const struct ledger_row *row)
{
    fprintf(out, "%c %-23.23s %6.6s %-9s %4.4s %-10s %-9s %s\n", row->counts ? '*' : ' ',
            row->fields[LEDGER_ID], row->fields[LEDGER_MW], row->fields[LEDGER_MW_BASIS],
            row->fields[LEDGER_PROBABILITY], row->fields[LEDGER_KIND], row->fields[LEDGER_STATUS],
            row->fields[LEDGER_ENERGISED]);
}

static void print_text(FILE *out, const struct ledgerfile *file, const struct request *request)
{
    struct sums sums = add_up(&file->ledger, request);
    char origin[sizeof file->origin];
    char mw[WORDS_SIZE], expected[WORDS_SIZE], lease[WORDS_SIZE];

    fprintf(out, "  %-23s %6s %-9s %4s %-10s %-9s %s\n", "id", "MW", "which are", "p", "kind",
            "status", "AI from");
    for (size_t i = 0; i < file->ledger.count; i++) {
        if (wanted(&file->ledger.rows[i], request))
            print_row(out, &file->ledger.rows[i]);
    }
    text_escape(origin, sizeof origin, file->origin);
    words_count(mw, sizeof mw, (int64_t)(sums.mw + 0.5));
    words_count(expected, sizeof expected, (int64_t)(sums.expected_mw + 0.5));
    words_count(lease, sizeof lease, (int64_t)(sums.lease_mw + 0.5));
    fprintf(out,
            "\n%zu rows, %zu of which count (*): %s MW, %s MW by their probabilities.\n"
            "MW and probabilities are judgement.\n",
            sums.rows, sums.count, mw, expected);
    if (sums.leases > 0)
        fprintf(out, "Of %zu rows, %s MW, they are those of the lease, not of mining.\n",
                sums.leases, lease);
    fprintf(out, "Ledger: %s.\n", origin);
}

/* ---- list: for programs ---- */

static json_t *number_or_null(double number)
{
    return number > 0.0 ? json_real(number) : json_null();
}

static json_t *row_to_json(const struct ledger_row *row)
{
    json_t *object = json_object();

    for (int column = 0; column < LEDGER_COLUMNS; column++) {
        const char *text = row->fields[column];

        json_object_set_new(object, ledger_column_name((enum ledger_column)column),
                            text[0] != '\0' ? text_to_json(text) : json_null());
    }
    json_object_set_new(object, "mw", number_or_null(row->mw));
    json_object_set_new(object, "gross_mw", number_or_null(row->gross_mw));
    json_object_set_new(object, "it_mw", number_or_null(row->it_mw));
    json_object_set_new(object, "probability",
                        row->probability >= 0.0 ? json_real(row->probability) : json_null());
    json_object_set_new(object, "counts", json_boolean(row->counts));
    json_object_set_new(object, "in_force", json_boolean(row->in_force));
    json_object_set_new(object, "line", json_integer(row->line));
    return object;
}

static void print_json(FILE *out, const struct ledgerfile *file, const struct request *request)
{
    struct sums sums = add_up(&file->ledger, request);
    json_t *object = json_object();
    json_t *rows = json_array();
    char day[DAY_TEXT_SIZE];

    day_text(day, request->day == LEDGER_LATEST ? 0 : request->day);
    json_object_set_new(object, "origin", text_to_json(file->origin));
    json_object_set_new(object, "as_of",
                        request->day == LEDGER_LATEST ? json_null() : json_string(day));
    json_object_set_new(object, "faults", json_integer((json_int_t)file->faults));
    for (size_t i = 0; i < file->ledger.count; i++) {
        if (wanted(&file->ledger.rows[i], request))
            json_array_append_new(rows, row_to_json(&file->ledger.rows[i]));
    }
    json_object_set_new(object, "rows", rows);
    json_object_set_new(object, "counting_rows", json_integer((json_int_t)sums.count));
    json_object_set_new(object, "counting_mw", json_real(sums.mw));
    json_object_set_new(object, "expected_mw", json_real(sums.expected_mw));
    json_object_set_new(object, "lease_mw", json_real(sums.lease_mw));
    json_dumpf(object, out, JSON_INDENT(2) | JSON_REAL_PRECISION(DIGITS));
    fputc('\n', out);
    json_decref(object);
}

/* In the file's own format: a ledger again. */
static void print_csv(FILE *out, const struct ledgerfile *file, const struct request *request)
{
    char field[2 * LEDGER_FIELD_MAX + 3];

    for (int column = 0; column < LEDGER_COLUMNS; column++)
        fprintf(out, "%s%s", column > 0 ? "," : "", ledger_column_name((enum ledger_column)column));
    fputs("\r\n", out);
    for (size_t i = 0; i < file->ledger.count; i++) {
        const struct ledger_row *row = &file->ledger.rows[i];

        if (!wanted(row, request))
            continue;
        for (int column = 0; column < LEDGER_COLUMNS; column++) {
            csv_quote(field, sizeof field, row->fields[column]);
            fprintf(out, "%s%s", column > 0 ? "," : "", field);
        }
        fputs("\r\n", out);
    }
}

/* signer: NULL where it is not to be signed. */
static bool write_list(const struct ledgerfile *file, const struct request *request,
                       const struct signer *signer)
{
    struct output output;

    if (!output_open(&output, request->output))
        return false;
    if (request->json)
        print_json(output.stream, file, request);
    else if (request->csv)
        print_csv(output.stream, file, request);
    else
        print_text(output.stream, file, request);
    return signer != NULL ? filesign_commit(&output, request->output, signer)
                          : output_commit(&output);
}

static int run_list(const struct command_call *call)
{
    struct request request;
    struct ledgerfile file;
    struct signer *signer = NULL;
    char message[TABLEFILE_MESSAGE_SIZE];
    char why[KEYFILE_MESSAGE_SIZE];
    bool good = false;

    if (!read_request(&request, call))
        return COMMAND_USAGE;
    if (request.sign && keyfile_load_own(&signer, why, call->settings) != KEYFILE_OK) {
        command_error("%s", why);
        return COMMAND_FAILED;
    }
    good = ledgerfile_load(&file, message, call->settings,
                           &(struct ledgerfile_options){.day = request.day,
                                                        .force = command_flag(call, "force"),
                                                        .say = ledgerfile_say});
    if (good)
        good = write_list(&file, &request, signer);
    else
        command_error("%s", message);
    ledgerfile_free(&file);
    signer_free(signer);
    return good ? COMMAND_DONE : COMMAND_FAILED;
}

/* ---- check ---- */

static void print_line(void *context, const char *line)
{
    (void)context;
    printf("%s\n", line);
}

static int run_check(const struct command_call *call)
{
    struct ledgerfile_options options = {.force = true, .doubts = true, .say = print_line};
    struct ledgerfile file;
    char message[TABLEFILE_MESSAGE_SIZE];
    bool read = false;

    if (call->argument_count > 1) {
        command_error("'ledger check' takes one file at most");
        return COMMAND_USAGE;
    }
    if (!ledgerfile_day(&options.day, "as-of", command_value(call, "as-of")))
        return COMMAND_USAGE;
    read = call->argument_count == 1
               ? ledgerfile_load_path(&file, message, call->arguments[0], &options)
               : ledgerfile_load(&file, message, call->settings, &options);
    if (!read) {
        command_error("%s", message);
        return COMMAND_FAILED;
    }
    printf("%zu rows, %zu faults, %zu doubts\n", file.ledger.count, file.faults, file.doubts);
    ledgerfile_free(&file);
    return file.faults == 0 ? COMMAND_DONE : COMMAND_FAILED;
}

/* ---- the commands ---- */

static const struct command_option list_options[] = {
    {"as-of", 0, true, "DATE", "the ledger as it was known at the end of that day"},
    {"counted", 0, false, NULL, "only rows that count: those of which the estimate is made"},
    {"kind", 0, true, "KIND", "only rows of a kind: conversion, exit, greenfield, ..."},
    {"company", 0, true, "TEXT", "only rows whose company has this in its name"},
    {"region", 0, true, "TEXT", "the same of the region"},
    {"versions", 0, false, NULL, "all versions of each row, and not the last alone"},
    {"force", 0, false, NULL, "go on without what is faulty or cannot be"},
    {"csv", 0, false, NULL, "print a ledger again, in the format of hashtide-ledger(5)"},
    {"json", 0, false, NULL, "print JSON"},
    {"output", 'o', true, "FILE", "where to write; - is standard output"},
    {"sign", 0, false, NULL, "sign the file, into FILE.sig, with the key of 'hashtide keygen'"},
    {NULL, 0, false, NULL, NULL},
};

const struct command cmd_ledger_list = {
    .name = "ledger list",
    .synopsis = "ledger list [--as-of DATE] [--counted] [--kind KIND] [--json|--csv]",
    .summary = "list sites that left mining for AI, or are said to",
    .details =
        "Lists the ledger of sites: what mined there, what is planned, how sure that is, and\n"
        "whether the row counts (*). A row counts if mining leaves there, its MW and the\n"
        "probability of delivery are known, and it is no part of another that counts. All that\n"
        "'hashtide departure' says of AI is made of these rows.\n\n"
        "The ledger is the one built in, or that of ledger.file or ledger.url. With --as-of it\n"
        "is taken as it was known then: rows carry the day on which they were recorded.",
    .options = list_options,
    .settings_wanted = true,
    .run = run_list,
};

static const struct command_option check_options[] = {
    {"as-of", 0, true, "DATE", "the ledger as it was known at the end of that day"},
    {NULL, 0, false, NULL, NULL},
};

const struct command cmd_ledger_check = {
    .name = "ledger check",
    .synopsis = "ledger check [--as-of DATE] [FILE]",
    .summary = "find what is wrong with a ledger of sites",
    .details = "Says all that cannot be in a ledger, a line each with the file's line, the column\n"
               "and the reason: words and numbers that are none, dates in an impossible order,\n"
               "sources that are missing, parents that are not there, and what would be counted\n"
               "twice: a row and its part, one site under two names, totals. What may be right\n"
               "all the same is marked as doubtful. FILE is checked, or the ledger in use.\n\n"
               "Exit code 1 if there is a fault; doubts are none.",
    .options = check_options,
    .settings_wanted = true,
    .run = run_check,
};
