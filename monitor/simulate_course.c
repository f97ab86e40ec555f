// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * simulate_course: see simulate_course.h.
 *
 * Every item of the script has a state: waiting, in progress, over. Those that wait for a block and
 * those that wait for a minute stand in two queues, so that a look at the queues' heads is all that
 * a minute costs. What an event has done to the hash rate stays in its state when it is over, as
 * part of a settled sum.
 */
#include "config.h"

#include "monitor/simulate_course.h"

#include "monitor/mem.h"
#include "monitor/simulate_draw.h"
#include "monitor/simulate_fixed.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define YEAR_MINUTES 525960

/** Phases of an event that changes the hash rate. A step is a change with no way in. */
enum phase { PHASE_IN, PHASE_HOLD, PHASE_OUT, PHASE_OVER };

/** What has become of an item. */
struct progress {
    bool begun;
    enum phase phase;
    uint64_t minute; /* at which the phase began ... */
    uint64_t height; /* ... and the block then sought */
    int64_t share;   /* of the logarithm: what it has added */
};

/** Items that wait, by when; those before next have begun. */
struct queue {
    uint16_t items[SIMULATE_ITEMS_MAX];
    size_t count;
    size_t next;
};

struct simulate_course {
    const struct simulate_script *script;
    uint64_t minute;
    uint64_t height; /* the block that is sought */
    struct queue by_height, by_minute;
    struct progress progress[SIMULATE_ITEMS_MAX];
    uint16_t active[SIMULATE_ITEMS_MAX]; /* in progress, in the script's order */
    size_t active_count;
    struct simulate_rate rate;
    struct simulate_rate settled; /* events and departures that are over */
    const struct simulate_item *growth;
    int64_t trend; /* when this growth began ... */
    uint64_t trend_minute;
    const struct simulate_item *walk;
    struct simulate_draw draw;
    struct simulate_habits habits;
    const struct simulate_item *reorg; /* under way */
    char **names;                      /* every list of events that there was; owned */
    size_t name_count;
    size_t name_capacity;
};

/* ---- beginning ---- */

/* By insertion: items that begin at once keep the script's order. */
static void enqueue(struct queue *queue, const struct simulate_item *items, size_t item)
{
    size_t at = queue->count++;

    while (at > 0 && items[queue->items[at - 1]].at.value > items[item].at.value) {
        queue->items[at] = queue->items[at - 1];
        at--;
    }
    queue->items[at] = (uint16_t)item;
}

struct simulate_course *simulate_course_new(const struct simulate_script *script)
{
    struct simulate_course *course = mem_zeroed(1, sizeof *course);

    course->script = script;
    course->trend = script->start;
    course->rate.trend = script->start;
    course->draw = simulate_draw_stream(script->seed, SIMULATE_DRAW_WALK, 0);
    for (size_t i = 0; i < script->item_count; i++)
        enqueue(script->items[i].at.timed ? &course->by_minute : &course->by_height, script->items,
                i);
    return course;
}

void simulate_course_free(struct simulate_course *course)
{
    if (course == NULL)
        return;
    for (size_t i = 0; i < course->name_count; i++)
        free(course->names[i]);
    free(course->names);
    free(course);
}

/* ---- names ---- */

/* A new list of what is in progress. Lists change only where something begins or ends. */
static void list_names(struct simulate_course *course)
{
    size_t size = (course->active_count + 1) * (SIMULATE_NAME_SIZE + 1);
    char *list = mem_zeroed(1, size);
    size_t len = 0;

    for (size_t i = 0; i < course->active_count; i++) {
        const char *name = course->script->items[course->active[i]].name;

        if (len > 0)
            list[len++] = ' ';
        memcpy(list + len, name, strlen(name));
        len += strlen(name);
    }
    if (course->name_count > 0 && strcmp(list, course->names[course->name_count - 1]) == 0) {
        free(list);
        return;
    }
    if (course->name_count == course->name_capacity) {
        course->name_capacity = 2 * course->name_capacity + 16;
        course->names = mem_resize(course->names, course->name_capacity, sizeof *course->names);
    }
    course->names[course->name_count++] = mem_resize(list, len + 1, 1);
}

const char *simulate_course_events(const struct simulate_course *course)
{
    return course->name_count > 0 ? course->names[course->name_count - 1] : "";
}

static void activate(struct simulate_course *course, size_t item)
{
    size_t at = course->active_count++;

    while (at > 0 && course->active[at - 1] > item) {
        course->active[at] = course->active[at - 1];
        at--;
    }
    course->active[at] = (uint16_t)item;
}

