// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Goal of this test: messages of the outbox reach every sink that takes them, in order; one that
 * fails now and then gets each in the end, and one that never takes any delays no other; a worker
 * that is stopped half-way leaves the rest to the next.
 */
#include "config.h"

#include "monitor/deliver/worker.h"
#include "tests/support/check.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uv.h>

#define MESSAGES 20
#define SINKS 3
#define WALL INT64_C(1767225600000)

/** Sinks are programs that note the ids of what they take in a file of their name. */
struct bench {
    char folder[256];
    struct sink items[SINKS];
    struct sinks sinks;
    struct outbox *outbox;
    uv_loop_t loop;
    struct worker *worker;
    unsigned tries;  /* reports heard */
    unsigned taken;  /* of them, taken */
    unsigned enough; /* stop when so many are taken */
};

static void path_in(char out[512], const struct bench *bench, const char *name)
{
    snprintf(out, 512, "%s/%s", bench->folder, name);
}

static void add_sink(struct bench *bench, const char *name, const char *script)
{
    char path[512];
    struct sink *sink = &bench->items[bench->sinks.count++];
    FILE *file = NULL;

    path_in(path, bench, name);
    strncat(path, ".sh", sizeof path - strlen(path) - 1);
    file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    fprintf(file, "#!/bin/sh\ncd %s\n%s\n", bench->folder, script);
    fclose(file);
    ck_assert_int_eq(chmod(path, 0700), 0);
    memset(sink, 0, sizeof *sink);
    snprintf(sink->name, sizeof sink->name, "%s", name);
    sink->type = SINK_EXEC;
    sink->timeout_ms = 60000;
    sink->command[0] = strdup(path);
    sink->command_count = 1;
}

static void said(void *context, const struct worker_report *report)
{
    struct bench *bench = context;

    bench->tries++;
    if (report->fate == DELIVERY_DONE && ++bench->taken >= bench->enough)
        uv_stop(&bench->loop);
}

static void start(struct bench *bench)
{
    char path[512];
    char message[512] = "";
    bool missing = false;
    char *folder = NULL;
    char cwd[200];

    signal(SIGPIPE, SIG_IGN); /* as in the program */
    memset(bench, 0, sizeof *bench);
    ck_assert_ptr_nonnull(getcwd(cwd, sizeof cwd));
    snprintf(bench->folder, sizeof bench->folder, "%s/worker-XXXXXX", cwd);
    folder = mkdtemp(bench->folder);
    ck_assert_ptr_nonnull(folder);
    bench->sinks.items = bench->items;
    add_sink(bench, "good", "echo $HASHTIDE_MESSAGE_ID >>good");
    add_sink(bench, "dead", "exit 1");
    add_sink(bench, "moody",
             "n=$(cat mood 2>/dev/null || echo 0); echo $((n + 1)) >mood\n"
             "[ $((n % 3)) = 2 ] || exit 1\necho $HASHTIDE_MESSAGE_ID >>moody");
    path_in(path, bench, "alerts.sqlite");
    bench->outbox = outbox_open(path, false, &missing, message, sizeof message);
    ck_assert_msg(bench->outbox != NULL, "%s", message);
    ck_assert_int_eq(uv_loop_init(&bench->loop), 0);
}

static void run(struct bench *bench, unsigned enough)
{
    char message[512] = "";
    struct worker_options options = {
        .loop = &bench->loop,
        .outbox = bench->outbox,
        .sinks = &bench->sinks,
        .delivery = {.retry_min_ms = 1, .retry_max_ms = 4, .give_up_ms = DELIVERY_GIVE_UP_MS},
        .said = said,
        .context = bench,
    };

    bench->enough = enough;
    bench->worker = worker_new(&options, message, sizeof message);
    ck_assert_msg(bench->worker != NULL, "%s", message);
    uv_run(&bench->loop, UV_RUN_DEFAULT);
    worker_free(bench->worker);
    uv_run(&bench->loop, UV_RUN_DEFAULT);
}

static void finish(struct bench *bench)
{
    char command[512];

    outbox_close(bench->outbox);
    ck_assert_int_eq(uv_loop_close(&bench->loop), 0);
    for (size_t i = 0; i < bench->sinks.count; i++)
        free(bench->items[i].command[0]);
    snprintf(command, sizeof command, "rm -rf %s", bench->folder);
    ck_assert_int_eq(system(command), 0);
}

static void write_messages(struct bench *bench)
{
    const char *names[SINKS] = {"good", "dead", "moody"};

    ck_assert(outbox_set_sinks(bench->outbox, names, SINKS, WALL));
    for (unsigned i = 0; i < MESSAGES; i++) {
        char id[IDENTITY_SIZE];
        struct outbox_message message = {.id = id,
                                         .alert_id = id,
                                         .rule = "fall",
                                         .state = ALERT_RAISED,
                                         .created_ms = WALL,
                                         .body = "{\"state\":\"raised\"}",
                                         .body_len = 18,
                                         .sinks = names,
                                         .sink_count = SINKS};
        struct outbox_commit commit = {.messages = &message, .message_count = 1};

        snprintf(id, sizeof id, "%032x", i);
        ck_assert(outbox_commit(bench->outbox, &commit, NULL));
    }
}

/* Each once or more, never one before an earlier one. Returns how many ids stand there. */
static unsigned check_order(const struct bench *bench, const char *name)
{
    char path[512];
    char line[64];
    unsigned next = 0;
    unsigned lines = 0;
    FILE *file = NULL;

    path_in(path, bench, name);
    file = fopen(path, "r");
    ck_assert_ptr_nonnull(file);
    for (; fgets(line, sizeof line, file) != NULL; lines++) {
        unsigned id = (unsigned)strtoul(line, NULL, 16);

        ck_assert_msg(id == next || id + 1 == next, "%s: %u, where %u was due", name, id, next);
        next = id + 1;
    }
    fclose(file);
    ck_assert_uint_eq(next, MESSAGES);
    return lines;
}

START_TEST(test_in_order)
{
    struct bench bench;
    struct outbox_sink sink;

    start(&bench);
    write_messages(&bench);
    run(&bench, 2 * MESSAGES);
    ck_assert_uint_eq(check_order(&bench, "good"), MESSAGES);
    ck_assert_uint_eq(check_order(&bench, "moody"), MESSAGES);
    ck_assert_uint_ge(bench.tries, 4 * MESSAGES);
    ck_assert_int_eq(outbox_sink(bench.outbox, &sink, "dead"), OUTBOX_FOUND);
    ck_assert_uint_eq(sink.waiting, MESSAGES);
    ck_assert_uint_gt(sink.memory.failures, 0);
    ck_assert_int_eq(outbox_sink(bench.outbox, &sink, "good"), OUTBOX_FOUND);
    ck_assert_uint_eq(sink.waiting, 0);
    finish(&bench);
}
END_TEST

/* What is on its way when a worker stops is sent again by the next, and nothing else is. */
START_TEST(test_stopped)
{
    struct bench bench;
    unsigned stops = 0;

    start(&bench);
    write_messages(&bench);
    for (unsigned enough = 5; enough < 2 * MESSAGES; enough += 5, stops++)
        run(&bench, enough);
    run(&bench, 2 * MESSAGES);
    ck_assert_uint_eq(bench.taken, 2 * MESSAGES);
    ck_assert_uint_le(check_order(&bench, "good"), MESSAGES + stops);
    ck_assert_uint_le(check_order(&bench, "moody"), MESSAGES + stops);
    finish(&bench);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {test_in_order, test_stopped};

    return TEST_MAIN("worker", tests);
}
