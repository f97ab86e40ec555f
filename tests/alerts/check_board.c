// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Goal of this test: a board that is thrown away and made anew from its store at any moment says
 * what one says that lived on, under the same numbers; what rests is not stored again; rules that
 * go away end their alerts, be it while we run or while we do not; bytes that are none are refused.
 */
#include "config.h"

#include "alerts/board.h"
#include "tests/support/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MINUTE ((int64_t)60000)
#define STORE_MAX 64
#define STORY_SIZE ((size_t)1 << 20)

/** What a database would hold. */
struct store {
    struct {
        char name[RULE_NAME_SIZE];
        uint8_t bytes[BOARD_BYTES_MAX];
        size_t len;
    } rows[STORE_MAX];
    size_t count;
};

static void save(void *context, const char *name, const uint8_t *bytes, size_t len)
{
    struct store *store = context;
    size_t i = 0;

    while (i < store->count && strcmp(store->rows[i].name, name) != 0)
        i++;
    ck_assert_uint_lt(i, STORE_MAX);
    store->count = i < store->count ? store->count : i + 1;
    snprintf(store->rows[i].name, RULE_NAME_SIZE, "%s", name);
    memcpy(store->rows[i].bytes, bytes, len);
    store->rows[i].len = len;
}

static struct board *load(const struct ruleset *set, const struct store *store)
{
    struct board *board = board_new(set);

    ck_assert_ptr_nonnull(board);
    for (size_t i = 0; i < store->count; i++)
        ck_assert(
            board_restore(board, store->rows[i].name, store->rows[i].bytes, store->rows[i].len));
    return board;
}

/** Messages, a line each. */
struct story {
    char *text;
    size_t used;
};

static void tell(void *context, const struct rule *rule, const struct alert_transition *transition)
{
    struct story *story = context;

    story->used +=
        (size_t)snprintf(story->text + story->used, STORY_SIZE - story->used,
                         "%s %s %s %s %llu %u\n", rule->name, metric_info(rule->metric)->name,
                         alert_state_name(transition->state), alert_reason_name(transition->reason),
                         (unsigned long long)transition->incident, (unsigned)transition->sequence);
    ck_assert_uint_lt(story->used, STORY_SIZE);
}

static struct story story_new(void)
{
    struct story story = {.text = calloc(STORY_SIZE, 1)};

    ck_assert_ptr_nonnull(story.text);
    return story;
}

/* What has been said since the last call; valid until more is said. */
static const char *heard(struct story *story)
{
    story->text[story->used] = '\0';
    story->used = 0;
    return story->text;
}

static struct metrics quiet(void)
{
    struct metrics metrics = {.wall_ms = 1700000000000,
                              .steady_ms = 1700000000000,
                              .uptime_ms = METRICS_NO_START,
                              .synced = true,
                              .has_tip = true,
                              .height = 800000};

    for (unsigned i = 0; i < METRIC_COUNT; i++)
        metrics_set(&metrics, (enum metric_id)i, 0);
    metrics_set(&metrics, METRIC_SYNC_SYNCED, 1);
    metrics_set(&metrics, METRIC_SYNC_PEERS_SHARE, 1);
    metrics_set(&metrics, METRIC_INTERVAL_SILENCE_P, 1);
    return metrics;
}

/* Something happens to every figure. */
static void happen(struct metrics *metrics, struct test_random *random)
{
    metrics->wall_ms += test_random_below(random, 60) * MINUTE;
    metrics->steady_ms = metrics->wall_ms;
    metrics->height += test_random_below(random, 3);
    metrics->synced = !test_random_one_in(random, 20);
    metrics->reorged = test_random_one_in(random, 30);
    metrics->fork_height = metrics->height - 3;
    for (unsigned i = 0; i < METRIC_COUNT; i++) {
        double low = (double)test_random_below(random, 3) / 2;

        if (test_random_one_in(random, 12))
            metrics_set(metrics, (enum metric_id)i,
                        test_random_one_in(random, 3) ? low * 10000 : low);
    }
}

static void run(struct story *story, const struct ruleset *set, struct test_random *restarts)
{
    struct test_random random = test_random_init(test_seed(), 1);
    struct board *board = board_new(set);
    struct metrics metrics = quiet();
    struct store store = {.count = 0};

    ck_assert_ptr_nonnull(board);
    for (int i = 0; i < 3000; i++) {
        const char *name = set->rules[test_random_below(&random, (uint32_t)set->count)].name;

        happen(&metrics, &random);
        board_step(board, BOARD_ALL, &metrics, tell, story);
        if (test_random_one_in(&random, 50))
            board_acknowledge(board, name, &metrics, tell, story);
        if (test_random_one_in(&random, 200))
            board_silence(board, name, metrics.wall_ms + 60 * MINUTE);
        board_changes(board, save, &store);
        if (restarts != NULL && test_random_one_in(restarts, 5)) {
            board_free(board);
            board = load(set, &store);
        }
    }
    board_free(board);
}

