// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * departure_print: see departure_print.h. This part prints for people.
 */
#include "config.h"

#include "monitor/departure_print.h"

#include "monitor/help.h"
#include "monitor/words.h"

#include <inttypes.h>
#include <math.h>
#include <time.h>

#define INDENT 2
#define DATE_SIZE 16
/** A log point is a hundredth of a natural logarithm: near enough to a per cent for small changes,
 *  and unlike per cents they add up. */
#define LOG_POINTS 100.0

static const char *date(char out[DATE_SIZE], int64_t seconds)
{
    time_t time = (time_t)seconds;
    struct tm tm;

    if (gmtime_r(&time, &tm) == NULL || strftime(out, DATE_SIZE, "%Y-%m-%d", &tm) == 0)
        snprintf(out, DATE_SIZE, "?");
    return out;
}

static void rate_line(FILE *out, const char *name, const struct site_figure *figure,
                      const char *remark)
{
    fprintf(out, "  %-26s%7.1f  %6.1f to %-7.1f %s\n", name, figure->median, figure->lo90,
            figure->hi90, remark);
}

static void print_headline(FILE *out, const struct departure_report *report,
                           const struct departure_story *story)
{
    char day[DATE_SIZE];

    fprintf(out, "Mining given up for AI, as of %s (block %" PRIu32 ")\n\n", date(day, story->to_s),
            story->to_height);
    if (report->nothing_left)
        help_say(out, INDENT, "None that the list of sites knows of.");
    else
        help_say(out, INDENT,
                 "About %.0f EH/s (90 %% sure: %.0f to %.0f, given the list of sites) run "
                 "nowhere any more because their power went to AI: %.1f %% (%.1f to %.1f) of the "
                 "hash rate that there would be.",
                 report->rates.net.median, report->rates.net.lo90, report->rates.net.hi90,
                 100 * report->rates.share.median, 100 * report->rates.share.lo90,
                 100 * report->rates.share.hi90);
}

static void print_rates(FILE *out, const struct departure_report *report)
{
    struct site_figure observed = {.median = report->rates.observed,
                                   .lo90 = report->rates.observed * exp(-1.645 / sqrt(2016.0)),
                                   .hi90 = report->rates.observed * exp(1.645 / sqrt(2016.0))};

    fprintf(out, "\n  %-26s%7s  %-17s %s\n", "", "EH/s", "      90 %", "known from");
    rate_line(out, "switched off at sites", &report->rates.gross, "sites alone");
    rate_line(out, "less what runs elsewhere", &report->rates.net_prior, "sites alone");
    rate_line(out, "  the same, with the chain", &report->rates.net, "sites and chain");
    rate_line(out, "left after re-entry", &report->rates.network, "and a guess at that");
    rate_line(out, "hash rate observed", &observed, "chain");
    rate_line(out, "hash rate without AI", &report->rates.counterfactual, "all of these");
    rate_line(out, "planned, never built", &report->foregone, "sites; apart, not added");
}

static void print_change(FILE *out, const struct departure_report *report,
                         const struct departure_story *story)
{
    const struct departure_decomposition *change = &report->change;
    char from[DATE_SIZE];
    char to[DATE_SIZE];

    fprintf(out, "\nHash rate from %s to %s: %+.1f %%; in log points%s\n",
            date(from, story->from_s), date(to, story->to_s), 100 * expm1(change->total),
            story->peak           ? " (selected: from the peak)"
            : story->year_on_year ? ""
                                  : " (selected dates)");
    for (unsigned i = 0; i < DEPARTURE_PARTS; i++) {
        const struct site_figure *part = &change->part[i];

        fprintf(out, "  %-13s%+6.1f %+6.1f to %+6.1f%s",
                departure_part_name((enum departure_part)i), LOG_POINTS * part->mean,
                LOG_POINTS * part->lo90, LOG_POINTS * part->hi90, i % 2 == 0 ? "" : "\n");
    }
    if (DEPARTURE_PARTS % 2 != 0)
        fprintf(out, "\n");
    fprintf(out, "  %-13s%+6.1f the parts add up to it\n", "all", LOG_POINTS * change->total);
}

