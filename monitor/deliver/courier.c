// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * courier: see courier.h. What is known at once (a line that was written, a secret that cannot be
 * read) is told by a timer of no time, so that done() is always called from the loop.
 */
#include "config.h"

#include "monitor/deliver/courier.h"

#include "alerts/format.h"
#include "monitor/deliver/exec.h"
#include "monitor/deliver/http.h"
#include "monitor/deliver/journal.h"
#include "monitor/mem.h"
#include "monitor/net/clock.h"
#include "monitor/secretfile.h"
#include "monitor/text.h"

#include <errno.h>
#include <signal.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

/** Headers of a request. */
#define HEADERS_MAX 8
#define HEADER_SIZE (SECRETFILE_SIZE_MAX + 64)

struct courier {
    uv_loop_t *loop;
    struct http *http;
    struct courier_call *calls;
};

struct courier_call {
    struct courier *courier;
    const struct sink *sink;
    struct http_call *http;
    struct exec_call *exec;
    uv_timer_t timer;
    courier_done_fn done;
    void *context;
    int64_t began_ms;
    char *body; /* in the sink's format; owned; NULL: the message's own */
    struct courier_answer answer;
    struct courier_call *previous, *next;
};

_Static_assert(COURIER_BODY_SIZE >= HTTP_BODY_SIZE && COURIER_BODY_SIZE >= EXEC_OUTPUT_SIZE,
               "what the transports keep fits");

/* ---- Ends ---------------------------------------------------------------- */

static void on_closed(uv_handle_t *handle)
{
    struct courier_call *call = handle->data;

    free(call->body);
    free(call);
}

static void let_go(struct courier_call *call)
{
    if (call->previous != NULL)
        call->previous->next = call->next;
    else
        call->courier->calls = call->next;
    if (call->next != NULL)
        call->next->previous = call->previous;
    uv_close((uv_handle_t *)&call->timer, on_closed);
}

static void finish(struct courier_call *call)
{
    call->answer.took_ms = clock_now().mono_ms - call->began_ms;
    let_go(call);
    call->done(call->context, &call->answer);
}

static void on_known(uv_timer_t *timer)
{
    finish(timer->data);
}

