// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * quotes: see quotes.h.
 */
#include "config.h"

#include "monitor/deliver/quotes.h"

#include "monitor/deliver/http.h"
#include "monitor/mem.h"
#include "monitor/text.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <uv.h>

#define STATUS_GOOD 200
#define STATUS_REDIRECT_FROM 300
#define STATUS_REDIRECT_TO 399
/** Some sources turn away who does not say what it is. */
static const char *const headers[] = {"user-agent: hashtide/" PACKAGE_VERSION,
                                      "accept: application/json"};

struct question {
    struct quotes *quotes;
    struct http_call *call; /* NULL: answered */
    char *body;
};

struct quotes {
    quotes_done_fn done;
    void *context;
    size_t count, waiting;
    int64_t now_ms;
    struct question questions[MARKET_SOURCES_MAX];
    struct market_quote answers[MARKET_SOURCES_MAX];
};

static void free_quotes(struct quotes *quotes)
{
    for (size_t i = 0; i < quotes->count; i++)
        free(quotes->questions[i].body);
    free(quotes);
}

static void say(struct market_quote *quote, enum market_verdict verdict, const char *detail)
{
    quote->verdict = verdict;
    text_escape(quote->detail, sizeof quote->detail, detail);
}

/* What is wrong with an answer as such, before its body is looked at. */
static bool judge_answer(struct market_quote *quote, const struct http_answer *answer)
{
    char status[32];

    snprintf(status, sizeof status, "HTTP status %d", answer->status);
    if (answer->too_long)
        say(quote, MARKET_TOO_LONG, answer->why);
    else if (answer->too_slow)
        say(quote, MARKET_TOO_SLOW, answer->why);
    else if (answer->untrusted)
        say(quote, MARKET_UNTRUSTED, answer->why);
    else if (answer->why[0] != '\0' || answer->status == 0)
        say(quote, MARKET_UNREACHABLE, answer->why);
    else if (answer->status >= STATUS_REDIRECT_FROM && answer->status <= STATUS_REDIRECT_TO)
        say(quote, MARKET_REDIRECT, status);
    else if (answer->status != STATUS_GOOD)
        say(quote, MARKET_REFUSED, status);
    else
        return true;
    return false;
}

static void finish(struct quotes *quotes)
{
    struct market_round round = market_settle(quotes->answers, quotes->count);

    quotes->done(quotes->context, quotes->answers, quotes->count, &round);
    free_quotes(quotes);
}

static void on_answer(void *context, const struct http_answer *answer)
{
    struct question *question = context;
    struct quotes *quotes = question->quotes;
    struct market_quote *quote = &quotes->answers[question - quotes->questions];

    question->call = NULL;
    if (judge_answer(quote, answer))
        market_read(quote, question->body, answer->into_len, quotes->now_ms);
    quotes->waiting--;
    if (quotes->waiting == 0)
        finish(quotes);
}

struct quotes *quotes_start(struct http *http, const struct quotes_options *options,
                            quotes_done_fn done, void *context)
{
    struct quotes *quotes = mem_zeroed(1, sizeof *quotes);

    assert(options->count > 0 && options->count <= MARKET_SOURCES_MAX);
    quotes->done = done;
    quotes->context = context;
    quotes->count = options->count;
    quotes->waiting = options->count;
    quotes->now_ms = options->now_ms;
    for (size_t i = 0; i < options->count; i++) {
        struct question *question = &quotes->questions[i];
        struct http_request request = {
            .url = options->sources[i].url,
            .headers = headers,
            .header_count = sizeof headers / sizeof headers[0],
            .get = true,
            .into_size = MARKET_BODY_MAX,
            .proxy = options->proxy,
            .proxy_user = "market",
            .timeout_ms = options->timeout_ms,
        };

        question->quotes = quotes;
        question->body = mem_zeroed(1, MARKET_BODY_MAX);
        request.into = question->body;
        quotes->answers[i].source = &options->sources[i];
        question->call = http_start(http, &request, on_answer, question);
    }
    return quotes;
}

void quotes_cancel(struct quotes *quotes)
{
    for (size_t i = 0; i < quotes->count; i++) {
        if (quotes->questions[i].call != NULL)
            http_cancel(quotes->questions[i].call);
    }
    free_quotes(quotes);
}

/* ---- Alone --------------------------------------------------------------- */

struct alone {
    uv_loop_t loop;
    struct http *http;
    quotes_done_fn done;
    void *context;
};

static void end_alone(void *context, const struct market_quote *quotes, size_t count,
                      const struct market_round *round)
{
    struct alone *alone = context;

    alone->done(alone->context, quotes, count, round);
    uv_stop(&alone->loop);
}

bool quotes_now(const struct quotes_options *options, quotes_done_fn done, void *context)
{
    struct alone alone = {.done = done, .context = context};

    if (uv_loop_init(&alone.loop) != 0)
        return false;
    alone.http = http_new(&alone.loop);
    if (alone.http == NULL) {
        uv_loop_close(&alone.loop);
        return false;
    }
    quotes_start(alone.http, options, end_alone, &alone);
    uv_run(&alone.loop, UV_RUN_DEFAULT);
    http_free(alone.http);
    uv_run(&alone.loop, UV_RUN_DEFAULT);
    uv_loop_close(&alone.loop);
    return true;
}
