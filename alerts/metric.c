// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * metric: see metric.h.
 */
#include "config.h"

#include "alerts/metric.h"

#include "alerts/nearest.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/** Letters in which a name may differ from the one that was meant: a quarter of it, but at least
 *  this many. Parts of it are long words, and one of them may have been called otherwise. */
#define SLIP_LEAST 3
#define SLIP_SHARE 4

/** A chance smaller than this is easier to read as one in so many. */
#define SMALL_CHANCE 0.0005

/* clang-format off */
static const struct metric_info registry[METRIC_COUNT] = {
    [METRIC_HASHRATE_NOW_EHS] = {
        .name = "hashrate.now_ehs", .unit = METRIC_EHS, .kind = METRIC_ESTIMATE,
        .subject = METRIC_CHAIN, .level = 0.95, .phrase = "the hash rate now",
        .meaning = "Hash rate of the network now, the silence since the last block counted in.",
        .method = "nowcast", .version = 1},
    [METRIC_HASHRATE_W144_EHS] = {
        .name = "hashrate.w144_ehs", .unit = METRIC_EHS, .kind = METRIC_ESTIMATE,
        .subject = METRIC_CHAIN, .level = 0.95, .phrase = "the hash rate of the last 144 blocks",
        .meaning = "Work of the last 144 blocks over the time that they took.",
        .method = "window", .version = 1},
    [METRIC_HASHRATE_W2016_EHS] = {
        .name = "hashrate.w2016_ehs", .unit = METRIC_EHS, .kind = METRIC_ESTIMATE,
        .subject = METRIC_CHAIN, .level = 0.95, .phrase = "the hash rate of the last 2016 blocks",
        .meaning = "Work of the last 2016 blocks over the time that they took.",
        .method = "window", .version = 1},
    [METRIC_HASHRATE_OFF_HIGH] = {
        .name = "hashrate.off_high", .unit = METRIC_FRACTION, .kind = METRIC_ESTIMATE,
        .subject = METRIC_CHAIN, .level = 0.95,
        .phrase = "what the hash rate has lost since the year's best epoch",
        .meaning = "How far the hash rate of the last 2016 blocks is below that of the best "
                   "complete epoch of the last year; negative above it.",
        .method = "window", .version = 1},
    [METRIC_HASHRATE_DAILY_SD] = {
        .name = "hashrate.daily_sd", .unit = METRIC_FRACTION, .kind = METRIC_ESTIMATE,
        .subject = METRIC_CHAIN, .level = 0.95, .phrase = "the hash rate's movement in a day",
        .meaning = "Standard deviation of the log hash rate's movement in a day, net of luck.",
        .method = "volatility", .version = 1},
    [METRIC_HASHRATE_FALL_STANDING] = {
        .name = "hashrate.fall.standing", .unit = METRIC_YES_NO, .kind = METRIC_GAUGE,
        .subject = METRIC_CHAIN, .phrase = "the hash rate has fallen and not come back",
        .meaning = "Whether the detector of falls has spoken, at most 2016 blocks ago, and the "
                   "hash rate has not come back since. How often it speaks by luck is calibrated.",
        .method = "change", .version = 1},
    [METRIC_HASHRATE_FALL_CONFIDENCE] = {
        .name = "hashrate.fall.confidence", .unit = METRIC_FRACTION, .kind = METRIC_GAUGE,
        .subject = METRIC_CHAIN, .phrase = "the chance that the hash rate's fall is real",
        .meaning = "Chance that the fall which stands is one and not luck; 0 where none stands.",
        .method = "change", .version = 1},
    [METRIC_HASHRATE_FALL_SIZE] = {
        .name = "hashrate.fall.size", .unit = METRIC_FRACTION, .kind = METRIC_ESTIMATE,
        .subject = METRIC_CHAIN, .level = 0.9, .phrase = "the size of the hash rate's fall",
        .meaning = "Share of the hash rate that the fall which stands had taken by the time of "
                   "its alarm; 0 where none stands.",
        .method = "change", .version = 1},
    [METRIC_HASHRATE_FALL_DEPTH] = {
        .name = "hashrate.fall.depth", .unit = METRIC_FRACTION, .kind = METRIC_ESTIMATE,
        .subject = METRIC_CHAIN, .level = 0.95,
        .phrase = "what is missing of the hash rate before its fall",
        .meaning = "How far the hash rate now is below that before the fall which stands; 0 where "
                   "none stands.",
        .method = "nowcast", .version = 1},
    [METRIC_HASHRATE_FALL_RECOVERED] = {
        .name = "hashrate.fall.recovered", .unit = METRIC_FRACTION, .kind = METRIC_GAUGE,
        .subject = METRIC_CHAIN, .phrase = "the chance that half of the hash rate's fall is undone",
        .meaning = "Chance that the hash rate has come back at least half of the way from the "
                   "latest fall; unknown where there was none.",
        .method = "change", .version = 1},
    [METRIC_HASHRATE_FALL_LUCK_PER_YEAR] = {
        .name = "hashrate.fall.luck_per_year", .unit = METRIC_PER_YEAR, .kind = METRIC_GAUGE,
        .subject = METRIC_CHAIN, .phrase = "how often luck alone looks like the hash rate's fall",
        .meaning = "How many times a year luck alone would go at least as far as the fall which "
                   "stands; unknown where none stands.",
        .method = "change", .version = 1},
    [METRIC_HASHRATE_RISE_STANDING] = {
        .name = "hashrate.rise.standing", .unit = METRIC_YES_NO, .kind = METRIC_GAUGE,
        .subject = METRIC_CHAIN, .phrase = "the hash rate has risen abruptly and stayed",
        .meaning = "Whether the detector of rises has spoken, at most 2016 blocks ago, and the "
                   "hash rate has not gone back since.",
        .method = "change", .version = 1},
    [METRIC_HASHRATE_RISE_CONFIDENCE] = {
        .name = "hashrate.rise.confidence", .unit = METRIC_FRACTION, .kind = METRIC_GAUGE,
        .subject = METRIC_CHAIN, .phrase = "the chance that the hash rate's rise is real",
        .meaning = "Chance that the rise which stands is one and not luck; 0 where none stands.",
        .method = "change", .version = 1},
    [METRIC_HASHRATE_RISE_SIZE] = {
        .name = "hashrate.rise.size", .unit = METRIC_FRACTION, .kind = METRIC_ESTIMATE,
        .subject = METRIC_CHAIN, .level = 0.9, .phrase = "the size of the hash rate's rise",
        .meaning = "Share of the hash rate before it that the rise which stands had added by the "
                   "time of its alarm; 0 where none stands.",
        .method = "change", .version = 1},
    [METRIC_HASHRATE_RISE_RECOVERED] = {
        .name = "hashrate.rise.recovered", .unit = METRIC_FRACTION, .kind = METRIC_GAUGE,
        .subject = METRIC_CHAIN, .phrase = "the chance that half of the hash rate's rise is undone",
        .meaning = "Chance that the hash rate has gone back at least half of the way from the "
                   "latest rise; unknown where there was none.",
        .method = "change", .version = 1},
    [METRIC_HASHRATE_RISE_LUCK_PER_YEAR] = {
        .name = "hashrate.rise.luck_per_year", .unit = METRIC_PER_YEAR, .kind = METRIC_GAUGE,
        .subject = METRIC_CHAIN, .phrase = "how often luck alone looks like the hash rate's rise",
        .meaning = "How many times a year luck alone would go at least as far as the rise which "
                   "stands; unknown where none stands.",
        .method = "change", .version = 1},
    [METRIC_INTERVAL_SINCE_LAST_S] = {
        .name = "interval.since_last_s", .unit = METRIC_SECONDS, .kind = METRIC_GAUGE,
        .subject = METRIC_CHAIN, .phrase = "the time since the last block",
        .meaning = "Time since the last block. Unknown unless two network groups (with connect=, "
                   "one) answer and agree on the tip."},
    [METRIC_INTERVAL_SILENCE_P] = {
        .name = "interval.silence_p", .unit = METRIC_FRACTION, .kind = METRIC_GAUGE,
        .subject = METRIC_CHAIN, .phrase = "the chance of so long a silence",
        .meaning = "Chance that no block comes for at least as long as none has come now, at the "
                   "hash rate believed. Unknown unless two network groups (with connect=, one) "
                   "answer and agree on the tip.",
        .method = "interval", .version = 1},
    [METRIC_INTERVAL_LONGEST_P] = {
        .name = "interval.longest_p", .unit = METRIC_FRACTION, .kind = METRIC_GAUGE,
        .subject = METRIC_CHAIN, .phrase = "the chance of the longest interval of late",
        .meaning = "Chance that the longest of the last 2016 intervals is as long as it was.",
        .method = "interval", .version = 1},
    [METRIC_INTERVAL_FIT_P] = {
        .name = "interval.fit_p", .unit = METRIC_FRACTION, .kind = METRIC_GAUGE,
        .subject = METRIC_CHAIN, .phrase = "the chance that intervals fit their law so badly",
        .meaning = "p-value of a test of whether the last 2016 intervals between arrivals are "
                   "exponential; unknown with too few arrivals.",
        .method = "interval", .version = 1},
    [METRIC_INTERVAL_NEGATIVE_SHARE] = {
        .name = "interval.negative_share", .unit = METRIC_FRACTION, .kind = METRIC_GAUGE,
        .subject = METRIC_CHAIN, .phrase = "the share of blocks stamped before their parent",
        .meaning = "Share of the last 2016 blocks whose header time is before their parent's.",
        .method = "interval", .version = 1},
    [METRIC_DIFFICULTY_NEXT_CHANGE] = {
        .name = "difficulty.next_change", .unit = METRIC_FRACTION, .kind = METRIC_ESTIMATE,
        .subject = METRIC_CHAIN, .level = 0.95, .phrase = "the next change of difficulty",
        .meaning = "Change of difficulty at the next retarget as it is expected: -0.05 is 5 % "
                   "down.",
        .method = "forecast", .version = 1},
    [METRIC_DIFFICULTY_NEXT_IN_S] = {
        .name = "difficulty.next_in_s", .unit = METRIC_SECONDS, .kind = METRIC_ESTIMATE,
        .subject = METRIC_CHAIN, .level = 0.95, .phrase = "the time to the next retarget",
        .meaning = "Time until the next difficulty is fixed.",
        .method = "forecast", .version = 1},
    [METRIC_DIFFICULTY_LAST_CHANGE] = {
        .name = "difficulty.last_change", .unit = METRIC_FRACTION, .kind = METRIC_GAUGE,
        .subject = METRIC_CHAIN, .phrase = "the latest change of difficulty",
        .meaning = "Change of difficulty at the latest retarget: -0.05 is 5 % down."},
    [METRIC_REORG_DEPTH] = {
        .name = "reorg.depth", .unit = METRIC_BLOCKS, .kind = METRIC_EVENT,
        .subject = METRIC_CHAIN, .live = true, .phrase = "the depth of the reorganisation",
        .meaning = "Blocks that have just left the best chain; 0 when none did."},
    [METRIC_DEPARTURE_AI_NET_EHS] = {
        .name = "departure.ai_net_ehs", .unit = METRIC_EHS, .kind = METRIC_ESTIMATE,
        .subject = METRIC_CHAIN, .live = true, .level = 0.9,
        .phrase = "the hash rate that left for AI",
        .meaning = "Hash rate that AI has taken off the network, less what runs on elsewhere, as "
                   "of the last complete epoch and given the list of sites; as 'hashtide "
                   "departure' has it.",
        .method = "departure", .version = 1},
    [METRIC_DEPARTURE_AI_SHARE] = {
        .name = "departure.ai_share", .unit = METRIC_FRACTION, .kind = METRIC_ESTIMATE,
        .subject = METRIC_CHAIN, .live = true, .level = 0.9,
        .phrase = "the share of the hash rate that left for AI",
        .meaning = "The same over the hash rate that there would be without it.",
        .method = "departure", .version = 1},
    [METRIC_DEPARTURE_UNEXPLAINED_EHS] = {
        .name = "departure.unexplained_ehs", .unit = METRIC_EHS, .kind = METRIC_ESTIMATE,
        .subject = METRIC_CHAIN, .live = true, .level = 0.9,
        .phrase = "the part of the year's change of the hash rate that nothing explains",
        .meaning = "What the hash rate has gained in a year, or lost where it is negative, that "
                   "is not luck, price, season, dated events, AI or trend.",
        .method = "departure", .version = 1},
    [METRIC_HASHPRICE_USD_PH_DAY] = {
        .name = "hashprice.usd_ph_day", .unit = METRIC_USD_PH_DAY, .kind = METRIC_ESTIMATE,
        .subject = METRIC_CHAIN, .live = true, .level = 0.9, .phrase = "hashprice",
        .meaning = "What a petahash per second earns in a day, without fees; the interval is that "
                   "of a price that is not of today.",
        .method = "hashprice", .version = 1},
    [METRIC_FLEET_UNDERWATER_PCT] = {
        .name = "fleet.underwater_pct", .unit = METRIC_PERCENT, .kind = METRIC_ESTIMATE,
        .subject = METRIC_CHAIN, .live = true, .level = 0.9,
        .phrase = "the share of the hash rate that does not earn its power",
        .meaning = "Per cent of the hash rate whose power costs more than it earns.",
        .method = "incentive", .version = 1},
    [METRIC_INCENTIVE_RATIO] = {
        .name = "incentive.ratio", .unit = METRIC_RATIO, .kind = METRIC_ESTIMATE,
        .subject = METRIC_CHAIN, .live = true, .level = 0.9,
        .phrase = "the revenue of a lease for AI over that of mining",
        .meaning = "Revenue of a megawatt leased for AI over that of the same megawatt mining.",
        .method = "incentive", .version = 1},
    [METRIC_SYNC_SYNCED] = {
        .name = "sync.synced", .unit = METRIC_YES_NO, .kind = METRIC_GAUGE,
        .subject = METRIC_HEALTH, .phrase = "the monitor is synced",
        .meaning = "Whether two network groups, or every connect= peer, have nothing beyond our "
                   "tip."},
    [METRIC_SYNC_PEERS] = {
        .name = "sync.peers", .unit = METRIC_NUMBER, .kind = METRIC_GAUGE,
        .subject = METRIC_HEALTH, .phrase = "the number of peers",
        .meaning = "Peers connected, with the handshake done."},
    [METRIC_SYNC_PEERS_SHARE] = {
        .name = "sync.peers_share", .unit = METRIC_FRACTION, .kind = METRIC_GAUGE,
        .subject = METRIC_HEALTH, .phrase = "the share of the peers wanted that are there",
        .meaning = "Peers connected over those wanted: maxoutbound, or the connect= peers."},
    [METRIC_SYNC_GROUPS] = {
        .name = "sync.groups", .unit = METRIC_NUMBER, .kind = METRIC_GAUGE,
        .subject = METRIC_HEALTH, .phrase = "the number of network groups that agree on our tip",
        .meaning = "Network groups whose peers have our tip as theirs."},
    [METRIC_SYNC_DISAGREEING_GROUPS] = {
        .name = "sync.disagreeing_groups", .unit = METRIC_NUMBER, .kind = METRIC_GAUGE,
        .subject = METRIC_HEALTH, .phrase = "the number of network groups at another tip",
        .meaning = "Network groups whose peers hold to a tip that is not ours, nor before it."},
    [METRIC_SYNC_TIP_AGE_S] = {
        .name = "sync.tip_age_s", .unit = METRIC_SECONDS, .kind = METRIC_GAUGE,
        .subject = METRIC_HEALTH, .phrase = "the time for which our tip has not moved",
        .meaning = "Time since our tip last changed, or since start, whatever the reason."},
    [METRIC_CLOCK_ERROR_MS] = {
        .name = "clock.error_ms", .unit = METRIC_MILLISECONDS, .kind = METRIC_GAUGE,
        .subject = METRIC_HEALTH, .phrase = "the clock's error",
        .meaning = "Largest error of our clock, by the system's own account; unknown where nothing "
                   "keeps it in step."},
    [METRIC_CLOCK_SUSPECT] = {
        .name = "clock.suspect", .unit = METRIC_YES_NO, .kind = METRIC_GAUGE,
        .subject = METRIC_HEALTH, .phrase = "peers contradict our clock",
        .meaning = "Whether two network groups send headers that our clock takes for the future."},
    [METRIC_STORE_TROUBLE] = {
        .name = "store.trouble", .unit = METRIC_YES_NO, .kind = METRIC_GAUGE,
        .subject = METRIC_HEALTH, .phrase = "the store is in trouble",
        .meaning = "Whether something could not be written to disk and is waiting."},
    [METRIC_STORE_DROPPED] = {
        .name = "store.dropped", .unit = METRIC_NUMBER, .kind = METRIC_GAUGE,
        .subject = METRIC_HEALTH, .phrase = "the number of observations lost",
        .meaning = "Observations that could not be stored and were dropped, since start."},
    [METRIC_DELIVERY_OLDEST_S] = {
        .name = "delivery.oldest_s", .unit = METRIC_SECONDS, .kind = METRIC_GAUGE,
        .subject = METRIC_HEALTH, .phrase = "the wait of the oldest message not delivered",
        .meaning = "Age of the oldest message that waits for its sink; 0 when none waits."},
    [METRIC_DELIVERY_QUEUED] = {
        .name = "delivery.queued", .unit = METRIC_NUMBER, .kind = METRIC_GAUGE,
        .subject = METRIC_HEALTH, .phrase = "the number of messages not delivered",
        .meaning = "Messages that wait for their sinks."},
    [METRIC_DELIVERY_DEAD] = {
        .name = "delivery.dead", .unit = METRIC_NUMBER, .kind = METRIC_GAUGE,
        .subject = METRIC_HEALTH, .phrase = "the number of messages given up",
        .meaning = "Messages that were given up and wait for somebody to retry them."},
    [METRIC_MARKET_SUSPECT] = {
        .name = "market.suspect", .unit = METRIC_NUMBER, .kind = METRIC_GAUGE,
        .subject = METRIC_HEALTH, .phrase = "the number of suspect sources of the price",
        .meaning = "Sources of the price that, when asked last, answered as no honest one does."},
    [METRIC_MARKET_PRICE_AGE_S] = {
        .name = "market.price_age_s", .unit = METRIC_SECONDS, .kind = METRIC_GAUGE,
        .subject = METRIC_HEALTH, .phrase = "the age of the price",
        .meaning = "Time since sources last agreed on a price, or since start; unknown where none "
                   "is asked."},
};
/* clang-format on */

