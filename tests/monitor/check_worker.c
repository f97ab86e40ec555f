// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Goal of this test: messages of the outbox reach every sink that takes them, in order; one that
 * fails now and then gets each in the end, and one that never takes any delays no other; a worker
 * that is stopped half-way leaves the rest to the next, for the same sinks or others. Tries that
 * end together are written down together, and what has ended is never forgotten; a message leaves
 * in the call that tells of it.
 */
#include "config.h"

#include "monitor/deliver/worker.h"
#include "tests/support/check.h"
#include "tests/support/random.h"
#include "tests/support/receiver.h"

#include <limits.h>
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
    unsigned writes; /* transactions in which they were written down, if somebody looks */
    struct outbox *onlooker;
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
    if (bench->onlooker != NULL && outbox_changed(bench->onlooker))
        bench->writes++;
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

static void start_worker(struct bench *bench, int64_t retry_min_ms)
{
    char message[512] = "";
    struct worker_options options = {
        .loop = &bench->loop,
        .outbox = bench->outbox,
        .sinks = &bench->sinks,
        .delivery = {.retry_min_ms = retry_min_ms,
                     .retry_max_ms = 4 * retry_min_ms,
                     .give_up_ms = DELIVERY_GIVE_UP_MS},
        .said = said,
        .context = bench,
    };

    bench->worker = worker_new(&options, message, sizeof message);
    ck_assert_msg(bench->worker != NULL, "%s", message);
}

static void stop_worker(struct bench *bench)
{
    worker_free(bench->worker);
    uv_run(&bench->loop, UV_RUN_DEFAULT);
}

static void run(struct bench *bench, unsigned enough)
{
    bench->enough = enough;
    start_worker(bench, 1);
    uv_run(&bench->loop, UV_RUN_DEFAULT);
    stop_worker(bench);
}

static void finish(struct bench *bench)
{
    char command[512];

    outbox_close(bench->onlooker);
    outbox_close(bench->outbox);
    ck_assert_int_eq(uv_loop_close(&bench->loop), 0);
    for (size_t i = 0; i < bench->sinks.count; i++)
        free(bench->items[i].command[0]);
    snprintf(command, sizeof command, "rm -rf %s", bench->folder);
    ck_assert_int_eq(system(command), 0);
}

