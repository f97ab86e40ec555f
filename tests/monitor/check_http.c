// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Goal of this test: a connection that is kept is used again, and then a request leaves whole, in
 * the call that begins it; one that the other side has closed meanwhile is replaced; done() is
 * never called before http_start() has returned. The receiver is a few sockets of this very
 * program.
 */
#include "config.h"

#include "monitor/deliver/http.h"
#include "tests/support/check.h"
#include "tests/support/receiver.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#define BODY "{\"state\":\"raised\"}"
#define WAIT_MS 20000

struct bench {
    uv_loop_t loop;
    struct http *http;
    int listener;
    char url[RECEIVER_URL_SIZE];
    const char *headers[2];
    unsigned done; /* calls of done() */
    bool starting; /* within http_start() */
    struct http_answer answer;
};

static void start(struct bench *bench, const char *host)
{
    memset(bench, 0, sizeof *bench);
    ck_assert_int_eq(uv_loop_init(&bench->loop), 0);
    bench->http = http_new(&bench->loop);
    ck_assert_ptr_nonnull(bench->http);
    bench->listener = receiver_open(bench->url, host);
    bench->headers[0] = "webhook-id: 1";
    bench->headers[1] = "authorization: Bearer x";
}

static void finish(struct bench *bench)
{
    http_free(bench->http);
    uv_run(&bench->loop, UV_RUN_DEFAULT);
    ck_assert_int_eq(uv_loop_close(&bench->loop), 0);
    close(bench->listener);
}

static void on_done(void *context, const struct http_answer *answer)
{
    struct bench *bench = context;

    ck_assert(!bench->starting);
    bench->done++;
    bench->answer = *answer;
}

static void post(struct bench *bench)
{
    struct http_request request = {.url = bench->url,
                                   .headers = bench->headers,
                                   .header_count = 2,
                                   .body = BODY,
                                   .body_len = sizeof BODY - 1,
                                   .proxy = "",
                                   .proxy_user = "x",
                                   .timeout_ms = WAIT_MS};

    bench->starting = true;
    http_start(bench->http, &request, on_done, bench);
    bench->starting = false;
}

/* Runs the loop until a connection is there. */
static int take_connection(struct bench *bench)
{
    while (!receiver_ready(bench->listener, 0))
        uv_run(&bench->loop, UV_RUN_ONCE);
    return receiver_accept(bench->listener);
}

/* What stands in the socket, read once. */
static void take_request(int socket)
{
    char bytes[4096];

    ck_assert_uint_gt(receiver_take(socket, bytes, sizeof bytes), 0);
    ck_assert_msg(strncmp(bytes, "POST /hook HTTP/1.1\r\n", 21) == 0, "%s", bytes);
    ck_assert_msg(strcasestr(bytes, "\nexpect:") == NULL, "%s", bytes);
    ck_assert_msg(strstr(bytes, "\r\n\r\n" BODY) != NULL, "not whole: %s", bytes);
}

/* Answers, and runs the loop until that has been heard. */
static void give_answer(struct bench *bench, int socket, const char *answer)
{
    unsigned before = bench->done;

    receiver_send(socket, answer);
    while (bench->done == before)
        uv_run(&bench->loop, UV_RUN_ONCE);
}

static void wait_for_bytes(struct bench *bench, int socket)
{
    while (!receiver_ready(socket, 0))
        uv_run(&bench->loop, UV_RUN_ONCE);
}

/* By name: only the first has to ask where that is. */
START_TEST(test_kept)
{
    struct bench bench;
    int socket = -1;

    start(&bench, "localhost");
    post(&bench);
    socket = take_connection(&bench);
    wait_for_bytes(&bench, socket);
    take_request(socket);
    give_answer(&bench, socket, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    ck_assert_int_eq(bench.answer.status, 200);
    for (unsigned i = 0; i < 3; i++) {
        post(&bench); /* and the loop does not run */
        ck_assert(receiver_ready(socket, WAIT_MS));
        take_request(socket);
        give_answer(&bench, socket, "HTTP/1.1 204 No Content\r\n\r\n");
        ck_assert_int_eq(bench.answer.status, 204);
    }
    ck_assert(!receiver_ready(bench.listener, 0)); /* no second connection */
    close(socket);
    finish(&bench);
}
END_TEST

START_TEST(test_closed_meanwhile)
{
    struct bench bench;

    start(&bench, "127.0.0.1");
    for (unsigned i = 0; i < 3; i++) {
        int socket = -1;

        post(&bench);
        socket = take_connection(&bench);
        wait_for_bytes(&bench, socket);
        take_request(socket);
        give_answer(&bench, socket, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        ck_assert_int_eq(bench.answer.status, 200);
        close(socket);
    }
    ck_assert_uint_eq(bench.done, 3);
    finish(&bench);
}
END_TEST

/* What is known at once is told from the loop all the same; and one that is cancelled is not told.
 */
START_TEST(test_known_at_once)
{
    struct bench bench;

    start(&bench, "127.0.0.1");
    snprintf(bench.url, sizeof bench.url, "gopher://127.0.0.1/");
    post(&bench);
    post(&bench);
    ck_assert_uint_eq(bench.done, 0);
    uv_run(&bench.loop, UV_RUN_DEFAULT);
    ck_assert_uint_eq(bench.done, 2);
    ck_assert_int_eq(bench.answer.status, 0);
    ck_assert_str_ne(bench.answer.why, "");
    post(&bench);
    finish(&bench);
    ck_assert_uint_eq(bench.done, 2);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {test_kept, test_closed_meanwhile, test_known_at_once};

    return TEST_MAIN("http", tests);
}