START_TEST(test_restarts)
{
    struct ruleset set;
    struct story straight = story_new();
    struct story restarted = story_new();
    struct test_random restarts = test_random_init(test_seed(), 2);
    size_t messages = 0;

    ck_assert(ruleset_defaults(&set));
    run(&straight, &set, NULL);
    run(&restarted, &set, &restarts);
    ck_assert_str_eq(straight.text, restarted.text);
    for (const char *at = straight.text; *at != '\0'; at++)
        messages += *at == '\n';
    printf("restarts: %zu messages, the same\n", messages);
    ck_assert_uint_gt(messages, 200);
    free(straight.text);
    free(restarted.text);
    ruleset_free(&set);
}
END_TEST

START_TEST(test_rest_is_not_stored)
{
    struct ruleset set;
    struct board *board = NULL;
    struct metrics metrics = quiet();
    struct store store = {.count = 0};
    struct story story = story_new();

    ck_assert(ruleset_defaults(&set));
    board = board_new(&set);
    board_step(board, BOARD_ALL, &metrics, tell, &story);
    ck_assert_uint_eq(board_changes(board, save, &store), set.count);
    for (int i = 0; i < 10; i++) {
        metrics.steady_ms += MINUTE;
        metrics.height++;
        ck_assert_uint_eq(board_step(board, BOARD_ALL, &metrics, tell, &story), 0);
        ck_assert_uint_eq(board_changes(board, save, &store), 0);
    }
    metrics_set(&metrics, METRIC_REORG_DEPTH, 3);
    ck_assert_uint_eq(board_step(board, BOARD_ALL, &metrics, tell, &story), 1);
    ck_assert_uint_eq(board_changes(board, save, &store), 1);
    board_free(board);
    board = load(&set, &store);
    ck_assert_uint_eq(board_changes(board, save, &store), 0);
    ck_assert(incident_stands(board_incident(board, "reorg-2")));
    board_free(board);
    free(story.text);
    ruleset_free(&set);
}
END_TEST

/* A rule of our own fires, and goes away. */
static void go_away(bool restart, bool disable)
{
    const struct rule_pair pairs[] = {
        {"metric", "sync.groups", 2}, {"raise", "above 5", 3}, {"clear", "below 1", 4}};
    const struct rule_pair off = {"enabled", "0", 5};
    struct ruleset with;
    struct ruleset without;
    struct rule_error error;
    struct metrics metrics = quiet();
    struct store store = {.count = 0};
    struct story story = story_new();
    struct board *board = NULL;

    ck_assert(ruleset_defaults(&with) && ruleset_defaults(&without));
    ck_assert(ruleset_read(&with, &error, "mine", 1, pairs, 3));
    if (disable) {
        ck_assert(ruleset_read(&without, &error, "mine", 1, pairs, 3));
        ck_assert(ruleset_read(&without, &error, "mine", 1, &off, 1));
    }
    metrics_set(&metrics, METRIC_SYNC_GROUPS, 7);
    board = board_new(&with);
    board_step(board, BOARD_ALL, &metrics, tell, &story);
    ck_assert_str_eq(heard(&story), "mine sync.groups raised value 1 1\n");
    board_changes(board, save, &store);
    if (restart) {
        board_free(board);
        board = load(&without, &store);
    } else {
        ck_assert(board_reconfigure(board, &without));
    }
    board_step(board, BOARD_ALL, &metrics, tell, &story);
    ck_assert_str_eq(heard(&story), "mine sync.groups cleared rule-gone 1 2\n");
    ck_assert_uint_eq(board_step(board, BOARD_ALL, &metrics, tell, &story), 0);
    board_changes(board, save, &store);
    /* It comes back, under the next number. */
    board_free(board);
    board = load(&with, &store);
    board_step(board, BOARD_ALL, &metrics, tell, &story);
    ck_assert_str_eq(heard(&story), "mine sync.groups raised value 2 1\n");
    board_free(board);
    free(story.text);
    ruleset_free(&with);
    ruleset_free(&without);
}

START_TEST(test_rules_that_go_away)
{
    go_away(false, false);
    go_away(false, true);
    go_away(true, false);
    go_away(true, true);
}
END_TEST

