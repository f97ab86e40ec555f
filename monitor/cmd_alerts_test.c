// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * cmd_alerts_test: sends a test to one sink and shows what it answers. Nothing is written down: a
 * test is no message that anybody waits for.
 */
#include "config.h"

#include "alerts/document.h"
#include "monitor/command.h"
#include "monitor/deliver/courier.h"
#include "monitor/keyfile.h"
#include "monitor/net/clock.h"
#include "monitor/net/entropy.h"
#include "monitor/text.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** A test, ready to be sent. */
struct test {
    char id[IDENTITY_SIZE];
    char *body; /* owned */
    size_t body_len;
    bool is_signed;
    struct sign_signature signature;
};

static int no_such_sink(const struct settings *settings, const char *name)
{
    const char *names[SINKS_MAX];
    const char *nearest = NULL;

    for (size_t i = 0; i < settings->sinks.count; i++)
        names[i] = settings->sinks.items[i].name;
    nearest = text_nearest(name, names, settings->sinks.count);
    if (nearest != NULL)
        command_error("there is no sink %s: did you mean %s?", name, nearest);
    else if (settings->sinks.count == 0)
        command_error("there are no sinks: expected a section [sink %s] in %s", name,
                      settings->conf[0] != '\0' ? settings->conf : "hashtide.conf");
    else
        command_error("there is no sink %s: 'hashtide config check' shows all", name);
    return COMMAND_USAGE;
}

/* The document and, with a key, its signature. False: memory is short, or the machine has
 * miscalculated. */
static bool make_test(struct test *out, const struct settings *settings, const struct sink *sink,
                      const struct signer *signer)
{
    struct document_monitor monitor = {
        .name = "",
        .has_key = signer != NULL,
        .network = settings->params->name,
        .software = PACKAGE_NAME " " PACKAGE_VERSION,
    };
    struct metrics *metrics = calloc(1, sizeof *metrics);
    struct alert_transition transition = {.state = ALERT_TEST, .sequence = 1};
    struct document document = {
        .monitor = &monitor, .metrics = metrics, .transition = &transition, .sink = sink->name};
    uint8_t aux[SIGN_SEED_SIZE];
    bool good = false;

    if (metrics == NULL)
        return false;
    if (signer != NULL)
        memcpy(monitor.public_key, signer_key(signer)->bytes, sizeof monitor.public_key);
    metrics->wall_ms = clock_wall_ms(NULL);
    transition.incident = (uint64_t)metrics->wall_ms;
    document_message_id(out->id, &document);
    out->body = document_bytes(&out->body_len, &document);
    free(metrics);
    out->is_signed = signer != NULL;
    good = out->body != NULL;
    if (good && signer != NULL) {
        entropy_fill(aux, sizeof aux);
        good = signer_sign_alert(signer, &out->signature, out->body, out->body_len, aux);
    }
    return good;
}

static void print_answer(const struct sink *sink, const struct test *test,
                         const struct courier_answer *answer)
{
    char shown[4 * COURIER_BODY_SIZE];

    printf("sink: %s (%s)\n", sink->name, sinks_type_name(sink->type));
    printf("message: %s, %s\n", test->id, test->is_signed ? "signed" : "not signed");
    printf("result: %s\n", delivery_meaning_name(answer->result.meaning));
    printf("answer: %s, after %lld ms\n", answer->words, (long long)answer->took_ms);
    if (answer->result.retry_after_ms > 0)
        printf("to be tried again after: %lld ms\n", (long long)answer->result.retry_after_ms);
    if (answer->body[0] != '\0') {
        text_escape(shown, sizeof shown, answer->body);
        printf("it says: %s\n", shown);
    }
}

static bool print_json(const struct sink *sink, const struct test *test,
                       const struct courier_answer *answer)
{
    json_t *object = json_pack(
        "{s:s, s:s, s:s, s:b, s:s, s:i, s:o, s:I, s:I, s:o}", "sink", sink->name, "type",
        sinks_type_name(sink->type), "message_id", test->id, "signed", test->is_signed ? 1 : 0,
        "result", delivery_meaning_name(answer->result.meaning), "status", answer->status, "answer",
        text_to_json(answer->words), "took_ms", (json_int_t)answer->took_ms, "retry_after_ms",
        (json_int_t)answer->result.retry_after_ms, "body", text_to_json(answer->body));

    if (object == NULL)
        return false;
    json_dumpf(object, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(object);
    return true;
}

static int send_test(const struct command_call *call, const struct sink *sink,
                     const struct signer *signer)
{
    struct test test = {.body = NULL};
    struct courier_answer answer;
    struct courier_message message;
    bool printed = true;

    if (!make_test(&test, call->settings, sink, signer)) {
        free(test.body);
        command_error("out of memory");
        return COMMAND_FAILED;
    }
    message = (struct courier_message){
        .id = test.id,
        .body = test.body,
        .body_len = test.body_len,
        .signature = test.is_signed ? &test.signature : NULL,
    };
    courier_send_now(&answer, sink, &message);
    if (command_flag(call, "json"))
        printed = print_json(sink, &test, &answer);
    else
        print_answer(sink, &test, &answer);
    free(test.body);
    if (!printed)
        command_error("out of memory");
    return printed && answer.result.meaning == DELIVERY_TAKEN ? COMMAND_DONE : COMMAND_FAILED;
}

static int run(const struct command_call *call)
{
    char message[KEYFILE_MESSAGE_SIZE];
    struct signer *signer = NULL;
    const struct sink *sink = NULL;
    int code = COMMAND_FAILED;

    if (call->argument_count != 1) {
        command_error("'alerts test' takes the name of a sink; try 'hashtide alerts test --help'");
        return COMMAND_USAGE;
    }
    sink = sinks_find(&call->settings->sinks, call->arguments[0]);
    if (sink == NULL)
        return no_such_sink(call->settings, call->arguments[0]);
    if (keyfile_load_own(&signer, message, call->settings) == KEYFILE_REFUSED) {
        command_error("%s", message);
        return COMMAND_FAILED;
    }
    code = send_test(call, sink, signer);
    signer_free(signer);
    return code;
}

static const struct command_option options[] = {
    {"json", 0, false, NULL, "print JSON"},
    {NULL, 0, false, NULL, NULL},
};

const struct command cmd_alerts_test = {
    .name = "alerts test",
    .synopsis = "alerts test [--json] SINK",
    .summary = "send a test to a sink and show its answer",
    .details =
        "Sends a message that says that it is a test to the sink of this name, once, signed if\n"
        "there is a key, and shows what is answered: whether the message was taken, status,\n"
        "time, and how the answer begins. The exit code is 0 if it was taken, else 1.\n\n"
        "hashtide.conf(5) says how sinks are written.",
    .options = options,
    .settings_wanted = true,
    .run = run,
};
