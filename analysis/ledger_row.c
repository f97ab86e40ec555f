// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * ledger_row: one row: what its fields say, and what can't be.
 */
#include "config.h"

#include "analysis/decimal.h"
#include "analysis/ledger_internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/** So much of a field is shown in a message. */
#define SHOWN 60
/** An AI hall that runs so many days before anybody says so was hardly kept a secret: a slip of the
 *  year is likelier. */
#define SILENCE_MAX_DAYS 730

/* ---- complaints ---- */

static void __attribute__((format(printf, 4, 0)))
tell(struct ledger_judge *judge, enum ledger_column column, bool doubt, const char *format,
     va_list arguments)
{
    struct csv_fault fault = {
        .line = judge->line, .column = ledger_column_name(column), .doubt = doubt};

    vsnprintf(fault.reason, sizeof fault.reason, format, arguments);
    judge->faults += doubt ? 0 : 1;
    if (judge->fault != NULL)
        judge->fault(judge->context, &fault);
}

void ledger_complain(struct ledger_judge *judge, enum ledger_column column, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    tell(judge, column, false, format, arguments);
    va_end(arguments);
}

void ledger_doubt(struct ledger_judge *judge, enum ledger_column column, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    tell(judge, column, true, format, arguments);
    va_end(arguments);
}

/* ---- fields ---- */

static bool given(const struct ledger_row *row, enum ledger_column column)
{
    return row->fields[column][0] != '\0';
}

/* What stands there, cut, for a message. */
struct shown {
    char text[SHOWN + 1];
};

static struct shown shown(const struct ledger_row *row, enum ledger_column column)
{
    struct shown out = {"nothing"};

    if (given(row, column))
        snprintf(out.text, sizeof out.text, "%s", row->fields[column]);
    return out;
}

static void read_id(const struct ledger_row *row, enum ledger_column column,
                    struct ledger_judge *judge)
{
    const char *id = row->fields[column];

    if (strlen(id) <= LEDGER_ID_MAX &&
        strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789-") == strlen(id) && id[0] != '-' &&
        id[0] != '\0')
        return;
    ledger_complain(judge, column,
                    "%s: expected at most %d of a to z, 0 to 9 and -, such as core-denton",
                    shown(row, column).text, LEDGER_ID_MAX);
}

/* One of a list of words. Returns 0 with a complaint for anything else. */
static size_t read_word(const struct ledger_row *row, enum ledger_column column,
                        const char *const *names, size_t count, struct ledger_judge *judge)
{
    size_t found = ledger_name_find(names, count, row->fields[column]);
    char list[CSV_REASON_SIZE] = "";
    size_t len = 0;

    if (found < count)
        return found;
    for (size_t i = 0; i < count && len < sizeof list; i++) {
        if (names[i][0] != '\0')
            len += (size_t)snprintf(list + len, sizeof list - len, "%s%s",
                                    len == 0         ? ""
                                    : i + 1 == count ? " or "
                                                     : ", ",
                                    names[i]);
    }
    ledger_complain(judge, column, "%s: expected %s", shown(row, column).text, list);
    return 0;
}

/* A number above least and up to most; otherwise, and for nothing, unknown. */
static double read_number(const struct ledger_row *row, enum ledger_column column, double unknown,
                          double most, struct ledger_judge *judge)
{
    double value = 0.0;

    if (!given(row, column))
        return unknown;
    if (decimal_parse(&value, row->fields[column]) && value >= 0.0 && value <= most &&
        (value > 0.0 || unknown < 0.0))
        return value;
    ledger_complain(judge, column, "%s: expected a number %s %.0f, such as %s",
                    shown(row, column).text, unknown < 0.0 ? "from 0 to" : "above 0, at most", most,
                    unknown < 0.0 ? "0.7" : "197");
    return unknown;
}

static struct day read_day(const struct ledger_row *row, enum ledger_column column,
                           struct ledger_judge *judge)
{
    struct day day = {.known = false};

