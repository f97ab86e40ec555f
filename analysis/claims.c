// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * claims: see claims.h.
 */
#include "config.h"

#include "analysis/claims.h"

#include "analysis/csv_table.h"
#include "analysis/decimal.h"

#include <stdlib.h>
#include <string.h>

/** A threshold beyond this is a mistake. */
#define THRESHOLD_MOST 1e6

enum column {
    ID,
    CLAIM,
    SAID_BY,
    SAID,
    METRIC,
    COMPARISON,
    THRESHOLD,
    FROM,
    DEADLINE,
    PROBABILITY,
    SOURCE,
    NOTE,
    COLUMNS,
};
static const char *const columns[COLUMNS] = {"id",       "claim",       "said_by",   "said",
                                             "metric",   "comparison",  "threshold", "from",
                                             "deadline", "probability", "source",    "note"};

static const struct {
    const char *name, *text;
} metrics[CLAIM_METRICS] = {
    [CLAIM_NONE] = {"", "nothing that could be measured"},
    [CLAIM_DIFFICULTY_CHANGE] = {"difficulty.change", "change of the difficulty"},
    [CLAIM_HASHRATE_CHANGE] = {"hashrate.change", "change of the epochs' mean hash rate"},
    [CLAIM_HASHPRICE_CHANGE] = {"hashprice.change",
                                "change of the hashprice, the subsidy's part alone"},
    [CLAIM_VOLATILITY_CHANGE] = {"volatility.change",
                                 "change of the daily volatility net of luck, against as long a "
                                 "time before"},
    [CLAIM_EFFICIENCY_CHANGE] = {"efficiency.change", "change of the fleet's mean J/TH"},
    [CLAIM_ATTACK_CHANGE] = {"attack.change",
                             "change of the electricity that half of the hash rate costs an hour, "
                             "at one price of power"},
    [CLAIM_INCENTIVE_RATIO] = {"incentive.ratio",
                               "revenue of an AI lease over that of mining, per MW and year"},
    [CLAIM_INCENTIVE_REGIONS] = {"incentive.regions",
                                 "share of the regions in which an AI lease brings more revenue "
                                 "than mining"},
    [CLAIM_REBRANDS] = {"ledger.rebrands", "companies that renamed themselves for AI, of the "
                                           "ledger"},
    [CLAIM_AI_SHARE] = {"departure.ai_share",
                        "hash rate removed for AI over what the network would have, given the "
                        "ledger"},
    [CLAIM_CONCENTRATION] = {"concentration.change", "change of the sum of squared pool shares"},
};

static const char *const verdicts[CLAIM_VERDICTS] = {"cannot be tested", "undecidable", "open",
                                                     "true", "false"};

const char *claim_metric_name(enum claim_metric metric)
{
    return metrics[metric].name;
}

const char *claim_metric_text(enum claim_metric metric)
{
    return metrics[metric].text;
}

const char *claim_verdict_name(enum claim_verdict verdict)
{
    return verdicts[verdict];
}

/* ---- reading ---- */

/** Columns that there have to be. */
#define NEEDED                                                                                     \
    (((UINT64_C(1) << COLUMNS) - 1) & ~(UINT64_C(1) << SOURCE | UINT64_C(1) << NOTE |              \
                                        UINT64_C(1) << PROBABILITY | UINT64_C(1) << FROM))

struct reading {
    struct claims *out;
    struct csv_table table;
};

static void read_texts(struct reading *reading, struct claim *row)
{
    row->id = csv_table_field(&reading->table, ID);
    row->text = csv_table_field(&reading->table, CLAIM);
    row->said_by = csv_table_field(&reading->table, SAID_BY);
    row->source = csv_table_field(&reading->table, SOURCE);
    row->note = csv_table_field(&reading->table, NOTE);
    row->metric_name = csv_table_field(&reading->table, METRIC);
    if (row->id[0] == '\0' || strlen(row->id) > CLAIMS_ID_MAX ||
        strspn(row->id, "abcdefghijklmnopqrstuvwxyz0123456789-") != strlen(row->id))
        csv_table_complain(&reading->table, ID,
                           "%.70s: expected at most %d of a to z, 0 to 9 and -", row->id,
                           CLAIMS_ID_MAX);
    for (size_t i = 0; i < reading->out->count; i++) {
        if (strcmp(reading->out->rows[i].id, row->id) == 0)
            csv_table_complain(&reading->table, ID, "%.70s: it stands in line %u already", row->id,
                               reading->out->rows[i].line);
    }
    if (row->text[0] == '\0')
        csv_table_complain(&reading->table, CLAIM, "nothing: expected what is claimed");
    if (row->said_by[0] == '\0')
        csv_table_complain(&reading->table, SAID_BY, "nothing: expected who says it");
    if (!day_parse(&row->said, csv_table_field(&reading->table, SAID)))
        csv_table_complain(&reading->table, SAID,
                           "%.60s: expected a date such as 2026-05-01, 2026-05 or 2026.3",
                           csv_table_field(&reading->table, SAID));
}

