// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * companies_ask: which companies and months count, whether they are enough, and the answer. See
 * companies.h.
 */
#include "config.h"

#include "analysis/companies_internal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** January of 2024: nobody had converted by then. */
#define EARLY_END (2024 * 12)
/** Figures before conversion that a company's base is the mean of. */
#define BASE_FIGURES 3
#define TREND_COMPANIES 2
#define DRAWS 8000
#define TREND_Z 1.959963984540054
#define MONTHS_A_YEAR 12.0

/** Rows and what is made of them. */
struct asking {
    const struct companies_row *rows;
    size_t count;
    struct companies_answer *answer;
    int first_conversion; /* of those used */
    size_t converters, controls;
    double *values; /* room for draws */
};

static bool is_of(const struct companies_row *row, const struct companies_have *have)
{
    return row->measure == have->measure && strcmp(row->company, have->company) == 0;
}

static bool in_window(const struct companies_answer *answer, int month)
{
    return month > answer->end - COMPANIES_WINDOW && month <= answer->end;
}

/* ---- what there is ---- */

static void find_companies(struct asking *asking)
{
    struct companies_answer *answer = asking->answer;

    for (size_t i = 0; i < asking->count; i++) {
        const struct companies_row *row = &asking->rows[i];
        size_t c = 0;

        while (c < answer->count && strcmp(answer->have[c].company, row->company) != 0)
            c++;
        if (c == answer->count && c < COMPANIES_MAX)
            answer->have[answer->count++] = (struct companies_have){.company = row->company,
                                                                    .converter = row->converter,
                                                                    .converted = row->converted,
                                                                    .without = NAN};
    }
}

static void choose_measure(const struct asking *asking, struct companies_have *have)
{
    size_t counts[COMPANIES_MEASURES] = {0};

    for (size_t i = 0; i < asking->count; i++)
        if (strcmp(asking->rows[i].company, have->company) == 0)
            counts[asking->rows[i].measure]++;
    for (int measure = 0; measure < COMPANIES_MEASURES; measure++)
        if (counts[measure] > have->rows) {
            have->rows = counts[measure];
            have->measure = (enum companies_measure)measure;
        }
    have->first = INT32_MAX;
    for (size_t i = 0; i < asking->count; i++)
        if (is_of(&asking->rows[i], have)) {
            have->first = asking->rows[i].month < have->first ? asking->rows[i].month : have->first;
            have->last = asking->rows[i].month > have->last ? asking->rows[i].month : have->last;
        }
}

/* Geometric mean of the last figures before conversion. */
static double find_base(const struct asking *asking, const struct companies_have *have)
{
    double sum = 0.0;
    int found = 0;

    for (int month = have->converted - 1;
         month >= have->converted - COMPANIES_BEFORE_SPAN && found < BASE_FIGURES; month--)
        for (size_t i = 0; i < asking->count; i++)
            if (is_of(&asking->rows[i], have) && asking->rows[i].month == month) {
                sum += log(asking->rows[i].ehs);
                found++;
            }
    return found > 0 ? exp(sum / found) : 0.0;
}

static void count_rows(const struct asking *asking, struct companies_have *have)
{
    const struct companies_answer *answer = asking->answer;

    for (size_t i = 0; i < asking->count; i++) {
        const struct companies_row *row = &asking->rows[i];

        if (!is_of(row, have))
            continue;
        if (have->converter) {
            have->before += row->month < have->converted &&
                            row->month >= have->converted - COMPANIES_BEFORE_SPAN;
            have->window += in_window(answer, row->month) && row->month >= have->converted;
            have->early += row->month < EARLY_END && row->month < have->converted;
        } else {
            have->before += row->month < asking->first_conversion;
            have->window += in_window(answer, row->month);
            have->early += row->month < EARLY_END;
        }
    }
}