static void set_words(struct courier_call *call, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Strangers may have written part of it. */
static void set_words(struct courier_call *call, const char *format, ...)
{
    char raw[SECRETFILE_MESSAGE_SIZE];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(raw, sizeof raw, format, arguments);
    va_end(arguments);
    text_escape(call->answer.words, sizeof call->answer.words, raw);
}

/* It is over before it began. */
static void fail_now(struct courier_call *call, const char *why)
{
    call->answer.result.meaning = DELIVERY_FAILED;
    set_words(call, "%s", why);
    uv_timer_start(&call->timer, on_known, 0, 0);
}

/* ---- Answers ------------------------------------------------------------- */

static void keep_body(struct courier_answer *out, const char *bytes, size_t len)
{
    memcpy(out->body, bytes, len);
    out->body[len] = '\0';
    out->body_len = len;
}

static void on_http(void *context, const struct http_answer *answer)
{
    struct courier_call *call = context;
    struct delivery_result *result = &call->answer.result;

    call->http = NULL;
    call->answer.status = answer->status;
    keep_body(&call->answer, answer->body, answer->body_len);
    result->meaning = answer->status > 0 ? delivery_meaning_http(answer->status) : DELIVERY_FAILED;
    if (answer->retry_after[0] != '\0' && result->meaning != DELIVERY_TAKEN)
        delivery_retry_after(&result->retry_after_ms, answer->retry_after,
                             strlen(answer->retry_after), clock_wall_ms(NULL));
    if (answer->status == 0)
        set_words(call, "%s", answer->why);
    else
        set_words(
            call, "HTTP %d%s%s%s", answer->status, answer->why[0] != '\0' ? ", " : "", answer->why,
            delivery_about_address(answer->status) ? ", look at the sink's address and token" : "");
    finish(call);
}

/* 550 to 559 are about the mail; all else may be different tomorrow, a wrong password too. */
static void on_mail(void *context, const struct http_answer *answer)
{
    struct courier_call *call = context;
    bool taken = answer->why[0] == '\0' && answer->status / 100 == 2;

    call->http = NULL;
    call->answer.status = answer->status;
    call->answer.result.meaning = taken ? DELIVERY_TAKEN
                                  : answer->status >= 550 && answer->status <= 559
                                      ? DELIVERY_REFUSED
                                      : DELIVERY_FAILED;
    if (taken)
        set_words(call, "SMTP %d", answer->status);
    else
        set_words(call, "%s", answer->why[0] != '\0' ? answer->why : "not taken");
    finish(call);
}

static void on_exec(void *context, const struct exec_result *result)
{
    struct courier_call *call = context;
    enum delivery_meaning meaning = DELIVERY_FAILED;

    call->exec = NULL;
    keep_body(&call->answer, result->output, result->output_len);
    switch (result->end) {
    case EXEC_EXITED:
        call->answer.status = result->code;
        meaning = result->code == 0                      ? DELIVERY_TAKEN
                  : result->code == COURIER_EXIT_REFUSED ? DELIVERY_REFUSED
                                                         : DELIVERY_FAILED;
        set_words(call, "exit code %d", result->code);
        break;
    case EXEC_SIGNALED:
        set_words(call, "ended by signal %d", result->code);
        break;
    case EXEC_TIMEOUT:
        set_words(call, "not done in time, and killed");
        break;
    case EXEC_TOO_LONG:
        set_words(call, "wrote more than %zu bytes, and was killed", EXEC_OUTPUT_MAX);
        break;
    case EXEC_NOT_RUN:
        set_words(call, "cannot be run: %s", strerror(result->code));
        break;
    }
    call->answer.result.meaning = meaning;
    finish(call);
}

/* ---- Secrets ------------------------------------------------------------- */

/* A file with one line of visible ASCII; false with message. */
static bool read_line(struct secretfile *out, char message[SECRETFILE_MESSAGE_SIZE],
                      const char *path)
{
    bool good = secretfile_read(out, message, path) == SECRETFILE_OK;

    if (!good)
        return false;
    while (out->len > 0 && strchr("\r\n\t ", out->text[out->len - 1]) != NULL)
        out->len--;
    good = out->len > 0 && out->len < sizeof out->text;
    for (size_t i = 0; i < out->len && good; i++)
        good = out->text[i] > ' ' && out->text[i] <= '~';
    if (good) {
        out->text[out->len] = '\0';
    } else {
        secretfile_wipe(out);
        snprintf(message, SECRETFILE_MESSAGE_SIZE, "%s: expected one line without blanks", path);
    }
    return good;
}

/* The address, from the configuration or its file, into out. */
static bool read_url(char out[SINKS_VALUE_SIZE], char message[SECRETFILE_MESSAGE_SIZE],
                     const struct sink *sink)
{
    struct secretfile file;
    const char *expected = NULL;
    bool good = false;

    if (sink->url != NULL) {
        snprintf(out, SINKS_VALUE_SIZE, "%s", sink->url);
        return true;
    }
    if (!read_line(&file, message, sink->url_file))
        return false;
    good = sinks_url_ok(sink->type, file.text, &expected);
    if (good)
        memcpy(out, file.text, file.len + 1); /* sinks_url_ok() knows the size */
    else
        snprintf(message, SECRETFILE_MESSAGE_SIZE, "%s: expected %s", sink->url_file, expected);
    if (good && sink->token_file != NULL && sinks_url_in_clear(out)) {
        good = false;
        snprintf(message, SECRETFILE_MESSAGE_SIZE,
                 "%s: expected an https address, since there is a token", sink->url_file);
    }
    secretfile_wipe(&file);
    return good;
}

/* All secrets of the sink's files together. */
static bool read_secrets(struct webhook_secrets *out, char message[SECRETFILE_MESSAGE_SIZE],
                         const struct sink *sink)
{
    struct webhook_secrets some;
    bool good = true;

    memset(out, 0, sizeof *out);
    for (size_t i = 0; i < sink->secret_file_count && good; i++) {
        good = secretfile_webhook(&some, message, sink->secret_files[i]);
        for (size_t j = 0; j < some.count && good; j++) {
            good = out->count < WEBHOOK_SECRETS_MAX;
            if (good)
                out->items[out->count++] = some.items[j];
            else
                snprintf(message, SECRETFILE_MESSAGE_SIZE, "%s: more than %d secrets in all",
                         sink->secret_files[i], WEBHOOK_SECRETS_MAX);
        }
        webhook_secrets_wipe(&some);
    }
    return good;
}

/* ---- HTTP ---------------------------------------------------------------- */

/** Headers in the making, which may hold a token. */
struct headers {
    char *items[HEADERS_MAX];
    size_t count;
};

static void add_header(struct headers *headers, const char *name, const char *value)
{
    size_t size = strlen(name) + strlen(value) + 3;
    char *item = mem_zeroed(size, 1);

    snprintf(item, size, "%s: %s", name, value);
    headers->items[headers->count++] = item;
}

static void free_headers(struct headers *headers)
{
    for (size_t i = 0; i < headers->count; i++) {
        sodium_memzero(headers->items[i], strlen(headers->items[i]));
        free(headers->items[i]);
    }
    headers->count = 0;
}

/* Those of the document as it was signed. */
static bool add_signatures(struct headers *headers, char message[SECRETFILE_MESSAGE_SIZE],
                           const struct sink *sink, const struct courier_message *sent)
{
    struct webhook_secrets secrets;
    int64_t now_s = clock_wall_ms(NULL) / 1000;
    char timestamp[WEBHOOK_TIMESTAMP_SIZE];
    char signature[WEBHOOK_SIGNATURE_SIZE];
    char own[SIGN_HEADER_SIZE];

    if (!read_secrets(&secrets, message, sink)) {
        webhook_secrets_wipe(&secrets);
        return false;
    }
    webhook_timestamp_format(timestamp, now_s);
    add_header(headers, "webhook-id", sent->id);
    add_header(headers, "webhook-timestamp", timestamp);
    if (secrets.count > 0) {
        webhook_sign(signature, &secrets, sent->id, now_s, sent->body, sent->body_len);
        add_header(headers, "webhook-signature", signature);
    }
    webhook_secrets_wipe(&secrets);
    if (sent->signature != NULL) {
        sign_header_format(own, sent->signature);
        add_header(headers, "hashtide-signature", own);
    }
    return true;
}

static bool add_token(struct headers *headers, char message[SECRETFILE_MESSAGE_SIZE],
                      const struct sink *sink)
{
    struct secretfile file;
    char value[HEADER_SIZE];

    if (sink->token_file == NULL)
        return true;
    if (!read_line(&file, message, sink->token_file))
        return false;
    snprintf(value, sizeof value, "Bearer %s", file.text);
    add_header(headers, "authorization", value);
    sodium_memzero(value, sizeof value);
    secretfile_wipe(&file);
    return true;
}

/* Puts the message into the sink's format; the address may change by it. False: it is no document,
 * or memory is short. */
static bool make_body(struct courier_call *call, struct http_request *request,
                      char url[SINKS_VALUE_SIZE], const struct courier_message *message)
{
    char *slash = NULL;

    switch (call->sink->type) {
    case SINK_SLACK:
        call->body = format_slack(&request->body_len, message->body, message->body_len);
        break;
    case SINK_DISCORD:
        call->body = format_discord(&request->body_len, message->body, message->body_len);
        break;
    case SINK_NTFY:
        slash = strrchr(url, '/'); /* sinks_url_ok() has seen it */
        call->body = format_ntfy(&request->body_len, message->body, message->body_len, slash + 1);
        slash[1] = '\0';
        break;
    case SINK_WEBHOOK:
    case SINK_SMTP:
    case SINK_SYSLOG:
    case SINK_EXEC:
    case SINK_TYPES:
        request->body = message->body;
        request->body_len = message->body_len;
        return true;
    }
    request->body = call->body;
    return call->body != NULL;
}

static struct http_request common_request(const struct sink *sink, const char *url)
{
    return (struct http_request){
        .url = url,
        .proxy = sink->proxy,
        .proxy_user = sink->name,
        .ca_file = sink->ca_file,
        .timeout_ms = sink->timeout_ms,
    };
}

static void send_http(struct courier_call *call, const struct courier_message *message)
{
    char why[SECRETFILE_MESSAGE_SIZE] = "";
    char url[SINKS_VALUE_SIZE];
    struct headers headers = {.count = 0};
    struct http_request request = common_request(call->sink, url);
    bool good = read_url(url, why, call->sink);

    if (good && !make_body(call, &request, url, message)) {
        good = false;
        snprintf(why, sizeof why, "the message is no document");
    }
    if (good) {
        add_header(&headers, "content-type", "application/json");
        add_header(&headers, "user-agent", PACKAGE_NAME "/" PACKAGE_VERSION);
        good = (call->sink->type != SINK_WEBHOOK ||
                add_signatures(&headers, why, call->sink, message)) &&
               add_token(&headers, why, call->sink);
    }
    request.headers = (const char *const *)headers.items;
    request.header_count = headers.count;
    if (good)
        call->http = http_start(call->courier->http, &request, on_http, call);
    else
        fail_now(call, why);
    free_headers(&headers);
    sodium_memzero(url, sizeof url);
}

/* ---- Mail, program, log -------------------------------------------------- */

static void send_mail(struct courier_call *call, const struct courier_message *message)
{
    const struct sink *sink = call->sink;
    char why[SECRETFILE_MESSAGE_SIZE] = "";
    struct secretfile password = {.len = 0};
    char url[SINKS_VALUE_SIZE] = "";
    bool good = read_url(url, why, sink);
    struct http_request request = common_request(sink, url);
    struct format_mail mail = {
        .from = sink->from, .to = (const char *const *)sink->to, .to_count = sink->to_count};

    call->body = format_mail(&request.body_len, message->body, message->body_len, &mail);
    request.body = call->body;
    request.mail = true;
    request.in_clear = sinks_url_local(url);
    request.from = mail.from;
    request.to = mail.to;
    request.to_count = mail.to_count;
    request.user = sink->user;
    request.password = password.text;
    if (call->body == NULL)
        fail_now(call, "the message is no document");
    else if (!good || (sink->token_file != NULL && !read_line(&password, why, sink->token_file)))
        fail_now(call, why);
    else
        call->http = http_start(call->courier->http, &request, on_mail, call);
    secretfile_wipe(&password);
    sodium_memzero(url, sizeof url);
}

static void send_exec(struct courier_call *call, const struct courier_message *message)
{
    struct format_names names;
    char texts[5][SIGN_HEADER_SIZE + 64];
    const char *environment[6] = {NULL};
    char signature[SIGN_HEADER_SIZE] = "";
    struct exec_request request = {
        .command = call->sink->command,
        .environment = environment,
        .input = message->body,
        .input_len = message->body_len,
        .timeout_ms = call->sink->timeout_ms,
    };

    format_names(&names, message->body, message->body_len);
    if (message->signature != NULL)
        sign_header_format(signature, message->signature);
    snprintf(texts[0], sizeof texts[0], "HASHTIDE_SINK=%s", call->sink->name);
    snprintf(texts[1], sizeof texts[1], "HASHTIDE_MESSAGE_ID=%s", message->id);
    snprintf(texts[2], sizeof texts[2], "HASHTIDE_SIGNATURE=%s", signature);
    snprintf(texts[3], sizeof texts[3], "HASHTIDE_STATE=%s", names.state);
    snprintf(texts[4], sizeof texts[4], "HASHTIDE_SEVERITY=%s", names.severity);
    for (size_t i = 0; i < 5; i++)
        environment[i] = texts[i];
    call->exec = exec_start(call->courier->loop, &request, on_exec, call);
}

static void send_journal(struct courier_call *call, const struct courier_message *message)
{
    size_t len = 0;
    char why[COURIER_WORDS_SIZE] = "";
    struct format_names names;
    char *line = format_line(&len, message->body, message->body_len);
    enum journal_priority priority = JOURNAL_NOTICE;

    if (line == NULL) {
        fail_now(call, "the message is no document");
        return;
    }
    format_names(&names, message->body, message->body_len);
    if (strcmp(names.state, "heartbeat") == 0 || strcmp(names.severity, "info") == 0)
        priority = JOURNAL_INFO;
    else if (strcmp(names.severity, "critical") == 0 && strcmp(names.state, "cleared") != 0)
        priority = JOURNAL_CRITICAL;
    else if (strcmp(names.severity, "warning") == 0 && strcmp(names.state, "cleared") != 0)
        priority = JOURNAL_WARNING;
    if (journal_write(why, sizeof why, call->sink->socket, priority, line)) {
        call->answer.result.meaning = DELIVERY_TAKEN;
        set_words(call, "written");
        uv_timer_start(&call->timer, on_known, 0, 0);
    } else {
        char all[SINKS_VALUE_SIZE + COURIER_WORDS_SIZE];

        snprintf(all, sizeof all, "%s: %s", call->sink->socket, why);
        fail_now(call, all);
    }
    free(line);
}

/* ---- Interface ----------------------------------------------------------- */

struct courier_call *courier_send(struct courier *courier, const struct sink *sink,
                                  const struct courier_message *message, courier_done_fn done,
                                  void *context)
{
    struct courier_call *call = mem_zeroed(1, sizeof *call);

    call->courier = courier;
    call->sink = sink;
    call->done = done;
    call->context = context;
    call->began_ms = clock_now().mono_ms;
    call->next = courier->calls;
    if (call->next != NULL)
        call->next->previous = call;
    courier->calls = call;
    uv_timer_init(courier->loop, &call->timer);
    call->timer.data = call;
    if (sink->type == SINK_SMTP)
        send_mail(call, message);
    else if (sink->type == SINK_EXEC)
        send_exec(call, message);
    else if (sink->type == SINK_SYSLOG)
        send_journal(call, message);
    else
        send_http(call, message);
    return call;
}

void courier_cancel(struct courier_call *call)
{
    if (call->http != NULL)
        http_cancel(call->http);
    if (call->exec != NULL)
        exec_cancel(call->exec);
    let_go(call);
}

struct courier *courier_new(struct uv_loop_s *loop)
{
    struct courier *courier = mem_zeroed(1, sizeof *courier);

    courier->loop = loop;
    courier->http = http_new(loop);
    if (courier->http != NULL)
        return courier;
    free(courier);
    return NULL;
}

void courier_free(struct courier *courier)
{
    if (courier == NULL)
        return;
    while (courier->calls != NULL)
        courier_cancel(courier->calls);
    http_free(courier->http);
    free(courier);
}

static void on_now(void *context, const struct courier_answer *answer)
{
    struct courier_answer *out = context;

    *out = *answer;
}

void courier_send_now(struct courier_answer *answer, const struct sink *sink,
                      const struct courier_message *message)
{
    uv_loop_t loop;
    struct courier *courier = NULL;

    *answer = (struct courier_answer){.result.meaning = DELIVERY_FAILED};
    snprintf(answer->words, sizeof answer->words, "the system has no room for an event loop");
    if (uv_loop_init(&loop) < 0)
        return;
    signal(SIGPIPE, SIG_IGN); /* a sink that has gone is told by write() */
    courier = courier_new(&loop);
    if (courier != NULL) {
        courier_send(courier, sink, message, on_now, answer);
        uv_run(&loop, UV_RUN_DEFAULT);
    }
    courier_free(courier);
    uv_run(&loop, UV_RUN_DEFAULT);
    uv_loop_close(&loop);
}
