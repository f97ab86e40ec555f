// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * cmd_evidence: what miners that turned to AI report, against miners that did not. The twin command
 * about pools is in cmd_evidence_pools.c.
 */
#include "config.h"

#include "analysis/companies.h"
#include "monitor/command.h"
#include "monitor/evidence.h"
#include "monitor/help.h"
#include "monitor/text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_SHOWN 64

static const char *const rule_names[COMPANIES_RULES] = {
    [COMPANIES_CONVERTERS] = "converters",     [COMPANIES_CONTROLS] = "controls",
    [COMPANIES_TRENDS_SEEN] = "trends_tested", [COMPANIES_TRENDS_ALIKE] = "trends_alike",
    [COMPANIES_STEADY] = "own_courses",        [COMPANIES_SURE] = "interval",
};

/** Said with every answer, since figures travel without their assumptions. */
static const char caveats[] =
    "It is a share of what they would have had, had they gone on as the controls did: growth "
    "foregone is in it. Machines that moved to a control company count twice. So it is an upper "
    "reading. Whether both groups would have moved alike since 2024 cannot be tested.";

struct session {
    struct evidence_companies companies;
    struct evidence_net net;
};

/* ---- JSON ---- */

static json_t *month_json(int month)
{
    return json_sprintf("%04d-%02d", month / 12, month % 12 + 1);
}

static json_t *companies_json(const struct companies_answer *answer)
{
    json_t *list = json_array();

    for (size_t c = 0; c < answer->count; c++) {
        const struct companies_have *have = &answer->have[c];
        bool told = answer->enough && have->used;
        bool removed = told && have->converter;

        json_array_append_new(
            list,
            json_pack("{s:s,s:s,s:b,s:s,s:I,s:I,s:I,s:I,s:o,s:o,s:o,s:o,s:o,s:o}", "company",
                      have->company, "group", have->converter ? "converter" : "control", "used",
                      have->used, "measure", companies_measure_name(have->measure), "figures",
                      (json_int_t)have->rows, "before", (json_int_t)have->before, "window",
                      (json_int_t)have->window, "before_2024", (json_int_t)have->early, "first",
                      month_json(have->first), "last", month_json(have->last), "converted_from",
                      have->converter ? month_json(have->converted) : json_null(), "base_ehs",
                      have->base > 0.0 ? json_real(have->base) : json_null(), "removed_share",
                      removed ? evidence_figure(&have->removed) : json_null(),
                      "removed_share_without_it",
                      told && isfinite(have->without) ? json_real(have->without) : json_null()));
    }
    return list;
}

static json_t *rules_json(const struct companies_answer *answer)
{
    json_t *list = json_array();

    for (unsigned rule = 0; rule < COMPANIES_RULES; rule++)
        json_array_append_new(list, json_pack("{s:s,s:b,s:s}", "rule", rule_names[rule], "met",
                                              answer->met[rule], "reason", answer->reason[rule]));
    return list;
}

static json_t *net_json(const struct evidence_net *net)
{
    bool said = !net->weighing.contradicted;

    return json_pack(
        "{s:o,s:o,s:o,s:f,s:o,s:b,s:f,s:I,s:f,s:I,s:I}", "companies_by_sites",
        evidence_figure(&net->weighing.listed), "without", evidence_figure(&net->without), "with",
        said ? evidence_figure(&net->with) : json_null(), "width90_without",
        net->without.hi90 - net->without.lo90, "width90_with",
        said ? json_real(net->with.hi90 - net->with.lo90) : json_null(), "contradicted",
        net->weighing.contradicted, "sds_apart", net->weighing.apart, "draws",
        (json_int_t)net->draws, "effective_draws", net->weighing.effective, "sites",
        (json_int_t)net->sites, "sites_of_companies", (json_int_t)net->weighing.matched);
}

static bool print_json(const struct session *session)
{
    const struct companies_answer *answer = session->companies.answer;
    bool enough = answer->enough;

    return evidence_print_json(json_pack(
        "{s:s,s:b,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o}", "table", session->companies.file.origin,
        "enough_data", enough, "rules", rules_json(answer), "companies", companies_json(answer),
        "removed_share", enough ? evidence_figure(&answer->removed) : json_null(), "removed_ehs",
        enough ? evidence_figure(&answer->removed_ehs) : json_null(), "pre_trend",
        enough ? json_pack("{s:f,s:f}", "per_year", answer->trend, "se", answer->trend_se)
               : json_null(),
        "leave_one_out",
        enough ? json_pack("{s:f,s:f,s:b}", "least", answer->without_least, "most",
                           answer->without_most, "hangs_on_one", answer->hangs_on_one)
               : json_null(),
        "own_course_sd_per_year", enough ? json_real(answer->course) : json_null(), "net_ehs",
        enough ? net_json(&session->net) : json_null()));
}

/* ---- text ---- */