const struct metric_info *metric_info(enum metric_id id)
{
    assert((unsigned)id < METRIC_COUNT);
    return &registry[id];
}

enum metric_id metric_find(const char *name)
{
    for (unsigned i = 0; i < METRIC_COUNT; i++) {
        if (strcmp(registry[i].name, name) == 0)
            return (enum metric_id)i;
    }
    return METRIC_COUNT;
}

const char *metric_nearest(const char *name)
{
    const char *names[METRIC_COUNT];
    size_t slip = strlen(name) / SLIP_SHARE;

    for (size_t i = 0; i < METRIC_COUNT; i++)
        names[i] = registry[i].name;
    return nearest_word(name, names, METRIC_COUNT, slip > SLIP_LEAST ? slip : SLIP_LEAST);
}

const char *metric_unit_name(enum metric_unit unit)
{
    static const char *const names[] = {
        [METRIC_EHS] = "EH/s",        [METRIC_FRACTION] = "fraction",
        [METRIC_SECONDS] = "s",       [METRIC_MILLISECONDS] = "ms",
        [METRIC_NUMBER] = "count",    [METRIC_BLOCKS] = "blocks",
        [METRIC_PER_YEAR] = "1/year", [METRIC_YES_NO] = "yes/no",
        [METRIC_PERCENT] = "%",       [METRIC_USD_PH_DAY] = "USD/PH/s/day",
        [METRIC_RATIO] = "ratio",
    };

    return names[unit];
}

