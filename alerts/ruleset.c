// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * ruleset: see ruleset.h.
 *
 * The built-in rules are few, and each is one that somebody would get up for, or write down. Levels
 * are chosen by how often chance alone reaches them: hashrate-fall by the detector's calibration
 * (false alarms a year, an option of the analysis), chain-silence at one in 500,000, which
 * 52,560 intervals a year reach once in ten years. Where there is an interval, even its nearer
 * bound must be beyond the level.
 */
#include "config.h"

#include "alerts/ruleset.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* clang-format off */
static const struct rule_pair hashrate_fall[] = {
    {"metric", "hashrate.fall.standing", 0},
    {"raise", "yes", 0},
    {"clearfor", "6 blocks", 0},
    {"severity", "warning", 0},
    {"repeat", "1d", 0},
    {"text", "The hash rate has fallen[, by {hashrate.fall.size} when this was found][; the "
             "chance that it is real and not luck is {hashrate.fall.confidence}]", 0},
};
static const struct rule_pair hashrate_fall_large[] = {
    {"metric", "hashrate.fall.depth", 0},
    {"bound", "lower", 0},
    {"raise", "above 15%", 0},
    {"clear", "below 8%", 0},
    {"for", "6 blocks", 0},
    {"clearfor", "36 blocks", 0},
    {"severity", "critical", 0},
    {"repeat", "12h", 0},
    {"text", "A large part of the hash rate is missing: {hashrate.fall.depth} of what there "
             "was before it fell", 0},
};
static const struct rule_pair hashrate_decline[] = {
    {"metric", "hashrate.off_high", 0},
    {"bound", "lower", 0},
    {"raise", "above 15%", 0},
    {"clear", "below 10%", 0},
    {"for", "144 blocks", 0},
    {"clearfor", "144 blocks", 0},
    {"severity", "warning", 0},
    {"repeat", "7d", 0},
    {"repeatmax", "28d", 0},
};
static const struct rule_pair hashrate_rise[] = {
    {"metric", "hashrate.rise.standing", 0},
    {"raise", "yes", 0},
    {"clearfor", "6 blocks", 0},
    {"severity", "info", 0},
    {"repeat", "0", 0},
    {"text", "The hash rate has risen abruptly[, by {hashrate.rise.size}][; the chance that this "
             "is real and not luck is {hashrate.rise.confidence}]", 0},
};
static const struct rule_pair chain_silence[] = {
    {"metric", "interval.silence_p", 0},
    {"raise", "below 0.000002", 0},
    {"clear", "above 0.01", 0},
    {"severity", "warning", 0},
    {"repeat", "30m", 0},
    {"update", "0", 0},
    {"text", "No block for {interval.since_last_s}, though peers agree on the tip; the chance of "
             "that is {value}", 0},
};
static const struct rule_pair reorg_2[] = {
    {"metric", "reorg.depth", 0},
    {"raise", "above 2 blocks", 0},
    {"clear", "below 1 block", 0},
    {"clearfor", "6 blocks", 0},
    {"severity", "warning", 0},
    {"repeat", "0", 0},
    {"text", "{value} have left the best chain; the tip is now {hash} at height {height}", 0},
};
static const struct rule_pair reorg_6[] = {
    {"metric", "reorg.depth", 0},
    {"raise", "above 6 blocks", 0},
    {"clear", "below 1 block", 0},
    {"clearfor", "36 blocks", 0},
    {"severity", "critical", 0},
    {"repeat", "0", 0},
    {"text", "{value} have left the best chain, as many as usually make a payment final; the tip "
             "is now {hash} at height {height}", 0},
};
static const struct rule_pair retarget_down[] = {
    {"metric", "difficulty.next_change", 0},
    {"bound", "upper", 0},
    {"raise", "below -8%", 0},
    {"clear", "above -5%", 0},
    {"for", "6 blocks", 0},
    {"clearfor", "6 blocks", 0},
    {"severity", "info", 0},
    {"repeat", "0", 0},
    {"update", "0", 0},
    {"text", "Difficulty is about to change by {difficulty.next_change}[, in "
             "{difficulty.next_in_s}]", 0},
};
static const struct rule_pair retarget_up[] = {
    {"metric", "difficulty.next_change", 0},
    {"bound", "lower", 0},
    {"raise", "above 8%", 0},
    {"clear", "below 5%", 0},
    {"for", "6 blocks", 0},
    {"clearfor", "6 blocks", 0},
    {"severity", "info", 0},
    {"repeat", "0", 0},
    {"update", "0", 0},
    {"text", "Difficulty is about to change by {difficulty.next_change}[, in "
             "{difficulty.next_in_s}]", 0},
};
static const struct rule_pair ai_departure[] = {
    {"metric", "departure.ai_share", 0},
    {"bound", "lower", 0},
    {"raise", "above 5%", 0},
    {"clear", "below 4%", 0},
    {"severity", "info", 0},
    {"repeat", "0", 0},
    {"text", "AI has taken {departure.ai_share} of the hash rate there would be[: "
             "{departure.ai_net_ehs}]; the interval holds given the list of sites", 0},
};
static const struct rule_pair unexplained_loss[] = {
    {"metric", "departure.unexplained_ehs", 0},
    {"bound", "upper", 0},
    {"raise", "below -10", 0},
    {"clear", "above 10", 0},
    {"severity", "info", 0},
    {"repeat", "0", 0},
    {"text", "Of the hash rate's change in a year, {value} are a loss that neither luck, price, "
             "season, dated events, trend nor the AI sites we know explain", 0},
};
static const struct rule_pair not_synced[] = {
    {"metric", "sync.synced", 0},
    {"raise", "no", 0},
    {"for", "2h", 0},
    {"severity", "warning", 0},
};
static const struct rule_pair few_peers[] = {
    {"metric", "sync.peers_share", 0},
    {"raise", "below 25%", 0},
    {"clear", "above 50%", 0},
    {"for", "10m", 0},
    {"clearfor", "5m", 0},
    {"severity", "warning", 0},
    {"text", "Only {sync.peers} peers are connected, {value} of those wanted", 0},
};
static const struct rule_pair stale_tip[] = {
    {"metric", "sync.tip_age_s", 0},
    {"raise", "above 2h", 0},
    {"clear", "below 30m", 0},
    {"severity", "warning", 0},
    {"repeat", "2h", 0},
    {"update", "0", 0},
    {"text", "Our tip has not moved for {value}[; {sync.groups} network groups agree with it]", 0},
};
static const struct rule_pair peers_disagree[] = {
    {"metric", "sync.disagreeing_groups", 0},
    {"raise", "above 2", 0},
    {"clear", "below 1", 0},
    {"for", "30m", 0},
    {"clearfor", "10m", 0},
    {"severity", "critical", 0},
    {"text", "{value} network groups hold to another tip than ours[ ({sync.groups} agree with us)]"
             ": the chain is split, or somebody surrounds this monitor", 0},
};
static const struct rule_pair clock_off[] = {
    {"metric", "clock.error_ms", 0},
    {"raise", "above 2s", 0},
    {"clear", "below 1s", 0},
    {"for", "5m", 0},
    {"clearfor", "5m", 0},
    {"severity", "warning", 0},
    {"repeat", "1d", 0},
    {"text", "This machine's clock may be wrong by {value}; arrival times suffer", 0},
};
static const struct rule_pair clock_suspect[] = {
    {"metric", "clock.suspect", 0},
    {"raise", "yes", 0},
    {"clearfor", "10m", 0},
    {"severity", "critical", 0},
    {"text", "Peers send blocks from our clock's future: this machine's clock is probably wrong",
     0},
};
static const struct rule_pair store_trouble[] = {
    {"metric", "store.trouble", 0},
    {"raise", "yes", 0},
    {"clearfor", "5m", 0},
    {"severity", "critical", 0},
    {"repeat", "1h", 0},
    {"text", "The store cannot be written; observations wait or are lost", 0},
};
static const struct rule_pair delivery_late[] = {
    {"metric", "delivery.oldest_s", 0},
    {"raise", "above 1h", 0},
    {"clear", "below 10m", 0},
    {"severity", "warning", 0},
    {"repeat", "1d", 0},
    {"update", "0", 0},
    {"text", "A message has waited {value} for its sink[; {delivery.queued} wait in all]", 0},
};
static const struct rule_pair delivery_dead[] = {
    {"metric", "delivery.dead", 0},
    {"raise", "above 1", 0},
    {"clear", "below 0", 0},
    {"severity", "warning", 0},
    {"repeat", "7d", 0},
    {"update", "0", 0},
    {"text", "{value} messages were given up: 'hashtide alerts outbox' lists them", 0},
};
static const struct rule_pair price_suspect[] = {
    {"metric", "market.suspect", 0},
    {"raise", "above 1", 0},
    {"clear", "below 0", 0},
    {"clearfor", "6h", 0},
    {"severity", "warning", 0},
    {"repeat", "7d", 0},
    {"update", "0", 0},
    {"text", "Sources of the price that answer as no honest one does: {value}; 'hashtide market "
             "list' says which and what", 0},
};
static const struct rule_pair price_stale[] = {
    {"metric", "market.price_age_s", 0},
    {"raise", "above 1d", 0},
    {"clear", "below 6h", 0},
    {"severity", "info", 0},
    {"repeat", "7d", 0},
    {"update", "0", 0},
    {"text", "The sources of the price have not agreed on one for {value}: hashprice and what "
             "rests on it are of old prices", 0},
};