static void print_companies(const struct companies_answer *answer)
{
    printf("\n%-18s %-9s %-9s %-4s %4s %6s %6s  %s\n", "company", "group", "measure", "used",
           "rows", "before", "window", "from, to");
    for (size_t c = 0; c < answer->count; c++) {
        const struct companies_have *have = &answer->have[c];
        char name[NAME_SHOWN];

        text_escape(name, sizeof name, have->company);
        printf("%-18.18s %-9s %-9s %-4s %4zu %6zu %6zu  %04d-%02d, %04d-%02d\n", name,
               have->converter ? "converter" : "control", companies_measure_name(have->measure),
               have->used ? "yes" : "no", have->rows, have->before, have->window, have->first / 12,
               have->first % 12 + 1, have->last / 12, have->last % 12 + 1);
    }
}

static void print_net(const struct evidence_net *net)
{
    printf("\nNet removal at AI sites, given the ledger (90 %% interval):\n"
           "  by the ledger alone   %6.1f [%5.1f, %5.1f] EH/s, width %.1f\n",
           net->without.median, net->without.lo90, net->without.hi90,
           net->without.hi90 - net->without.lo90);
    if (!net->weighing.contradicted)
        printf("  with these reports    %6.1f [%5.1f, %5.1f] EH/s, width %.1f\n"
               "  %zu of %zu sites are of these companies; %.0f of %zu draws still count.\n",
               net->with.median, net->with.lo90, net->with.hi90, net->with.hi90 - net->with.lo90,
               net->weighing.matched, net->sites, net->weighing.effective, net->draws);
    else
        help_say(
            stdout, 2,
            "With these reports there is no figure: they contradict the ledger. By its %zu sites "
            "of these companies they removed %.1f [%.1f, %.1f] EH/s from their books. One of "
            "the two is wrong.",
            net->weighing.matched, net->weighing.listed.median, net->weighing.listed.lo90,
            net->weighing.listed.hi90);
}

static void print_answer(const struct session *session)
{
    const struct companies_answer *answer = session->companies.answer;

    help_say(stdout, 0,
             "By the half year to %04d-%02d the %zu converters had removed %.0f %% [%.0f, %.0f] of "
             "the hash rate that they mined with before, %.1f [%.1f, %.1f] EH/s (90 %% interval).",
             answer->end / 12, answer->end % 12 + 1, answer->converters,
             100.0 * answer->removed.median, 100.0 * answer->removed.lo90,
             100.0 * answer->removed.hi90, answer->removed_ehs.median, answer->removed_ehs.lo90,
             answer->removed_ehs.hi90);
    help_say(stdout, 0, "%s", caveats);
    printf("\nWith one company left out, whichever: %.0f %% to %.0f %%.%s\n",
           100.0 * answer->without_least, 100.0 * answer->without_most,
           answer->hangs_on_one ? " The answer hangs on one company." : "");
    printf("Before 2024 converters grew by %+.2f a year more than controls (ln, se %.2f).\n",
           answer->trend, answer->trend_se);
    print_net(&session->net);
}

static void print_text(const struct session *session)
{
    const struct companies_answer *answer = session->companies.answer;

    help_say(stdout, 0,
             "Hash rates that companies report: those that turned to AI against those that did "
             "not.");
    printf("Table: %s\n\n", session->companies.file.origin);
    if (answer->enough) {
        print_answer(session);
    } else {
        printf("Not enough data. What is missing:\n");
        for (unsigned rule = 0; rule < COMPANIES_RULES; rule++)
            if (!answer->met[rule])
                help_say(stdout, 2, "- %s", answer->reason[rule]);
        help_say(stdout, 0,
                 "So these reports say nothing yet of how much left; no figure is made of them, "
                 "and the answer of 'hashtide departure' stays what the ledger says. A table with "
                 "more months can be put in its place: companies.file=, or FILE here.");
    }
    print_companies(answer);
}

static int run_companies(const struct command_call *call)
{
    struct session session = {.net = {.sites = 0}};
    bool good = false;

    if (call->argument_count > 1) {
        command_error("'evidence companies' takes one file at most");
        return COMMAND_USAGE;
    }
    good = evidence_companies_read(&session.companies, call->settings,
                                   call->argument_count == 1 ? call->arguments[0] : NULL);
    if (good && session.companies.answer->enough)
        good = evidence_net_of(&session.net, session.companies.answer, call->settings);
    if (good && command_flag(call, "json"))
        good = print_json(&session);
    else if (good)
        print_text(&session);
    evidence_companies_free(&session.companies);
    return good ? COMMAND_DONE : COMMAND_FAILED;
}

static const struct command_option options[] = {
    {"json", 0, false, NULL, "print JSON"},
    {NULL, 0, false, NULL, NULL},
};

const struct command cmd_evidence_companies = {
    .name = "evidence companies",
    .synopsis = "evidence companies [--json] [FILE]",
    .summary = "what miners that turned to AI report as their hash rate",
    .details =
        "Compares the hash rates that converters report with those of miners that did not\n"
        "convert, before and after (difference in differences), which cancels price, season and\n"
        "whatever moves all of them. Says 'not enough data', and by which rule, until the table\n"
        "can carry a figure. FILE is CSV with the columns company, date, ehs, group (converter or\n"
        "control), converted_from, measure (operating, energised, deployed, implied), source,\n"
        "confidence and note; without it companies.file, or the table that is built in.",
    .options = options,
    .settings_wanted = true,
    .run = run_companies,
};