/* ---- the hash rate ---- */

int64_t simulate_rate_log(const struct simulate_rate *rate)
{
    return rate->trend + rate->walk + rate->events + rate->departures;
}

/* Length of an item's phase; what it changes is complete at the end of PHASE_IN. */
static struct simulate_span phase_span(const struct simulate_item *item, enum phase phase)
{
    if (phase == PHASE_IN)
        return item->in;
    return phase == PHASE_HOLD ? item->hold : item->out;
}

/* How far the phase has come, at most its length. */
static uint64_t phase_done(const struct simulate_course *course, const struct progress *progress,
                           struct simulate_span span)
{
    uint64_t done =
        span.timed ? course->minute - progress->minute : course->height - progress->height;

    return done < span.length ? done : span.length;
}

/* Moves an event on through its phases, and works out what it adds to the logarithm. */
static void follow_event(struct simulate_course *course, size_t index)
{
    const struct simulate_item *item = &course->script->items[index];
    struct progress *progress = &course->progress[index];
    struct simulate_span span = phase_span(item, progress->phase);
    uint64_t done = 0;

    while (progress->phase != PHASE_OVER &&
           (done = phase_done(course, progress, span)) == span.length) {
        /* The next phase begins where this one ended, in its unit; in the other one, now. */
        progress->minute = span.timed ? progress->minute + span.length : course->minute;
        progress->height = span.timed ? course->height : progress->height + span.length;
        progress->phase =
            item->kind == SIMULATE_STORM ? (enum phase)(progress->phase + 1) : PHASE_OVER;
        span = phase_span(item, progress->phase);
    }
    if (progress->phase == PHASE_IN)
        progress->share = item->change * (int64_t)done / (int64_t)span.length;
    else if (progress->phase == PHASE_OUT)
        progress->share = item->change - item->change * (int64_t)done / (int64_t)span.length;
    else
        progress->share =
            progress->phase == PHASE_OVER && item->kind == SIMULATE_STORM ? 0 : item->change;
}

static bool changes_rate(const struct simulate_item *item)
{
    return item->kind >= SIMULATE_STEP && item->kind <= SIMULATE_DEPARTURE;
}

static void add_share(struct simulate_rate *rate, const struct simulate_item *item, int64_t share)
{
    if (item->kind == SIMULATE_DEPARTURE)
        rate->departures += share;
    else
        rate->events += share;
}

static void follow_rate(struct simulate_course *course)
{
    course->rate.events = course->settled.events;
    course->rate.departures = course->settled.departures;
    for (size_t i = 0; i < course->active_count; i++) {
        size_t index = course->active[i];

        if (!changes_rate(&course->script->items[index]))
            continue;
        follow_event(course, index);
        add_share(&course->rate, &course->script->items[index], course->progress[index].share);
    }
    if (course->growth != NULL)
        course->rate.trend = course->trend + course->growth->change *
                                                 (int64_t)(course->minute - course->trend_minute) /
                                                 YEAR_MINUTES;
}

static size_t index_of(const struct simulate_course *course, const struct simulate_item *item)
{
    return (size_t)(item - course->script->items);
}

/* Books what the growth in force has done, and begins anew. */
static void set_growth(struct simulate_course *course, const struct simulate_item *item)
{
    follow_rate(course);
    if (course->growth != NULL)
        course->progress[index_of(course, course->growth)].share =
            course->rate.trend - course->trend;
    course->growth = item;
    course->trend = course->rate.trend;
    course->trend_minute = course->minute;
}

static void step_walk(struct simulate_course *course)
{
    int64_t normal = simulate_draw_normal(&course->draw);
    uint64_t size = simulate_fixed_multiply((uint64_t)(normal < 0 ? -normal : normal),
                                            course->walk->sd, SIMULATE_DRAW_BITS);
    int64_t step = normal < 0 ? -(int64_t)size : (int64_t)size;

    course->rate.walk += step;
    course->progress[index_of(course, course->walk)].share += step;
}

/* ---- the script ---- */