static void choose_companies(struct asking *asking)
{
    struct companies_answer *answer = asking->answer;

    asking->first_conversion = INT32_MAX;
    for (size_t c = 0; c < answer->count; c++) {
        choose_measure(asking, &answer->have[c]);
        if (answer->have[c].converter && answer->have[c].last > answer->end)
            answer->end = answer->have[c].last;
    }
    for (size_t c = 0; c < answer->count; c++) {
        struct companies_have *have = &answer->have[c];

        if (!have->converter)
            continue;
        count_rows(asking, have);
        have->base = find_base(asking, have);
        have->used =
            have->before >= COMPANIES_BEFORE_LEAST && have->window >= COMPANIES_WINDOW_LEAST;
        asking->converters += have->used;
        if (have->used && have->converted < asking->first_conversion)
            asking->first_conversion = have->converted;
    }
    for (size_t c = 0; c < answer->count; c++) {
        struct companies_have *have = &answer->have[c];

        if (have->converter)
            continue;
        if (asking->converters == 0) { /* nothing to be before of */
            have->window = 0;
            asking->first_conversion = EARLY_END;
        }
        count_rows(asking, have);
        have->used = have->rows >= COMPANIES_CONTROL_LEAST && have->before > 0 &&
                     have->window >= COMPANIES_WINDOW_LEAST;
        asking->controls += have->used;
    }
}

/* ---- rules ---- */

static void judge_rule(struct companies_answer *answer, enum companies_rule rule, bool met)
{
    answer->met[rule] = met;
}

static void judge_counts(struct asking *asking)
{
    struct companies_answer *answer = asking->answer;
    size_t early[2] = {0, 0};

    for (size_t c = 0; c < answer->count; c++)
        early[answer->have[c].converter] +=
            answer->have[c].used && answer->have[c].early >= COMPANIES_TREND_LEAST;
    judge_rule(answer, COMPANIES_CONVERTERS, asking->converters >= COMPANIES_LEAST);
    snprintf(
        answer->reason[COMPANIES_CONVERTERS], COMPANIES_RULE_SIZE,
        "%zu of %d converters have %d figures in the %d months before they converted and %d in "
        "the last %d months",
        asking->converters, COMPANIES_LEAST, COMPANIES_BEFORE_LEAST, COMPANIES_BEFORE_SPAN,
        COMPANIES_WINDOW_LEAST, COMPANIES_WINDOW);
    judge_rule(answer, COMPANIES_CONTROLS, asking->controls >= COMPANIES_LEAST);
    snprintf(answer->reason[COMPANIES_CONTROLS], COMPANIES_RULE_SIZE,
             "%zu of %d controls have %d figures, %d of them in the last %d months and one from "
             "before the first conversion",
             asking->controls, COMPANIES_LEAST, COMPANIES_CONTROL_LEAST, COMPANIES_WINDOW_LEAST,
             COMPANIES_WINDOW);
    judge_rule(answer, COMPANIES_TRENDS_SEEN,
               early[0] >= TREND_COMPANIES && early[1] >= TREND_COMPANIES);
    snprintf(answer->reason[COMPANIES_TRENDS_SEEN], COMPANIES_RULE_SIZE,
             "%zu converters and %zu controls of %d each have %d figures from before 2024, to test "
             "whether both groups moved alike",
             early[1], early[0], TREND_COMPANIES, COMPANIES_TREND_LEAST);
    snprintf(answer->reason[COMPANIES_TRENDS_ALIKE], COMPANIES_RULE_SIZE,
             "whether both groups moved alike before 2024 was not tested");
    snprintf(answer->reason[COMPANIES_STEADY], COMPANIES_RULE_SIZE,
             "how far companies' own courses differ was not worked out");
    snprintf(answer->reason[COMPANIES_SURE], COMPANIES_RULE_SIZE, "no interval was worked out");
}

/* ---- fits ---- */

static int by_company(const void *left, const void *right)
{
    const struct companies_seen *a = left;
    const struct companies_seen *b = right;

    if (a->company != b->company)
        return a->company < b->company ? -1 : 1;
    return (a->month > b->month) - (a->month < b->month);
}

/* Observations of the companies used, all but one of them (COMPANIES_MAX: all). With trend, those
 * before 2024 and one effect, years of converters; else one effect for each converter. */