START_TEST(test_answers)
{
    struct ruleset set;
    struct metrics metrics = quiet();
    struct story story = story_new();
    struct board *board = NULL;

    ck_assert(ruleset_defaults(&set));
    board = board_new(&set);
    ck_assert_uint_eq(board_acknowledge(board, "none", &metrics, tell, &story), BOARD_NO_RULE);
    ck_assert_uint_eq(board_silence(board, "none", 1), BOARD_NO_RULE);
    ck_assert_uint_eq(board_acknowledge(board, "reorg-2", &metrics, tell, &story), BOARD_NO_ALERT);
    metrics_set(&metrics, METRIC_REORG_DEPTH, 2);
    board_step(board, BOARD_ALL, &metrics, tell, &story);
    ck_assert_str_eq(heard(&story), "reorg-2 reorg.depth raised value 1 1\n");
    ck_assert_uint_eq(board_acknowledge(board, "reorg-2", &metrics, tell, &story), BOARD_DONE);
    ck_assert_str_eq(heard(&story), "reorg-2 reorg.depth updated acknowledged 1 2\n");
    ck_assert_uint_eq(board_acknowledge(board, "reorg-2", &metrics, tell, &story), BOARD_ALREADY);
    ck_assert_uint_eq(board_silence(board, "few-peers", INCIDENT_SILENT_FOR_EVER), BOARD_DONE);
    metrics_set(&metrics, METRIC_SYNC_PEERS_SHARE, 0);
    for (int i = 0; i < 20; i++) {
        metrics.steady_ms += MINUTE;
        metrics.wall_ms += MINUTE;
        board_step(board, BOARD_ALL, &metrics, tell, &story);
    }
    ck_assert_str_eq(heard(&story), "");
    /* A number that was had elsewhere. */
    ck_assert(board_number(board, "few-peers", 41));
    ck_assert(!board_number(board, "a b", 41));
    ck_assert_ptr_null(board_incident(board, "a b"));
    board_free(board);
    free(story.text);
    ruleset_free(&set);
}
END_TEST

/* Of the state of an alert that stands: bytes at which it must be refused. */
static void check_refusals(const struct ruleset *set, const struct store *store)
{
    struct board *board = board_new(set);
    uint8_t bytes[BOARD_BYTES_MAX] = {0};
    size_t row = 0;
    size_t len = 0;

    while (strcmp(store->rows[row].name, "reorg-6") != 0)
        row++;
    len = store->rows[row].len;
    memcpy(bytes, store->rows[row].bytes, len);
    ck_assert_uint_gt(len, INCIDENT_BYTES);
    ck_assert(board_restore(board, "reorg-6", bytes, len));
    ck_assert(!board_restore(board, "reorg-6", bytes, len + 1));
    ck_assert(!board_restore(board, "reorg-6", bytes, len - 1));
    ck_assert(!board_restore(board, "reorg-6", bytes, INCIDENT_BYTES));
    ck_assert(!board_restore(board, "a b", bytes, len));
    for (size_t i = 0; i < 4; i++) { /* severity, bound, side, zero */
        uint8_t was = bytes[INCIDENT_BYTES + i];

        bytes[INCIDENT_BYTES + i] = 3;
        ck_assert(!board_restore(board, "reorg-6", bytes, len));
        bytes[INCIDENT_BYTES + i] = was;
    }
    ck_assert(board_restore(board, "reorg-6", bytes, len));
    board_free(board);
}

/* Whatever stands in the store: it is refused, or it can be lived with. */
START_TEST(test_damaged_bytes)
{
    struct test_random random = test_random_init(test_seed(), 3);
    struct ruleset set;
    struct metrics metrics = quiet();
    struct store store = {.count = 0};
    struct story story = story_new();
    struct board *board = NULL;
    size_t refused = 0;

    ck_assert(ruleset_defaults(&set));
    board = board_new(&set);
    metrics_set(&metrics, METRIC_REORG_DEPTH, 9);
    board_step(board, BOARD_ALL, &metrics, tell, &story);
    board_changes(board, save, &store);
    board_free(board);
    check_refusals(&set, &store);
    for (int round = 0; round < 4000; round++) {
        size_t row = test_random_below(&random, (uint32_t)store.count);
        uint8_t bytes[BOARD_BYTES_MAX];
        size_t len = store.rows[row].len;

        memcpy(bytes, store.rows[row].bytes, len);
        for (uint32_t i = test_random_below(&random, 3); i > 0; i--)
            bytes[test_random_below(&random, (uint32_t)len)] ^=
                (uint8_t)(1u << test_random_below(&random, 8));
        if (test_random_one_in(&random, 4))
            len = test_random_below(&random, (uint32_t)len + 1);
        board = board_new(&set);
        story.used = 0;
        if (!board_restore(board, test_random_one_in(&random, 2) ? "gone" : store.rows[row].name,
                           bytes, len))
            refused++;
        board_step(board, BOARD_ALL, &metrics, tell, &story);
        board_changes(board, save, &(struct store){.count = 0});
        board_free(board);
    }
    printf("damaged: %zu of 4000 refused\n", refused);
    ck_assert_uint_gt(refused, 500);
    free(story.text);
    ruleset_free(&set);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_restarts, test_rest_is_not_stored, test_rules_that_go_away,
        test_answers,  test_damaged_bytes,
    };

    return TEST_MAIN("board", tests);
}