    if (given(row, column) && !day_parse(&day, row->fields[column]))
        ledger_complain(judge, column,
                        "%s: expected 2025-11-06, 2025-11, 2025-Q4, 2025 or, where it is judged, "
                        "2025.85",
                        shown(row, column).text);
    return day;
}

static void read_recorded(struct ledger_row *row, struct ledger_judge *judge)
{
    struct day day = {.known = false};

    if (day_parse_exact(&day, row->fields[LEDGER_RECORDED]))
        row->recorded = day.first;
    else
        ledger_complain(judge, LEDGER_RECORDED,
                        "%s: expected the day on which the row was written, such as 2026-07-31",
                        shown(row, LEDGER_RECORDED).text);
}

/* ---- what can't be ---- */

static void judge_texts(const struct ledger_row *row, struct ledger_judge *judge)
{
    for (int column = 0; column < LEDGER_COLUMNS; column++) {
        if (strlen(row->fields[column]) > LEDGER_FIELD_MAX)
            ledger_complain(judge, (enum ledger_column)column, "longer than %d bytes",
                            LEDGER_FIELD_MAX);
    }
    if (!given(row, LEDGER_COMPANY))
        ledger_complain(judge, LEDGER_COMPANY, "nothing: expected whose site it is");
    if (!given(row, LEDGER_SITE))
        ledger_complain(judge, LEDGER_SITE, "nothing: expected what it is called");
}

static void judge_source(const struct ledger_row *row, struct ledger_judge *judge)
{
    const char *source = row->fields[LEDGER_SOURCE];
    bool address = strncmp(source, "https://", 8) == 0 || strncmp(source, "http://", 7) == 0;

    if (row->confidence == LEDGER_SEEN && !address)
        ledger_complain(judge, LEDGER_SOURCE,
                        "%s: a source that was seen has an address, https://...: give it, or say "
                        "confidence memory or judgement",
                        shown(row, LEDGER_SOURCE).text);
    if (row->confidence == LEDGER_JUDGEMENT && !given(row, LEDGER_NOTE))
        ledger_doubt(judge, LEDGER_NOTE, "nothing: a judgement should say what it rests on");
}

static void judge_numbers(const struct ledger_row *row, struct ledger_judge *judge)
{
    bool chance = row->probability >= 0.0;

    if (row->mw > 0.0 && row->basis == LEDGER_BASIS_NONE)
        ledger_complain(judge, LEDGER_MW_BASIS,
                        "nothing: are the MW what mined there (mined), the load of a lease x "
                        "overhead (lease), or announced?");
    if (!given(row, LEDGER_MW) && row->basis != LEDGER_BASIS_NONE)
        ledger_complain(judge, LEDGER_MW, "nothing, but mw_basis says what it is");
    if (row->it_mw > 0.0 && row->gross_mw > 0.0 && row->it_mw > row->gross_mw)
        ledger_complain(judge, LEDGER_IT_MW, "%s: the IT load is a part of gross_mw, %s",
                        shown(row, LEDGER_IT_MW).text, shown(row, LEDGER_GROSS_MW).text);
    if (chance && !ledger_kind_counts(row->kind))
        ledger_complain(judge, LEDGER_PROBABILITY,
                        "%s: a row of kind %s never counts and has no probability",
                        shown(row, LEDGER_PROBABILITY).text, ledger_kind_name(row->kind));
    else if (chance && row->mined == LEDGER_MINED_NO)
        ledger_complain(judge, LEDGER_PROBABILITY,
                        "%s: nothing mined there before, so nothing can leave",
                        shown(row, LEDGER_PROBABILITY).text);
    else if (chance && !given(row, LEDGER_MW))
        ledger_complain(judge, LEDGER_MW, "nothing: a row with a probability has to say how much");
    else if (chance && !given(row, LEDGER_ANNOUNCED))
        ledger_complain(judge, LEDGER_ANNOUNCED,
                        "nothing: a row with a probability has to say when it became known");
}