const char *metric_kind_name(enum metric_kind kind)
{
    static const char *const names[] = {
        [METRIC_GAUGE] = "gauge",
        [METRIC_ESTIMATE] = "estimate",
        [METRIC_EVENT] = "event",
    };

    return names[kind];
}

const char *metric_class_name(enum metric_class subject)
{
    return subject == METRIC_CHAIN ? "chain" : "health";
}

/* ---- For people --------------------------------------------------------- */

/* Three digits that count, never an exponent where people would not write one. */
static void format_number(char *out, size_t size, double value)
{
    double magnitude = fabs(value);

    if (magnitude >= 1e15)
        snprintf(out, size, "%.3g", value);
    else if (magnitude >= 99.95)
        snprintf(out, size, "%.0f", value);
    else if (magnitude >= 9.995)
        snprintf(out, size, "%.1f", value);
    else if (magnitude >= 0.0095)
        snprintf(out, size, "%.2f", value);
    else
        snprintf(out, size, "%.3g", value);
}

/* Thousands are set apart. whole is less than 1e15. */
static void format_grouped(char *out, size_t size, double whole)
{
    char digits[24];
    size_t len = (size_t)snprintf(digits, sizeof digits, "%.0f", whole);
    size_t used = 0;

    for (size_t i = 0; i < len && used + 2 < size; i++) {
        if (i > 0 && (len - i) % 3 == 0)
            out[used++] = ',';
        out[used++] = digits[i];
    }
    out[used] = '\0';
}