static void write_some(struct bench *bench, unsigned first, unsigned count)
{
    const char *names[SINKS] = {"good", "dead", "moody"};

    ck_assert(outbox_set_sinks(bench->outbox, names, SINKS, WALL));
    for (unsigned i = first; i < first + count; i++) {
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

static void write_messages(struct bench *bench)
{
    write_some(bench, 0, MESSAGES);
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

/* As on SIGHUP, at any moment, without waiting for the old one to be gone; the sinks change, too:
 * "moody" is sometimes not among them. */
START_TEST(test_reloaded)
{
    struct bench bench;
    struct test_random random = test_random_init(test_seed(), 0);
    unsigned stops = 0;

    start(&bench);
    write_messages(&bench);
    bench.enough = 2 * MESSAGES;
    while (bench.taken < bench.enough) {
        bench.sinks.count = stops % 3 == 1 ? SINKS - 1 : SINKS;
        start_worker(&bench, 1);
        for (uint32_t i = test_random_below(&random, 40); i > 0 && bench.taken < bench.enough; i--)
            uv_run(&bench.loop, UV_RUN_ONCE);
        worker_free(bench.worker);
        stops++;
    }
    uv_run(&bench.loop, UV_RUN_DEFAULT);
    bench.sinks.count = SINKS;
    ck_assert_uint_eq(bench.taken, 2 * MESSAGES);
    ck_assert_uint_le(check_order(&bench, "good"), MESSAGES + stops);
    ck_assert_uint_le(check_order(&bench, "moody"), MESSAGES + stops);
    finish(&bench);
}
END_TEST

/* All sinks become webhooks whose address cannot be read: that is known in the same turn for all.
 */
START_TEST(test_one_write)
{
    struct bench bench;
    char path[512];
    char database[512];
    char message[512];
    bool missing = false;

    start(&bench);
    path_in(path, &bench, "nowhere");
    for (size_t i = 0; i < SINKS; i++) {
        bench.items[i].type = SINK_WEBHOOK;
        bench.items[i].url_file = path;
    }
    write_messages(&bench);
    path_in(database, &bench, "alerts.sqlite");
    bench.onlooker = outbox_open(database, true, &missing, message, sizeof message);
    ck_assert_msg(bench.onlooker != NULL, "%s", message);
    start_worker(&bench, 60000);
    outbox_changed(bench.onlooker);
    while (bench.tries < SINKS)
        uv_run(&bench.loop, UV_RUN_ONCE);
    ck_assert_uint_eq(bench.tries, SINKS);
    ck_assert_uint_eq(bench.writes, 1);
    stop_worker(&bench);
    finish(&bench);
}
END_TEST

/* "good" is a webhook in our hands. */
static int start_webhook(struct bench *bench, char url[RECEIVER_URL_SIZE])
{
    int listener = receiver_open(url, "127.0.0.1");

    start(bench);
    bench->sinks.count = 1;
    bench->enough = UINT_MAX; /* the test itself turns the loop */
    bench->items[0].type = SINK_WEBHOOK;
    bench->items[0].url = url;
    return listener;
}

/* An answer that has come, and is not yet written down, is not forgotten by a worker that ends. */
START_TEST(test_ended_but_not_written)
{
    struct bench bench;
    struct outbox_sink sink;
    char url[RECEIVER_URL_SIZE];
    char request[4096];
    int listener = start_webhook(&bench, url);
    int socket = -1;

    write_some(&bench, 0, 2);
    start_worker(&bench, 60000);
    while (!receiver_ready(listener, 0))
        uv_run(&bench.loop, UV_RUN_ONCE);
    socket = receiver_accept(listener);
    while (!receiver_ready(socket, 0))
        uv_run(&bench.loop, UV_RUN_ONCE);
    ck_assert_uint_gt(receiver_take(socket, request, sizeof request), 0);
    receiver_send(socket, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    uv_run(&bench.loop, UV_RUN_NOWAIT); /* hears it, and does no more */
    ck_assert_uint_eq(bench.tries, 0);
    stop_worker(&bench);
    ck_assert_uint_eq(bench.tries, 1);
    ck_assert_int_eq(outbox_sink(bench.outbox, &sink, "good"), OUTBOX_FOUND);
    ck_assert_uint_eq(sink.waiting, 1);
    close(socket);
    close(listener);
    bench.sinks.count = SINKS;
    finish(&bench);
}
END_TEST

/* Over a warm connection a message leaves before the loop runs again. */
START_TEST(test_leaves_at_once)
{
    struct bench bench;
    char url[RECEIVER_URL_SIZE];
    char request[4096];
    char id[64];
    int listener = start_webhook(&bench, url);
    int socket = -1;

    start_worker(&bench, 60000);
    for (unsigned i = 0; i < 5; i++) {
        write_some(&bench, i, 1);
        worker_queued(bench.worker);
        if (i == 0) {
            while (!receiver_ready(listener, 0))
                uv_run(&bench.loop, UV_RUN_ONCE);
            socket = receiver_accept(listener);
            while (!receiver_ready(socket, 0))
                uv_run(&bench.loop, UV_RUN_ONCE);
        }
        ck_assert(receiver_ready(socket, 20000));
        receiver_take(socket, request, sizeof request);
        snprintf(id, sizeof id, "webhook-id: %032x\r\n", i);
        ck_assert_msg(strstr(request, id) != NULL, "%s", request);
        receiver_send(socket, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        while (bench.tries == i)
            uv_run(&bench.loop, UV_RUN_ONCE);
    }
    ck_assert(!receiver_ready(listener, 0)); /* all by one connection */
    stop_worker(&bench);
    close(socket);
    close(listener);
    bench.sinks.count = SINKS;
    finish(&bench);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_in_order,      test_stopped, test_reloaded, test_one_write, test_ended_but_not_written,
        test_leaves_at_once};

    return TEST_MAIN("worker", tests);
}
