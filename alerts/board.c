// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * board: see board.h. A stored state is that of incident.h; where it is not idle, what makes a last
 * message follows it:
 *
 *     severity (1)  bound (1)  side (1)  0  raise level (8, IEEE 754)  clear level (8)
 *     length (1) and name of the metric  count (1) of sinks, each a length (1) and a name
 */
#include "config.h"

#include "alerts/board.h"

#include "chain/cursor.h"
#include "chain/sha256.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct seat {
    struct rule rule; /* of one that is gone: enough of it for a last message */
    struct incident incident;
    bool gone;            /* no such rule is in force */
    struct hash256 given; /* of the state as it was last given or restored; else zeroes */
};

struct board {
    struct seat *seats; /* rules in order, then those that are gone */
    size_t count;
};

/* ---- Seats -------------------------------------------------------------- */

static struct seat *find(const struct board *board, const char *name)
{
    for (size_t i = 0; i < board->count; i++) {
        if (strcmp(board->seats[i].rule.name, name) == 0)
            return &board->seats[i];
    }
    return NULL;
}

/* The seat of a rule that is not in force, made where there is none. NULL when memory is short. */
static struct seat *find_or_add(struct board *board, const char *name)
{
    struct seat *seat = find(board, name);
    struct seat *seats = NULL;

    if (seat != NULL)
        return seat;
    seats = realloc(board->seats, (board->count + 1) * sizeof *seats);
    if (seats == NULL)
        return NULL;
    board->seats = seats;
    seat = &seats[board->count++];
    *seat = (struct seat){.gone = true};
    memcpy(seat->rule.name, name, strlen(name) + 1);
    return seat;
}

static bool is_in_force(const struct seat *seat)
{
    return !seat->gone && seat->rule.enabled;
}

struct board *board_new(const struct ruleset *set)
{
    struct board *board = calloc(1, sizeof *board);

    if (board == NULL)
        return NULL;
    if (!board_reconfigure(board, set)) {
        board_free(board);
        return NULL;
    }
    return board;
}

void board_free(struct board *board)
{
    if (board == NULL)
        return;
    free(board->seats);
    free(board);
}

bool board_reconfigure(struct board *board, const struct ruleset *set)
{
    struct seat *seats = calloc(set->count + board->count + 1, sizeof *seats);
    size_t count = 0;

    if (seats == NULL)
        return false;
    for (size_t i = 0; i < set->count; i++) {
        const struct seat *before = find(board, set->rules[i].name);
        struct seat *seat = &seats[count++];

        if (before != NULL)
            *seat = *before;
        seat->rule = set->rules[i];
        seat->gone = false;
        if (before != NULL && !seat->rule.enabled && incident_stands(&before->incident))
            seat->rule = before->rule; /* its alert is cleared in the words that raised it */
        if (!set->rules[i].enabled)
            seat->rule.enabled = false;
    }
    for (size_t i = 0; i < board->count; i++) {
        if (ruleset_find(set, board->seats[i].rule.name) == NULL) {
            seats[count] = board->seats[i];
            seats[count++].gone = true;
        }
    }
    free(board->seats);
    board->seats = seats;
    board->count = count;
    return true;
}

/* ---- Stored states ------------------------------------------------------ */

static void put_double(struct writer *writer, double value)
{
    uint64_t bits = 0;

    memcpy(&bits, &value, sizeof bits);
    writer_u64(writer, bits);
}

static double take_double(struct cursor *cursor)
{
    uint64_t bits = cursor_u64(cursor);
    double value = 0;

    memcpy(&value, &bits, sizeof value);
    return value;
}

static void put_name(struct writer *writer, const char *name)
{
    size_t len = strlen(name);

    writer_u8(writer, (uint8_t)len);
    writer_put(writer, name, len);
}

/* False unless there is a name that fits, with a NUL behind it. */
static bool take_name(char *out, size_t size, struct cursor *cursor)
{
    size_t len = cursor_u8(cursor);
    const uint8_t *bytes = cursor_take(cursor, len);

    if (bytes == NULL || len == 0 || len >= size || memchr(bytes, 0, len) != NULL)
        return false;
    memset(out, 0, size);
    memcpy(out, bytes, len);
    return true;
}

static size_t encode(uint8_t out[BOARD_BYTES_MAX], const struct seat *seat)
{
    const struct rule *rule = &seat->rule;
    struct writer writer = writer_of(out, BOARD_BYTES_MAX);
    uint8_t state[INCIDENT_BYTES];

    incident_encode(state, &seat->incident);
    writer_put(&writer, state, sizeof state);
    if (seat->incident.phase != INCIDENT_IDLE) {
        writer_u8(&writer, (uint8_t)rule->severity);
        writer_u8(&writer, (uint8_t)rule->bound);
        writer_u8(&writer, (uint8_t)rule->side);
        writer_u8(&writer, 0);
        put_double(&writer, rule->raise_level);
        put_double(&writer, rule->clear_level);
        put_name(&writer, metric_info(rule->metric)->name);
        writer_u8(&writer, (uint8_t)rule->sink_count);
        for (size_t i = 0; i < rule->sink_count; i++)
            put_name(&writer, rule->sinks[i]);
    }
    assert(!writer.failed);
    return writer.used;
}