static void format_fraction(char out[METRIC_TEXT_SIZE], double value)
{
    char number[32];

    if (value > 0 && value < SMALL_CHANCE && 1 / value < 1e15) {
        format_grouped(number, sizeof number, 1 / value);
        snprintf(out, METRIC_TEXT_SIZE, "1 in %s", number);
        return;
    }
    if (fabs(value) >= 1e12) { /* whatever that is: in per cent it may not even be a number */
        snprintf(out, METRIC_TEXT_SIZE, "%.3g", value);
        return;
    }
    snprintf(number, sizeof number, "%.1f", value * 100.0);
    snprintf(out, METRIC_TEXT_SIZE, "%s %%", strcmp(number, "-0.0") == 0 ? "0.0" : number);
}

/* "2 h 13 min", "2 h". */
static void format_parts(char *out, double large, const char *large_unit, double small,
                         const char *small_unit)
{
    if (small > 0)
        snprintf(out, METRIC_TEXT_SIZE - 1, "%.0f %s %.0f %s", large, large_unit, small,
                 small_unit);
    else
        snprintf(out, METRIC_TEXT_SIZE - 1, "%.0f %s", large, large_unit);
}

/* The two largest units that count. */
static void format_time(char out[METRIC_TEXT_SIZE], double seconds)
{
    double whole = round(fabs(seconds));
    double days = floor(whole / 86400.0);
    double hours = floor(fmod(whole, 86400.0) / 3600.0);
    double minutes = floor(fmod(whole, 3600.0) / 60.0);

    if (whole >= 1e12) {
        snprintf(out, METRIC_TEXT_SIZE, "%.3g s", seconds);
        return;
    }
    if (seconds < 0 && whole > 0)
        *out++ = '-'; /* the rest is far shorter than the room */
    if (days > 0)
        format_parts(out, days, "d", hours, "h");
    else if (hours > 0)
        format_parts(out, hours, "h", minutes, "min");
    else if (minutes > 0)
        format_parts(out, minutes, "min", minutes < 10 ? fmod(whole, 60.0) : 0, "s");
    else
        format_parts(out, whole, "s", 0, "");
}