static bool make_problem(struct companies_problem *out, const struct asking *asking, size_t but,
                         bool trend)
{
    const struct companies_answer *answer = asking->answer;

    *out = (struct companies_problem){.effects = trend};
    out->seen = malloc((asking->count + 1) * sizeof *out->seen);
    if (out->seen == NULL)
        return false;
    for (size_t c = 0; c < answer->count; c++) {
        const struct companies_have *have = &answer->have[c];
        size_t before = out->count;

        if (!have->used || c == but)
            continue;
        for (size_t i = 0; i < asking->count; i++) {
            const struct companies_row *row = &asking->rows[i];
            struct companies_seen seen = {.company = out->companies,
                                          .month = row->month,
                                          .log_ehs = log(row->ehs),
                                          .effect = COMPANIES_NO_EFFECT};
            bool mined = !have->converter || row->month < have->converted;

            if (!is_of(row, have) || (trend && (!mined || row->month >= EARLY_END)))
                continue;
            if (trend && have->converter) {
                seen.effect = 0;
                seen.amount = (row->month - EARLY_END) / MONTHS_A_YEAR;
            } else if (!mined && in_window(answer, row->month)) {
                seen.effect = out->effects;
                seen.amount = 1.0;
            } else if (!mined) {
                continue;
            }
            out->seen[out->count++] = seen;
        }
        out->companies += out->count > before;
        out->effects += !trend && have->converter;
    }
    qsort(out->seen, out->count, sizeof *out->seen, by_company);
    return true;
}

/* Share of all converters' bases that is removed in a draw. */
static double total_share(const struct companies_answer *answer, const double *effects, size_t but)
{
    double removed = 0.0;
    double base = 0.0;
    size_t e = 0;

    for (size_t c = 0; c < answer->count; c++) {
        const struct companies_have *have = &answer->have[c];

        if (!have->used || !have->converter || c == but)
            continue;
        removed -= have->base * expm1(effects[e++]);
        base += have->base;
    }
    return removed / base;
}

/* Fits the effects and draws them. */
static bool estimate(struct asking *asking, struct companies_point *grid, size_t but,
                     size_t *effects)
{
    struct companies_problem problem;
    bool good = make_problem(&problem, asking, but, false);

    good = good && companies_fit(grid, &problem);
    *effects = problem.effects;
    if (good)
        companies_draw(asking->values, grid, *effects, DRAWS, true);
    free(problem.seen);
    return good;
}

static bool summarise(struct asking *asking)
{
    struct companies_answer *answer = asking->answer;
    size_t n = 0;
    double base = 0.0;
    double chances[COMPANIES_GRID];
    double *one = malloc(DRAWS * sizeof *one);
    bool good = one != NULL && estimate(asking, answer->grid, COMPANIES_MAX, &n);

    if (good) {
        companies_grid_chances(chances, answer->grid, n);
        for (size_t g = 0; g < COMPANIES_GRID; g++)
            answer->course += chances[g] * answer->grid[g].sd;
    }
    for (size_t c = 0; c < answer->count; c++)
        if (answer->have[c].used && answer->have[c].converter) {
            base += answer->have[c].base;
            answer->converter[answer->converters++] = c;
        }
    for (size_t e = 0; e < n && good; e++) {
        for (size_t d = 0; d < DRAWS; d++)
            one[d] = -expm1(asking->values[d * n + e]);
        good = site_figure_of(&answer->have[answer->converter[e]].removed, one, NULL, DRAWS);
    }
    for (size_t d = 0; d < DRAWS && good; d++)
        one[d] = total_share(answer, asking->values + d * n, COMPANIES_MAX);
    good = good && site_figure_of(&answer->removed, one, NULL, DRAWS);
    for (size_t d = 0; d < DRAWS && good; d++)
        one[d] *= base;
    good = good && site_figure_of(&answer->removed_ehs, one, NULL, DRAWS);
    free(one);
    return good;
}

/* The median share with each company left out in turn. */
static bool leave_out(struct asking *asking)
{
    struct companies_answer *answer = asking->answer;
    struct companies_point *grid = malloc(COMPANIES_GRID * sizeof *grid);
    double *shares = malloc(DRAWS * sizeof *shares);
    bool good = grid != NULL && shares != NULL;

    answer->without_least = answer->removed.median;
    answer->without_most = answer->removed.median;
    for (size_t c = 0; c < answer->count && good; c++) {
        struct site_figure figure;
        size_t n = 0;

        if (!answer->have[c].used)
            continue;
        good = estimate(asking, grid, c, &n);
        for (size_t d = 0; d < DRAWS && good; d++)
            shares[d] = total_share(answer, asking->values + d * n, c);
        good = good && site_figure_of(&figure, shares, NULL, DRAWS);
        if (!good)
            break;
        answer->have[c].without = figure.median;
        answer->without_least = fmin(answer->without_least, figure.median);
        answer->without_most = fmax(answer->without_most, figure.median);
    }
    answer->hangs_on_one =
        answer->without_least < answer->removed.lo90 || answer->without_most > answer->removed.hi90;
    free(grid);
    free(shares);
    return good;
}