/* The test: metric, comparison, threshold. */
static void read_test(struct reading *reading, struct claim *row)
{
    const char *comparison = csv_table_field(&reading->table, COMPARISON);
    size_t metric = 0;

    while (metric < CLAIM_METRICS && strcmp(metrics[metric].name, row->metric_name) != 0)
        metric++;
    if (metric == CLAIM_METRICS) {
        csv_table_complain(&reading->table, METRIC,
                           "%.60s: expected nothing, for what can't be tested, or a metric of "
                           "hashtide-claims(5) such as %s",
                           row->metric_name, metrics[CLAIM_DIFFICULTY_CHANGE].name);
        return;
    }
    row->metric = (enum claim_metric)metric;
    if (row->metric == CLAIM_NONE) {
        if (row->note[0] == '\0')
            csv_table_complain(&reading->table, NOTE,
                               "nothing: expected why the claim can't be tested");
        return;
    }
    row->above = strcmp(comparison, "above") == 0;
    if (!row->above && strcmp(comparison, "below") != 0)
        csv_table_complain(&reading->table, COMPARISON, "%.60s: expected above or below",
                           comparison);
    if (!decimal_parse(&row->threshold, csv_table_field(&reading->table, THRESHOLD)) ||
        row->threshold > THRESHOLD_MOST || row->threshold < -THRESHOLD_MOST)
        csv_table_complain(&reading->table, THRESHOLD,
                           "%.60s: expected a number such as 0.1, which of a change is "
                           "10 %% more",
                           csv_table_field(&reading->table, THRESHOLD));
}

/* The window and the probability. */
static void read_window(struct reading *reading, struct claim *row)
{
    const char *probability = csv_table_field(&reading->table, PROBABILITY);
    struct day from = row->said;
    struct day deadline = {.known = false};

    row->probability = -1.0;
    if (probability[0] != '\0' && (!decimal_parse(&row->probability, probability) ||
                                   row->probability < 0.0 || row->probability > 1.0))
        csv_table_complain(&reading->table, PROBABILITY, "%.60s: expected a number from 0 to 1",
                           probability);
    if (row->metric == CLAIM_NONE)
        return;
    if (csv_table_field(&reading->table, FROM)[0] != '\0' &&
        !day_parse(&from, csv_table_field(&reading->table, FROM)))
        csv_table_complain(&reading->table, FROM,
                           "%.60s: expected a date, or nothing: from when it was said",
                           csv_table_field(&reading->table, FROM));
    if (!day_parse(&deadline, csv_table_field(&reading->table, DEADLINE)))
        csv_table_complain(&reading->table, DEADLINE, "%.60s: expected a date",
                           csv_table_field(&reading->table, DEADLINE));
    row->from = from.first;
    row->deadline = deadline.last;
    if (from.known && deadline.known && row->deadline <= row->from)
        csv_table_complain(&reading->table, DEADLINE, "%.60s: lies before the window begins",
                           csv_table_field(&reading->table, DEADLINE));
}

static void read_row(struct reading *reading)
{
    struct claim row = {.line = reading->table.record.line};
    size_t faults = reading->table.faults;

    read_texts(reading, &row);
    read_test(reading, &row);
    read_window(reading, &row);
    if (reading->table.faults == faults)
        reading->out->rows[reading->out->count++] = row;
}

static void read_rows(struct reading *reading)
{
    while (csv_table_row(&reading->table, reading->out->count, CLAIMS_ROWS_MAX))
        read_row(reading);
}

enum claims_result claims_parse(struct claims *out, char *text, size_t len, csv_fault_fn fault,
                                void *context)
{
    struct reading reading = {.out = out,
                              .table = {.columns = columns,
                                        .count = COLUMNS,
                                        .needed = NEEDED,
                                        .fault = fault,
                                        .context = context}};

    *out = (struct claims){.text = text};
    out->rows = malloc(CLAIMS_ROWS_MAX * sizeof *out->rows);
    if (out->rows == NULL) {
        claims_free(out);
        return CLAIMS_NO_MEMORY;
    }
    if (csv_table_begin(&reading.table, text, len, CLAIMS_SIZE_MAX))
        read_rows(&reading);
    if (reading.table.faults == 0)
        return CLAIMS_READ;
    claims_free(out);
    return CLAIMS_REFUSED;
}

void claims_free(struct claims *claims)
{
    free(claims->text);
    free(claims->rows);
    *claims = (struct claims){.count = 0};
}

/* ---- verdicts ---- */

enum claim_verdict claim_judge(const struct claim *claim, const struct claim_figure *figure,
                               bool reached)
{
    bool above = figure->low > claim->threshold;
    bool below = figure->high <= claim->threshold;

    if (claim->metric == CLAIM_NONE)
        return CLAIM_UNTESTABLE;
    if (!reached)
        return CLAIM_OPEN;
    if (!claim->above) { /* strictly on the side that is claimed */
        above = figure->low >= claim->threshold;
        below = figure->high < claim->threshold;
    }
    if (!figure->known || (!above && !below))
        return CLAIM_UNDECIDABLE;
    return above == claim->above ? CLAIM_TRUE : CLAIM_FALSE;
}

size_t claims_scores(struct claim_score *out, const struct claim *const *claims,
                     const enum claim_verdict *judged, size_t count)
{
    size_t sources = 0;

    for (size_t i = 0; i < count; i++) {
        const struct claim *claim = claims[i];
        bool decided = judged[i] == CLAIM_TRUE || judged[i] == CLAIM_FALSE;
        double error = claim->probability - (judged[i] == CLAIM_TRUE ? 1.0 : 0.0);
        size_t at = 0;

        while (at < sources && strcmp(out[at].said_by, claim->said_by) != 0)
            at++;
        if (at == sources)
            out[sources++] = (struct claim_score){.said_by = claim->said_by};
        out[at].claims++;
        if (!decided || claim->probability < 0.0)
            continue;
        out[at].decided++;
        out[at].brier += error * error;
    }
    for (size_t i = 0; i < sources; i++)
        out[i].brier /= out[i].decided > 0 ? (double)out[i].decided : 1.0;
    return sources;
}
