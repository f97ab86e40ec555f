// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * departure_print: see departure_print.h. This part prints for people.
 */
#include "config.h"

#include "monitor/departure_print.h"

#include "chain/params.h"
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
/** 90 % of a normal variable lie within so many sd. */
#define SD_90 1.645

static const char *date(char out[DATE_SIZE], int64_t seconds)
{
    time_t time = (time_t)seconds;
    struct tm tm;

    if (gmtime_r(&time, &tm) == NULL || strftime(out, DATE_SIZE, "%Y-%m-%d", &tm) == 0)
        snprintf(out, DATE_SIZE, "?");
    return out;
}

/* The order is that of a reader who does not know the field: what it is worth, what was measured,
 * what was assumed, what nobody knows. */
static void print_headline(FILE *out, const struct departure_report *report,
                           const struct departure_question *question,
                           const struct departure_story *story)
{
    char day[DATE_SIZE];

    fprintf(out, "Hash rate (EH/s) that left for AI, as of %s (block %" PRIu32 ")\n\n",
            date(day, story->to_s), story->to_height);
    if (report->nothing_left) {
        help_say(out, INDENT, "None that the ledger of sites knows of.");
        return;
    }
    help_say(
        out, INDENT,
        "About %.0f EH/s, %.1f %% of the hash rate that there would be, run nowhere any more "
        "because their power went to AI. That is an estimate from a ledger of %zu mining "
        "site%s%s. Nobody has measured it%s. Given the ledger and the assumptions below, it is "
        "with 90 %% probability between %.0f and %.0f EH/s (%.1f to %.1f %%).",
        report->rates.net.median, 100 * report->rates.share.median, question->site_count,
        question->site_count == 1 ? "" : "s",
        story->weighing != NULL ? " and companies' reports" : "",
        report->adds_nothing ? ", and the blockchain can neither confirm nor refute it" : "",
        report->rates.net.lo90, report->rates.net.hi90, 100 * report->rates.share.lo90,
        100 * report->rates.share.hi90);
}

static void print_known(FILE *out, const struct departure_report *report,
                        const struct departure_story *story)
{
    double apart = exp(SD_90 / sqrt(PARAMS_RETARGET_BLOCKS));
    char from[DATE_SIZE];
    char to[DATE_SIZE];

    fprintf(out, "\nKNOWN, measured in the chain\n");
    help_say(out, INDENT,
             "The hash rate: %.0f EH/s (90 %%: %.0f to %.0f, because of luck). From %s to %s it "
             "changed by %+.1f %%%s.",
             report->rates.observed, report->rates.observed / apart, report->rates.observed * apart,
             date(from, story->from_s), date(to, story->to_s), 100 * expm1(report->change.total),
             story->peak           ? " (selected: from the peak)"
             : story->year_on_year ? ""
                                   : " (selected dates)");
}

static void rate_line(FILE *out, const char *name, const struct site_figure *figure,
                      const char *remark)
{
    fprintf(out, "  %-34s%7.1f   %5.1f to %.1f%s\n", name, figure->median, figure->lo90,
            figure->hi90, remark);
}

static void print_assumed(FILE *out, const struct departure_report *report)
{
    fprintf(out, "\n%-36s%7s   %s\n", "ASSUMED: the ledger, and judgements", "EH/s", "    90 %");
    rate_line(out, "switched off at these sites", &report->rates.gross, "");
    rate_line(out, "of that, not running elsewhere", &report->rates.net, "   the figure above");
    rate_line(out, "of that, not replaced by others", &report->rates.network, "");
    help_say(out, INDENT,
             "What runs on elsewhere and what others replace are judgements: --tornado shows what "
             "each is worth. Planned mining that was never built, %.0f EH/s (%.0f to %.0f), is "
             "not counted.",
             report->foregone.median, report->foregone.lo90, report->foregone.hi90);
}

static void print_chain(FILE *out, const struct departure_report *report)
{
    double low = report->variants[0].net.median;
    double high = low;

    for (size_t i = 1; i < DEPARTURE_VARIANTS; i++) {
        low = fmin(low, report->variants[i].net.median);
        high = fmax(high, report->variants[i].net.median);
    }
    fprintf(out, "\nNOT KNOWN: whether it is so\n");
    help_say(out, INDENT, "%s", report->statement);
    if (report->nothing_left)
        return;
    help_say(out, INDENT,
             "By the ledger alone %.1f EH/s (%.1f to %.1f); weighed by the chain %.1f (%.1f to "
             "%.1f); other choices of dated events move the figure above between %.1f and %.1f. "
             "ESS/K %.3f, "
             "Bayes factor %.2f, kappa %.3g +- %.2g.",
             report->rates.net_prior.median, report->rates.net_prior.lo90,
             report->rates.net_prior.hi90, report->net_chain.median, report->net_chain.lo90,
             report->net_chain.hi90, low, high, report->ess / (double)report->draws,
             report->bayes_factor, report->kappa, report->kappa_se);
}