/* What encode() wrote behind the state. */
static bool decode_rule(struct rule *rule, struct cursor *cursor)
{
    uint8_t severity = cursor_u8(cursor);
    uint8_t bound = cursor_u8(cursor);
    uint8_t side = cursor_u8(cursor);
    uint8_t zero = cursor_u8(cursor);
    char metric[64];

    rule->raise_level = take_double(cursor);
    rule->clear_level = take_double(cursor);
    if (severity > RULE_CRITICAL || bound > RULE_UPPER || side > RULE_BELOW || zero != 0 ||
        !isfinite(rule->raise_level) || !isfinite(rule->clear_level) ||
        !take_name(metric, sizeof metric, cursor))
        return false;
    rule->severity = (enum rule_severity)severity;
    rule->bound = (enum rule_bound)bound;
    rule->side = (enum rule_side)side;
    rule->metric = metric_find(metric);
    rule->sink_count = cursor_u8(cursor);
    if (rule->metric == METRIC_COUNT || rule->sink_count > RULE_SINKS_MAX)
        return false;
    for (size_t i = 0; i < rule->sink_count; i++) {
        if (!take_name(rule->sinks[i], RULE_NAME_SIZE, cursor) || !rule_name_ok(rule->sinks[i]))
            return false;
    }
    return cursor_done(cursor);
}

static struct hash256 hash_of(const struct seat *seat)
{
    uint8_t bytes[BOARD_BYTES_MAX];
    struct hash256 hash;

    sha256(&hash, bytes, encode(bytes, seat));
    return hash;
}

bool board_restore(struct board *board, const char *name, const uint8_t *bytes, size_t len)
{
    struct incident incident;
    struct rule rule = {.enabled = true};
    struct seat *seat = NULL;

    if (!rule_name_ok(name) || len < INCIDENT_BYTES ||
        !incident_decode(&incident, bytes, INCIDENT_BYTES))
        return false;
    if (incident.phase != INCIDENT_IDLE) {
        struct cursor cursor = cursor_of(bytes + INCIDENT_BYTES, len - INCIDENT_BYTES);

        if (!decode_rule(&rule, &cursor))
            return false;
    } else if (len != INCIDENT_BYTES) {
        return false;
    }
    seat = find_or_add(board, name);
    if (seat == NULL)
        return false;
    seat->incident = incident;
    if (!is_in_force(seat) && incident.phase != INCIDENT_IDLE) {
        memcpy(rule.name, name, strlen(name) + 1);
        rule.enabled = seat->rule.enabled;
        seat->rule = rule;
    }
    seat->given = hash_of(seat);
    return true;
}

bool board_number(struct board *board, const char *name, uint64_t number)
{
    struct seat *seat = rule_name_ok(name) ? find_or_add(board, name) : NULL;

    if (seat == NULL)
        return false;
    if (seat->incident.number < number)
        seat->incident.number = number;
    return true;
}

size_t board_changes(struct board *board, board_state_fn state, void *context)
{
    size_t count = 0;

    for (size_t i = 0; i < board->count; i++) {
        struct seat *seat = &board->seats[i];
        struct hash256 hash = hash_of(seat);
        uint8_t bytes[BOARD_BYTES_MAX];

        if (hash256_equal(&hash, &seat->given))
            continue;
        state(context, seat->rule.name, bytes, encode(bytes, seat));
        seat->given = hash;
        count++;
    }
    return count;
}

/* ---- What happens ------------------------------------------------------- */

static bool belongs_to(const struct rule *rule, enum board_part part)
{
    enum metric_class subject = metric_info(rule->metric)->subject;

    switch (part) {
    case BOARD_ALL:
        return true;
    case BOARD_CHAIN:
        return subject == METRIC_CHAIN;
    case BOARD_HEALTH:
        return subject == METRIC_HEALTH;
    case BOARD_STORE:
        return rule->metric == METRIC_STORE_TROUBLE;
    }
    return false;
}

size_t board_step(struct board *board, enum board_part part, const struct metrics *metrics,
                  board_message_fn message, void *context)
{
    size_t count = 0;

    for (size_t i = 0; i < board->count; i++) {
        struct seat *seat = &board->seats[i];
        struct alert_transition transition;
        bool said = false;

        if (!belongs_to(&seat->rule, part))
            continue;
        if (is_in_force(seat))
            said = incident_step(&transition, &seat->incident, &seat->rule, metrics);
        else if (seat->incident.phase != INCIDENT_IDLE)
            said = incident_retire(&transition, &seat->incident, metrics);
        if (!said)
            continue;
        message(context, &seat->rule, &transition);
        count++;
    }
    return count;
}

enum board_answer board_acknowledge(struct board *board, const char *name,
                                    const struct metrics *metrics, board_message_fn message,
                                    void *context)
{
    struct seat *seat = find(board, name);
    struct alert_transition transition;

    if (seat == NULL || seat->gone)
        return BOARD_NO_RULE;
    if (!incident_stands(&seat->incident))
        return BOARD_NO_ALERT;
    if (seat->incident.acknowledged)
        return BOARD_ALREADY;
    if (incident_acknowledge(&transition, &seat->incident, metrics))
        message(context, &seat->rule, &transition);
    return BOARD_DONE;
}

enum board_answer board_silence(struct board *board, const char *name, int64_t until_wall_ms)
{
    struct seat *seat = find(board, name);

    if (seat == NULL || seat->gone)
        return BOARD_NO_RULE;
    incident_silence(&seat->incident, until_wall_ms);
    return BOARD_DONE;
}

void board_each(const struct board *board,
                void (*each)(void *context, const struct rule *rule,
                             const struct incident *incident),
                void *context)
{
    for (size_t i = 0; i < board->count; i++) {
        if (!board->seats[i].gone)
            each(context, &board->seats[i].rule, &board->seats[i].incident);
    }
}

const struct incident *board_incident(const struct board *board, const char *name)
{
    const struct seat *seat = find(board, name);

    return seat != NULL && !seat->gone ? &seat->incident : NULL;
}
