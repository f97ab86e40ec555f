// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * incident_store: a state as bytes. Numbers are little-endian:
 *
 *      0  version, 1                 1  phase              2  flags          3  0
 *      4  sequence (4)               8  digest (8)        16  number (8)    24  height (4)
 *     28  raised height (4)         32  steady_ms (8)     40  since_ms (8)  48  since_height (8)
 *     56  blind_ms (8)              64  began_wall_ms (8)                   72  raised_wall_ms (8)
 *     80  told_ms (8)               88  repeat_ms (8)     96  told_value (8, IEEE 754)
 *    104  silenced_until_ms (8)
 *
 * Flags: 1 acknowledged, 2 undermined, 4 timed. A newer version of the program reads all older
 * versions; an older one refuses what is newer.
 */
#include "config.h"

#include "alerts/incident.h"
#include "chain/cursor.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#define STATE_VERSION 1
#define FLAG_ACKNOWLEDGED 1U
#define FLAG_UNDERMINED 2U
#define FLAG_TIMED 4U
#define FLAGS_ALL 7U
/** Times beyond this are none: sums of a few of them must not overflow. */
#define TIME_BOUND ((int64_t)1 << 56)
/** The same of heights, which may have stood still through many reorgs. */
#define HEIGHT_BOUND ((int64_t)1 << 40)
/** Counts beyond these are none: they would come round to 0. */
#define SEQUENCE_BOUND (UINT32_MAX / 2)
#define NUMBER_BOUND (UINT64_MAX / 4)

static_assert(sizeof(double) == sizeof(uint64_t), "a double is stored as 8 bytes");

static void put_i64(struct writer *writer, int64_t value)
{
    writer_u64(writer, (uint64_t)value);
}

static int64_t take_i64(struct cursor *cursor)
{
    uint64_t bits = cursor_u64(cursor);
    int64_t value = 0;

    memcpy(&value, &bits, sizeof value);
    return value;
}

/* Of a rule at rest nothing counts but whose it is, its numbers and until when it is silenced. So a
 * store need not be written as long as nothing happens. */
static struct incident at_rest(const struct incident *incident)
{
    return (struct incident){
        .digest = incident->digest,
        .number = incident->number,
        .silenced_until_ms = incident->silenced_until_ms,
    };
}

void incident_encode(uint8_t out[INCIDENT_BYTES], const struct incident *state)
{
    const struct incident rest = at_rest(state);
    const struct incident *incident = state->phase == INCIDENT_IDLE ? &rest : state;
    struct writer writer = writer_of(out, INCIDENT_BYTES);
    unsigned flags = (incident->acknowledged ? FLAG_ACKNOWLEDGED : 0) |
                     (incident->undermined ? FLAG_UNDERMINED : 0) |
                     (incident->timed ? FLAG_TIMED : 0);
    uint64_t told_value = 0;

    memcpy(&told_value, &incident->told_value, sizeof told_value);
    writer_u8(&writer, STATE_VERSION);
    writer_u8(&writer, (uint8_t)incident->phase);
    writer_u8(&writer, (uint8_t)flags);
    writer_u8(&writer, 0);
    writer_u32(&writer, incident->sequence);
    writer_u64(&writer, incident->digest);
    writer_u64(&writer, incident->number);
    writer_u32(&writer, incident->height);
    writer_u32(&writer, incident->raised_height);
    put_i64(&writer, incident->steady_ms);
    put_i64(&writer, incident->since_ms);
    put_i64(&writer, incident->since_height);
    put_i64(&writer, incident->blind_ms);
    put_i64(&writer, incident->began_wall_ms);
    put_i64(&writer, incident->raised_wall_ms);
    put_i64(&writer, incident->told_ms);
    put_i64(&writer, incident->repeat_ms);
    writer_u64(&writer, told_value);
    put_i64(&writer, incident->silenced_until_ms);
    assert(!writer.failed && writer.used == INCIDENT_BYTES);
}

static bool within(int64_t value, int64_t bound)
{
    return value >= -bound && value <= bound;
}

/* Whether a state is one that steps can lead to, as far as this can be seen. */
static bool is_sound(const struct incident *incident)
{
    bool stands = incident_stands(incident);

    if (!within(incident->steady_ms, TIME_BOUND) || !within(incident->since_ms, TIME_BOUND) ||
        !within(incident->told_ms, TIME_BOUND) || !within(incident->began_wall_ms, TIME_BOUND) ||
        !within(incident->raised_wall_ms, TIME_BOUND) ||
        !within(incident->since_height, HEIGHT_BOUND))
        return false;
    if (incident->timed &&
        (incident->since_ms > incident->steady_ms || incident->told_ms > incident->steady_ms))
        return false; /* what has begun has begun before now */
    if (incident->blind_ms < 0 || incident->blind_ms > TIME_BOUND || incident->repeat_ms < 0 ||
        incident->repeat_ms > RULE_TIME_MAX_MS || !isfinite(incident->told_value))
        return false;
    if (incident->sequence > SEQUENCE_BOUND || incident->number > NUMBER_BOUND)
        return false;
    if (stands)
        return incident->number > 0 && incident->timed;
    return incident->sequence == 0 && !incident->acknowledged && !incident->undermined &&
           (incident->phase == INCIDENT_IDLE || incident->timed);
}

bool incident_decode(struct incident *out, const uint8_t *bytes, size_t len)
{
    struct cursor cursor = cursor_of(bytes, len);
    struct incident incident = {0};
    uint8_t version = cursor_u8(&cursor);
    uint8_t phase = cursor_u8(&cursor);
    uint8_t flags = cursor_u8(&cursor);
    uint8_t zero = cursor_u8(&cursor);
    uint64_t told_value = 0;

    incident.phase = phase <= INCIDENT_CLEARING ? (enum incident_phase)phase : INCIDENT_IDLE;
    incident.acknowledged = (flags & FLAG_ACKNOWLEDGED) != 0;
    incident.undermined = (flags & FLAG_UNDERMINED) != 0;
    incident.timed = (flags & FLAG_TIMED) != 0;
    incident.sequence = cursor_u32(&cursor);
    incident.digest = cursor_u64(&cursor);
    incident.number = cursor_u64(&cursor);
    incident.height = cursor_u32(&cursor);
    incident.raised_height = cursor_u32(&cursor);
    incident.steady_ms = take_i64(&cursor);
    incident.since_ms = take_i64(&cursor);
    incident.since_height = take_i64(&cursor);
    incident.blind_ms = take_i64(&cursor);
    incident.began_wall_ms = take_i64(&cursor);
    incident.raised_wall_ms = take_i64(&cursor);
    incident.told_ms = take_i64(&cursor);
    incident.repeat_ms = take_i64(&cursor);
    told_value = cursor_u64(&cursor);
    memcpy(&incident.told_value, &told_value, sizeof told_value);
    incident.silenced_until_ms = take_i64(&cursor);
    if (!cursor_done(&cursor) || version != STATE_VERSION || phase > INCIDENT_CLEARING ||
        flags > FLAGS_ALL || zero != 0 || !is_sound(&incident))
        return false;
    *out = incident;
    return true;
}