static bool test_trends(struct asking *asking)
{
    struct companies_answer *answer = asking->answer;
    struct companies_point *grid = malloc(COMPANIES_GRID * sizeof *grid);
    struct companies_problem problem = {.count = 0};
    bool good = grid != NULL && make_problem(&problem, asking, COMPANIES_MAX, true) &&
                companies_fit(grid, &problem);
    double square = 0.0;

    if (good) {
        companies_draw(asking->values, grid, 1, DRAWS, false);
        for (size_t d = 0; d < DRAWS; d++) {
            answer->trend += asking->values[d] / DRAWS;
            square += asking->values[d] * asking->values[d] / DRAWS;
        }
        answer->trend_se = sqrt(fmax(square - answer->trend * answer->trend, 0.0));
        judge_rule(answer, COMPANIES_TRENDS_ALIKE,
                   fabs(answer->trend) <= TREND_Z * answer->trend_se);
        snprintf(answer->reason[COMPANIES_TRENDS_ALIKE], COMPANIES_RULE_SIZE,
                 "before 2024 converters grew by %+.2f a year more than controls (ln, se %.2f); no "
                 "more than 1.96 se wanted",
                 answer->trend, answer->trend_se);
    }
    free(problem.seen);
    free(grid);
    return good;
}

static void judge_interval(struct companies_answer *answer)
{
    double width = answer->removed.hi90 - answer->removed.lo90;

    judge_rule(answer, COMPANIES_STEADY, answer->course <= COMPANIES_RESTLESS);
    snprintf(
        answer->reason[COMPANIES_STEADY], COMPANIES_RULE_SIZE,
        "companies' own courses differ by %.2f a year (sd of ln EH/s): no more than %.2f wanted",
        answer->course, COMPANIES_RESTLESS);
    judge_rule(answer, COMPANIES_SURE, width <= COMPANIES_WIDEST);
    snprintf(answer->reason[COMPANIES_SURE], COMPANIES_RULE_SIZE,
             "the 90 %% interval of the share removed is %.2f wide: no more than %.2f wanted",
             width, COMPANIES_WIDEST);
}

static bool work_out(struct asking *asking, bool quickly)
{
    struct companies_answer *answer = asking->answer;

    find_companies(asking);
    choose_companies(asking);
    judge_counts(asking);
    if (!answer->met[COMPANIES_CONVERTERS] || !answer->met[COMPANIES_CONTROLS])
        return true;
    if (!quickly && !answer->met[COMPANIES_TRENDS_SEEN])
        return true;
    if ((!quickly && !test_trends(asking)) || !summarise(asking))
        return false;
    judge_interval(answer);
    answer->enough = answer->met[COMPANIES_STEADY] && answer->met[COMPANIES_SURE] &&
                     (quickly || answer->met[COMPANIES_TRENDS_ALIKE]);
    return !answer->enough || quickly || leave_out(asking);
}

static struct companies_answer *ask(const struct companies_row *rows, size_t count, bool quickly)
{
    struct asking asking = {.rows = rows, .count = count};

    asking.answer = calloc(1, sizeof *asking.answer);
    asking.values = malloc((size_t)DRAWS * COMPANIES_MAX * sizeof *asking.values);
    if (asking.answer == NULL || asking.values == NULL || !work_out(&asking, quickly)) {
        free(asking.answer);
        asking.answer = NULL;
    }
    free(asking.values);
    return asking.answer;
}

struct companies_answer *companies_ask(const struct companies_row *rows, size_t count)
{
    return ask(rows, count, false);
}

struct companies_answer *companies_ask_quickly(const struct companies_row *rows, size_t count)
{
    return ask(rows, count, true);
}