/* A complaint if the one date lies after the other. */
static void in_order(const struct ledger_row *row, enum ledger_column late, const struct day *b,
                     enum ledger_column early, const struct day *a, struct ledger_judge *judge)
{
    if (day_after(a, b))
        ledger_complain(judge, late, "%s: lies before %s, %s", shown(row, late).text,
                        ledger_column_name(early), shown(row, early).text);
}

static void judge_dates(const struct ledger_row *row, struct ledger_judge *judge)
{
    struct day recorded = {.known = true, .first = row->recorded, .last = row->recorded};
    struct day silence = row->energised;

    in_order(row, LEDGER_FULL, &row->full, LEDGER_ENERGISED, &row->energised, judge);
    in_order(row, LEDGER_FULL, &row->full, LEDGER_UNPLUGGED, &row->unplugged, judge);
    in_order(row, LEDGER_ENERGISED, &row->energised, LEDGER_UNPLUGGED, &row->unplugged, judge);
    if (day_after(&row->announced, &recorded))
        ledger_complain(judge, LEDGER_ANNOUNCED, "%s: it was recorded on %s, before that",
                        shown(row, LEDGER_ANNOUNCED).text, shown(row, LEDGER_RECORDED).text);
    if (row->status == LEDGER_LIVE && day_after(&row->energised, &recorded))
        ledger_complain(judge, LEDGER_STATUS,
                        "live, but energised (%s) lies after the day of recording",
                        shown(row, LEDGER_ENERGISED).text);
    silence.last += SILENCE_MAX_DAYS;
    if (ledger_kind_counts(row->kind) && day_after(&row->announced, &silence))
        ledger_doubt(judge, LEDGER_ENERGISED, "%s: more than two years before it was announced, %s",
                     shown(row, LEDGER_ENERGISED).text, shown(row, LEDGER_ANNOUNCED).text);
}

void ledger_read_row(struct ledger_row *row, struct ledger_judge *judge)
{
    size_t before = judge->faults;

    read_id(row, LEDGER_ID, judge);
    if (given(row, LEDGER_PARENT))
        read_id(row, LEDGER_PARENT, judge);
    read_recorded(row, judge);
    row->kind = (enum ledger_kind)read_word(row, LEDGER_KIND, ledger_kinds, LEDGER_KINDS, judge);
    row->status =
        (enum ledger_status)read_word(row, LEDGER_STATUS, ledger_statuses, LEDGER_STATUSES, judge);
    row->mined =
        (enum ledger_mined)read_word(row, LEDGER_MINED_BEFORE, ledger_mineds, LEDGER_MINEDS, judge);
    row->basis =
        (enum ledger_basis)read_word(row, LEDGER_MW_BASIS, ledger_bases, LEDGER_BASES, judge);
    row->confidence = (enum ledger_confidence)read_word(row, LEDGER_CONFIDENCE, ledger_confidences,
                                                        LEDGER_CONFIDENCES, judge);
    row->mw = read_number(row, LEDGER_MW, 0.0, LEDGER_MW_MAX, judge);
    row->gross_mw = read_number(row, LEDGER_GROSS_MW, 0.0, LEDGER_MW_MAX, judge);
    row->it_mw = read_number(row, LEDGER_IT_MW, 0.0, LEDGER_MW_MAX, judge);
    row->probability = read_number(row, LEDGER_PROBABILITY, -1.0, 1.0, judge);
    row->announced = read_day(row, LEDGER_ANNOUNCED, judge);
    row->unplugged = read_day(row, LEDGER_UNPLUGGED, judge);
    row->energised = read_day(row, LEDGER_ENERGISED, judge);
    row->full = read_day(row, LEDGER_FULL, judge);
    judge_texts(row, judge);
    if (judge->faults > before) /* what follows would only repeat it */
        return;
    judge_source(row, judge);
    judge_numbers(row, judge);
    judge_dates(row, judge);
}

bool ledger_kind_counts(enum ledger_kind kind)
{
    return kind == LEDGER_CONVERSION || kind == LEDGER_PILOT || kind == LEDGER_DUAL;
}