/* What companies report has made of the figure. */
static void print_evidence(FILE *out, const struct departure_report *report,
                           const struct departure_story *story)
{
    const struct site_figure *with = &report->rates.net;
    const struct site_figure *without = &report->net_chain;

    if (story->evidence == NULL)
        return;
    if (story->weighing == NULL) {
        help_say(out, INDENT, "Companies' reports (%s): no figure here rests on them. %s.",
                 story->evidence, story->evidence_fault);
        return;
    }
    help_say(out, INDENT,
             "Companies' reports (%s) speak of %zu sites. The 90 %% interval is %.1f EH/s wide "
             "without them and %.1f with them; %.0f of %zu draws still count. They hold only if "
             "converters would have grown as the others did: see 'hashtide evidence companies'.",
             story->evidence, story->weighing->matched, without->hi90 - without->lo90,
             with->hi90 - with->lo90, report->evidence_ess, report->draws);
}

/** Parts are printed in tenths of log points. */
#define TENTHS (10 * LOG_POINTS)

/* Tenths of all parts' means. Each is the nearest or the next one, such that they add up to the
 * total's: what is missing goes to those that were rounded furthest the other way. */
static void round_parts(long out[DEPARTURE_PARTS], const struct departure_decomposition *change)
{
    long missing = lround(TENTHS * change->total);

    for (size_t i = 0; i < DEPARTURE_PARTS; i++) {
        out[i] = lround(TENTHS * change->part[i].mean);
        missing -= out[i];
    }
    while (missing != 0) {
        double sign = missing > 0 ? 1 : -1;
        size_t most = 0;

        for (size_t i = 1; i < DEPARTURE_PARTS; i++) {
            if (sign * (TENTHS * change->part[i].mean - (double)out[i]) >
                sign * (TENTHS * change->part[most].mean - (double)out[most]))
                most = i;
        }
        out[most] += missing > 0 ? 1 : -1;
        missing -= missing > 0 ? 1 : -1;
    }
}

/* Log points as printed with one digit, and 0 without a sign of its own. */
static double points(double change)
{
    double points = LOG_POINTS * change;

    return fabs(points) < 0.05 ? 0 : points;
}

static void print_parts(FILE *out, const struct departure_decomposition *change)
{
    long tenths[DEPARTURE_PARTS];

    round_parts(tenths, change);
    for (unsigned i = 0; i < DEPARTURE_PARTS; i++) {
        const struct site_figure *part = &change->part[i];

        fprintf(out, "  %-13s%+6.1f %+6.1f to %+6.1f%s",
                departure_part_name((enum departure_part)i), (double)tenths[i] / 10,
                points(part->lo90), points(part->hi90), i % 2 == 0 ? "" : "\n");
    }
    if (DEPARTURE_PARTS % 2 != 0)
        fprintf(out, "\n");
    fprintf(out, "  %-13s%+6.1f\n", "all", (double)lround(TENTHS * change->total) / 10);
}

static void print_change(FILE *out, const struct departure_report *report)
{
    const struct departure_decomposition *change = &report->change;

    fprintf(out, "\nNOT KNOWN: what else moved the hash rate\n");
    if (change->from == change->to) {
        help_say(out, INDENT, "Both dates lie in one epoch: nothing has changed.");
        return;
    }
    help_say(out, INDENT,
             "A model splits the %+.1f %% into parts that add up to it, in log points (nearly per "
             "cent), with 90 %% intervals:",
             100 * expm1(change->total));
    print_parts(out, change);
    help_say(out, INDENT,
             "AI is what the ledger has between these dates, not something found in the hash rate. "
             "Luck is chance in finding blocks; price is a bitcoin's; transient passes in weeks; "
             "trend is steady growth; unexplained stays, and has no name.");
}

static void print_inputs(FILE *out, const struct departure_story *story)
{
    fprintf(out, "\n");
    help_say(out, INDENT, "Ledger: %s%s%s. Price: %s. Epochs: %s.", story->ledger,
             story->known_on != NULL ? ", as known on " : "",
             story->known_on != NULL ? story->known_on : "",
             story->price != NULL ? story->price : "none, the model runs without that term",
             story->series);
    for (size_t i = 0; i < story->set_count; i++)
        help_say(out, INDENT, "Changed by you: %s.", story->sets[i]);
    help_say(out, INDENT,
             "More: --placebo, --tornado, --set relocated.mean=0.2 (your own assumption), "
             "'hashtide ledger list'.");
}

void departure_print(FILE *out, const struct departure_report *report,
                     const struct departure_question *question, const struct departure_story *story)
{
    print_headline(out, report, question, story);
    print_known(out, report, story);
    if (!report->nothing_left)
        print_assumed(out, report);
    print_chain(out, report);
    print_evidence(out, report, story);
    print_change(out, report);
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