#define PAIRS(list) (list), sizeof(list) / sizeof((list)[0])

static const struct ruleset_builtin builtin[] = {
    {"hashrate-fall", "the detector of falls has spoken", PAIRS(hashrate_fall)},
    {"hashrate-fall-large", "a large part of the hash rate has gone", PAIRS(hashrate_fall_large)},
    {"hashrate-decline", "a gradual loss, against the year's best epoch", PAIRS(hashrate_decline)},
    {"hashrate-rise", "the detector of rises has spoken", PAIRS(hashrate_rise)},
    {"chain-silence", "no block for so long that chance hardly explains it", PAIRS(chain_silence)},
    {"reorg-2", "two or more blocks were replaced", PAIRS(reorg_2)},
    {"reorg-6", "six or more blocks were replaced", PAIRS(reorg_6)},
    {"retarget-down", "difficulty is about to go down a lot", PAIRS(retarget_down)},
    {"retarget-up", "difficulty is about to go up a lot", PAIRS(retarget_up)},
    {"ai-departure", "AI has taken a part of the hash rate, whatever is not known",
     PAIRS(ai_departure)},
    {"unexplained-loss", "a year's loss that nothing known explains", PAIRS(unexplained_loss)},
    {"not-synced", "the monitor does not get to the tip", PAIRS(not_synced)},
    {"few-peers", "most of the peers wanted are missing", PAIRS(few_peers)},
    {"stale-tip", "our tip does not move, whatever the reason", PAIRS(stale_tip)},
    {"peers-disagree", "a chain split, or an eclipse", PAIRS(peers_disagree)},
    {"clock-off", "the clock is not kept in step", PAIRS(clock_off)},
    {"clock-suspect", "peers contradict the clock", PAIRS(clock_suspect)},
    {"store-trouble", "the disk is full or broken", PAIRS(store_trouble)},
    {"delivery-late", "a sink does not take its messages", PAIRS(delivery_late)},
    {"delivery-dead", "messages were given up", PAIRS(delivery_dead)},
    {"price-suspect", "a source of the price lies or is broken", PAIRS(price_suspect)},
    {"price-stale", "no price is to be had", PAIRS(price_stale)},
};
/* clang-format on */
#define BUILTIN_COUNT (sizeof builtin / sizeof builtin[0])