static void print_inputs(FILE *out, const struct departure_story *story)
{
    fprintf(out, "\n");
    help_say(out, INDENT, "Sites: %s%s%s. Price: %s. Epochs: %s.", story->ledger,
             story->known_on != NULL ? ", as known on " : "",
             story->known_on != NULL ? story->known_on : "",
             story->price != NULL ? story->price : "none, the model runs without that term",
             story->series);
    for (size_t i = 0; i < story->set_count; i++)
        help_say(out, INDENT, "Changed by you: %s.", story->sets[i]);
    help_say(out, INDENT,
             "More: --placebo, --tornado (which assumption matters most), --set "
             "relocated.mean=0.2 (your own), 'hashtide ledger list'.");
}

static void print_variants(FILE *out, const struct departure_report *report)
{
    const struct departure_variant *all = &report->variants[0];
    double low = all->net.median;
    double high = all->net.median;

    for (size_t i = 1; i < DEPARTURE_VARIANTS; i++) {
        low = fmin(low, report->variants[i].net.median);
        high = fmax(high, report->variants[i].net.median);
    }
    help_say(out, INDENT,
             "With all, only exogenous and no dated events the figure is %.1f to %.1f EH/s.", low,
             high);
}

void departure_print(FILE *out, const struct departure_report *report,
                     const struct departure_question *question, const struct departure_story *story)
{
    (void)question;
    print_headline(out, report, story);
    print_rates(out, report);
    print_change(out, report, story);
    fprintf(out, "\n");
    help_say(out, INDENT, "%s", report->statement);
    print_variants(out, report);
    print_inputs(out, story);
}

/* ---- Sensitivity --------------------------------------------------------- */

void departure_print_tornado(FILE *out, const struct site_swing *swings, size_t count,
                             const struct departure_report *report)
{
    fprintf(out, "\nWhich assumption moves the figure most (by the sites alone: %.1f EH/s)\n\n",
            report->rates.net_prior.median);
    fprintf(out, "  %-20s %10s %10s   %8s %8s\n", "assumption", "from", "to", "EH/s", "EH/s");
    for (size_t i = 0; i < count; i++) {
        const struct site_swing *swing = &swings[i];
        const struct site_prior_info *info = site_prior_info(swing->prior);

        fprintf(out, "  %-20s %10.4g %10.4g   %8.1f %8.1f\n", info->name, info->try_low,
                info->try_high, swing->low.median, swing->high.median);
    }
}

/* ---- Placebos ------------------------------------------------------------ */

static void print_shifts(FILE *out, const char *name, const struct departure_shifts *shifts)
{
    if (shifts->count == 0) {
        help_say(out, INDENT, "%s: nothing to shift.", name);
        return;
    }
    help_say(
        out, INDENT,
        "%s: the real schedule fits at %.1f times its size, %+.1f standard errors from "
        "none. Moved to %zu earlier times, when there was nothing to leave for, it is at %+.1f "
        "on average (root mean square %.1f). p = %.2f that one is as far out as the real one: they "
        "overlap, and are worth %.0f independent ones.",
        name, shifts->real.kappa, shifts->real.kappa / shifts->real.se, shifts->count,
        shifts->mean_z, shifts->rms_z, shifts->p, shifts->effective);
}

void departure_print_placebo(FILE *out, const struct departure_placebo *placebo,
                             const struct departure_question *question)
{
    (void)question;
    fprintf(out, "\nPlacebos: what the model finds where there is nothing to find\n\n");
    print_shifts(out, "With dated events", &placebo->shifts);
    print_shifts(out, "Without events", &placebo->shifts_no_events);
    fprintf(out, "\n  %-18s %9s %9s %9s   %9s %9s\n", "log points", "fall", "events", "AI",
            "rebound", "AI");
    for (size_t i = 0; i < placebo->replay_count; i++) {
        const struct departure_replay *replay = &placebo->replays[i];

        fprintf(
            out, "  %-18.18s %+9.1f %+9.1f %+9.2f   %+9.1f %+9.2f\n", placebo->names[i],
            LOG_POINTS * replay->fall.total, LOG_POINTS * replay->fall.part[DEPARTURE_EVENTS].mean,
            LOG_POINTS * replay->fall.part[DEPARTURE_AI].mean, LOG_POINTS * replay->rebound.total,
            LOG_POINTS * replay->rebound.part[DEPARTURE_AI].mean);
    }
}