static void begin(struct simulate_course *course, size_t index)
{
    const struct simulate_item *item = &course->script->items[index];

    course->progress[index] =
        (struct progress){.begun = true, .minute = course->minute, .height = course->height};
    switch (item->kind) {
    case SIMULATE_GROWTH:
        set_growth(course, item);
        break;
    case SIMULATE_WALK:
        course->walk = item->sd > 0 ? item : NULL;
        break;
    case SIMULATE_NOISE:
        course->habits.noise = item;
        break;
    case SIMULATE_STALE:
        course->habits.stale = item->share > 0 ? item : NULL;
        break;
    case SIMULATE_DELAY:
        course->habits.delay = item->late_ms > 0 ? item : NULL;
        break;
    case SIMULATE_STEP:
    case SIMULATE_RAMP:
    case SIMULATE_STORM:
    case SIMULATE_DEPARTURE:
        activate(course, index);
        break;
    case SIMULATE_TIMEWARP:
        course->habits.timewarp = item;
        activate(course, index);
        break;
    case SIMULATE_REORG:
        course->progress[index].begun = course->habits.reorg == NULL;
        if (course->progress[index].begun)
            course->habits.reorg = item;
        break;
    }
}

/* Begins what is due. True if anything was. */
static bool begin_due(struct simulate_course *course, struct queue *queue, uint64_t now)
{
    bool any = false;

    while (queue->next < queue->count &&
           course->script->items[queue->items[queue->next]].at.value <= now) {
        begin(course, queue->items[queue->next++]);
        any = true;
    }
    return any;
}

static bool is_over(const struct simulate_course *course, size_t index)
{
    const struct simulate_item *item = &course->script->items[index];

    if (item->kind == SIMULATE_TIMEWARP)
        return item != course->habits.timewarp ||
               (item->until.timed ? course->minute : course->height) > item->until.value;
    if (item->kind == SIMULATE_REORG)
        return item != course->reorg;
    /* The block that a step or an end of a ramp led to has been found. */
    return course->progress[index].phase == PHASE_OVER &&
           course->progress[index].height < course->height;
}

/* Takes away what is over. True if anything was. */
static bool end_due(struct simulate_course *course)
{
    size_t kept = 0;

    for (size_t i = 0; i < course->active_count; i++) {
        size_t index = course->active[i];
        const struct simulate_item *item = &course->script->items[index];

        if (!is_over(course, index)) {
            course->active[kept++] = course->active[i];
            continue;
        }
        if (item == course->habits.timewarp)
            course->habits.timewarp = NULL;
        if (changes_rate(item))
            add_share(&course->settled, item, course->progress[index].share);
    }
    if (kept == course->active_count)
        return false;
    course->active_count = kept;
    return true;
}

void simulate_course_block(struct simulate_course *course, uint32_t height)
{
    bool changed = false;

    assert(height == course->height + 1);
    course->height = height;
    changed = end_due(course);
    changed = begin_due(course, &course->by_height, height) || changed;
    follow_rate(course);
    if (changed)
        list_names(course);
}

void simulate_course_minute(struct simulate_course *course)
{
    bool changed = false;

    course->minute++;
    if (course->walk != NULL)
        step_walk(course);
    changed = begin_due(course, &course->by_minute, course->minute);
    follow_rate(course);
    if (changed)
        list_names(course);
}

void simulate_course_take_reorg(struct simulate_course *course)
{
    assert(course->habits.reorg != NULL && course->reorg == NULL);
    course->reorg = course->habits.reorg;
    course->habits.reorg = NULL;
    activate(course, index_of(course, course->reorg));
    list_names(course);
}

void simulate_course_end_reorg(struct simulate_course *course)
{
    course->reorg = NULL;
}

/* ---- looks ---- */

uint64_t simulate_course_minutes(const struct simulate_course *course)
{
    return course->minute;
}

const struct simulate_rate *simulate_course_rate(const struct simulate_course *course)
{
    return &course->rate;
}

const struct simulate_habits *simulate_course_habits(const struct simulate_course *course)
{
    return &course->habits;
}

unsigned simulate_course_blame(const struct simulate_course *course, bool raised)
{
    int64_t most = course->script->start;
    unsigned line = most > 0 && raised ? course->script->start_line : 0;

    if (line == 0)
        most = 0;
    for (size_t i = 0; i < course->script->item_count; i++) {
        const struct simulate_item *item = &course->script->items[i];
        int64_t share =
            item == course->growth ? course->rate.trend - course->trend : course->progress[i].share;

        share = raised ? share : -share;
        if (share > most) {
            most = share;
            line = item->line;
        }
    }
    return line;
}

const struct simulate_item *simulate_course_waiting(const struct simulate_course *course)
{
    for (size_t i = 0; i < course->script->item_count; i++) {
        if (!course->progress[i].begun || &course->script->items[i] == course->habits.reorg)
            return &course->script->items[i];
    }
    return NULL;
}