static void format_with(char out[METRIC_TEXT_SIZE], double value, const char *unit)
{
    char number[32];

    format_number(number, sizeof number, value);
    snprintf(out, METRIC_TEXT_SIZE, "%s%s", number, unit);
}

void metric_format(char out[METRIC_TEXT_SIZE], enum metric_unit unit, double value)
{
    assert(isfinite(value));
    if (value == 0)
        value = 0; /* and not -0 */
    switch (unit) {
    case METRIC_EHS:
        format_with(out, value, " EH/s");
        break;
    case METRIC_FRACTION:
        format_fraction(out, value);
        break;
    case METRIC_PERCENT:
        format_with(out, value, " %");
        break;
    case METRIC_USD_PH_DAY:
        format_with(out, value, " USD per PH/s and day");
        break;
    case METRIC_RATIO:
        format_with(out, value, " times");
        break;
    case METRIC_SECONDS:
        format_time(out, value);
        break;
    case METRIC_MILLISECONDS:
        snprintf(out, METRIC_TEXT_SIZE, fabs(value) < 1e15 ? "%.0f ms" : "%.3g ms", value);
        break;
    case METRIC_NUMBER:
        snprintf(out, METRIC_TEXT_SIZE, fabs(value) < 1e15 ? "%.0f" : "%.3g", value);
        break;
    case METRIC_BLOCKS:
        snprintf(out, METRIC_TEXT_SIZE, fabs(value) < 1e15 ? "%.0f block%s" : "%.3g block%s", value,
                 value == 1 ? "" : "s");
        break;
    case METRIC_PER_YEAR:
        format_with(out, value, " a year");
        break;
    case METRIC_YES_NO:
        snprintf(out, METRIC_TEXT_SIZE, "%s", value != 0 ? "yes" : "no");
        break;
    }
}

/* ---- A snapshot --------------------------------------------------------- */

void metrics_set(struct metrics *metrics, enum metric_id id, double value)
{
    assert((unsigned)id < METRIC_COUNT);
    metrics->values[id] = (struct metric_value){0};
    if (isfinite(value))
        metrics->values[id] =
            (struct metric_value){.known = true, .value = value, .lo = value, .hi = value};
}

void metrics_set_estimate(struct metrics *metrics, enum metric_id id, double value, double lo,
                          double hi, uint32_t from_height, uint32_t to_height)
{
    assert((unsigned)id < METRIC_COUNT);
    metrics->values[id] = (struct metric_value){0};
    if (isfinite(value) && isfinite(lo) && isfinite(hi) && lo <= value && value <= hi)
        metrics->values[id] = (struct metric_value){
            .known = true,
            .value = value,
            .lo = lo,
            .hi = hi,
            .from_height = from_height,
            .to_height = to_height,
        };
}