bool ruleset_builtin(struct ruleset_builtin *out, size_t i)
{
    if (i >= BUILTIN_COUNT)
        return false;
    *out = builtin[i];
    return true;
}

static struct rule *find(const struct ruleset *set, const char *name)
{
    for (size_t i = 0; i < set->count; i++) {
        if (strcmp(set->rules[i].name, name) == 0)
            return &set->rules[i];
    }
    return NULL;
}

const struct rule *ruleset_find(const struct ruleset *set, const char *name)
{
    return find(set, name);
}

void ruleset_free(struct ruleset *set)
{
    free(set->rules);
    *set = (struct ruleset){0};
}

/* Appends a rule. False when memory is short. */
static bool append(struct ruleset *set, const struct rule *rule)
{
    struct rule *rules = realloc(set->rules, (set->count + 1) * sizeof *rules);

    if (rules == NULL)
        return false;
    set->rules = rules;
    rules[set->count++] = *rule;
    return true;
}

bool ruleset_defaults(struct ruleset *out)
{
    *out = (struct ruleset){0};
    for (size_t i = 0; i < BUILTIN_COUNT; i++) {
        struct rule rule;
        struct rule_error error;
        bool good =
            rule_parse(&rule, &error, builtin[i].name, 0, NULL, builtin[i].pairs, builtin[i].count);

        assert(good); /* they do not come from outside */
        if (!good || !append(out, &rule)) {
            ruleset_free(out);
            return false;
        }
    }
    return true;
}

static bool fail(struct rule_error *error, const char *name, unsigned line, const char *what)
{
    error->line = line;
    snprintf(error->text, RULE_ERROR_SIZE, "alert %s: %s", name, what);
    return false;
}

bool ruleset_read(struct ruleset *set, struct rule_error *error, const char *name, unsigned line,
                  const struct rule_pair *pairs, size_t count)
{
    struct rule *present = find(set, name);
    struct rule rule;

    if (!rule_parse(&rule, error, name, line, present, pairs, count))
        return false;
    if (present != NULL) {
        *present = rule;
        return true;
    }
    if (set->count >= RULESET_MAX)
        return fail(error, name, line, "too many rules: expected at most 256");
    return append(set, &rule) || fail(error, name, line, "out of memory");
}
