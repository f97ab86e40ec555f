// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * dispatch: see dispatch.h.
 */
#include "config.h"

#include "monitor/dispatch.h"

#include "monitor/deliver/urgent.h"
#include "monitor/deliver/worker.h"
#include "monitor/mem.h"
#include "monitor/net/clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** What was said of a sink in the log. */
struct story {
    char sink[RULE_NAME_SIZE];
    struct log_complaint complaint;
    bool failing;
};

struct dispatch {
    struct dispatch_options options;
    struct outbox *outbox;
    struct alerting *alerting;
    struct worker *worker;
    struct urgent *urgent;
    struct story stories[SINKS_MAX];
    size_t story_count;
};

/* ---- The log ------------------------------------------------------------ */

/* Kept over a reload; the last is used for all where there are too many. */
static struct story *story_of(struct dispatch *dispatch, const char *sink)
{
    for (size_t i = 0; i < dispatch->story_count; i++) {
        if (strcmp(dispatch->stories[i].sink, sink) == 0)
            return &dispatch->stories[i];
    }
    if (dispatch->story_count == SINKS_MAX)
        dispatch->story_count--;
    dispatch->stories[dispatch->story_count] = (struct story){.failing = false};
    snprintf(dispatch->stories[dispatch->story_count].sink, RULE_NAME_SIZE, "%s", sink);
    return &dispatch->stories[dispatch->story_count++];
}

static void say_failing(struct dispatch *dispatch, const struct worker_report *report)
{
    struct story *story = story_of(dispatch, report->sink);
    struct instant now = clock_now();
    int64_t wait_ms = report->delivery->until_ms - now.mono_ms;

    story->failing = true;
    if (log_complain(&story->complaint, now.mono_ms))
        log_write(dispatch->options.log, LOG_UNUSUAL,
                  "sink %s does not take messages: %s; trying again in %" PRId64 " s", report->sink,
                  report->answer->words, wait_ms > 0 ? (wait_ms + 999) / 1000 : 0);
}

static void say_taken(struct dispatch *dispatch, const struct worker_report *report)
{
    struct story *story = story_of(dispatch, report->sink);

    log_write(dispatch->options.log, LOG_DEBUG, "sink %s has taken %s: %s", report->sink,
              report->message_id, report->answer->words);
    if (story->failing) {
        story->failing = false;
        log_settled(&story->complaint);
        log_write(dispatch->options.log, LOG_INFO, "sink %s takes messages again", report->sink);
    }
}

static void on_said(void *context, const struct worker_report *report)
{
    struct dispatch *dispatch = context;

    switch (report->fate) {
    case DELIVERY_DONE:
        say_taken(dispatch, report);
        break;
    case DELIVERY_WAITS:
        if (report->delivery->memory.disabled)
            log_write(dispatch->options.log, LOG_BROKEN,
                      "sink %s is disabled, since it answers %s: 'hashtide alerts retry --sink %s' "
                      "enables it",
                      report->sink, report->answer->words, report->sink);
        else
            say_failing(dispatch, report);
        break;
    case DELIVERY_DEAD_REFUSED:
    case DELIVERY_DEAD_LATE:
    case DELIVERY_DEAD_DROPPED: /* no try comes to this */
        log_write(dispatch->options.log, LOG_BROKEN,
                  "message %s for sink %s is given up: %s; 'hashtide alerts outbox' lists it",
                  report->message_id, report->sink, report->answer->words);
        break;
    }
}

/* ---- Past the outbox ---------------------------------------------------- */

static void on_urgent(void *context, const struct sink *sink, const struct courier_answer *answer)
{
    struct dispatch *dispatch = context;

    log_write(dispatch->options.log, LOG_INFO,
              "sink %s was told of the store's trouble, from memory: %s", sink->name,
              answer->words);
}

static void on_undurable(void *context, const struct alerting_undurable *undurable)
{
    struct dispatch *dispatch = context;
    struct courier_message message = {.id = undurable->id,
                                      .body = undurable->body,
                                      .body_len = undurable->body_len,
                                      .signature = undurable->signature};

    for (size_t i = 0; i < undurable->sink_count && dispatch->urgent != NULL; i++) {
        const struct sink *sink =
            sinks_find(&dispatch->options.settings->sinks, undurable->sinks[i]);

        if (sink != NULL && !urgent_send(dispatch->urgent, sink, &message))
            log_write(dispatch->options.log, LOG_BROKEN,
                      "too many messages are on their way: sink %s is not told", sink->name);
    }
}

static void on_queued(void *context)
{
    struct dispatch *dispatch = context;

    if (dispatch->worker != NULL)
        worker_queued(dispatch->worker);
}

/* ---- Life --------------------------------------------------------------- */

struct dispatch *dispatch_new(const struct dispatch_options *options,
                              char message[DISPATCH_MESSAGE_SIZE])
{
    struct dispatch *dispatch = mem_zeroed(1, sizeof *dispatch);
    struct alerting_options alerting = {
        .settings = options->settings,
        .signer = options->signer,
        .log = options->log,
        .now = clock_now(),
        .queued = on_queued,
        .undurable = on_undurable,
        .context = dispatch,
    };

    dispatch->options = *options;
    dispatch->outbox =
        outbox_open(options->path, false, NULL, message, (size_t)DISPATCH_MESSAGE_SIZE);
    alerting.outbox = dispatch->outbox;
    if (dispatch->outbox != NULL)
        dispatch->alerting = alerting_new(&alerting, message, DISPATCH_MESSAGE_SIZE);
    if (dispatch->alerting == NULL) {
        dispatch_free(dispatch);
        return NULL;
    }
    return dispatch;
}

struct alerting *dispatch_alerting(struct dispatch *dispatch)
{
    return dispatch->alerting;
}

struct outbox *dispatch_outbox(struct dispatch *dispatch)
{
    return dispatch->outbox;
}

bool dispatch_start(struct dispatch *dispatch)
{
    const struct settings *settings = dispatch->options.settings;
    struct worker_options options = {.loop = dispatch->options.loop,
                                     .outbox = dispatch->outbox,
                                     .sinks = &settings->sinks,
                                     .delivery = settings->delivery,
                                     .said = on_said,
                                     .context = dispatch};
    char message[DISPATCH_MESSAGE_SIZE] = "";

    dispatch->urgent = urgent_new(dispatch->options.loop, on_urgent, dispatch);
    dispatch->worker = worker_new(&options, message, sizeof message);
    if (dispatch->worker == NULL)
        log_write(dispatch->options.log, LOG_BROKEN,
                  "alerts are written down but not sent: %s; mend that and start again, or send "
                  "SIGHUP",
                  message);
    return dispatch->worker != NULL;
}

void dispatch_stop(struct dispatch *dispatch)
{
    worker_free(dispatch->worker);
    urgent_free(dispatch->urgent);
    dispatch->worker = NULL;
    dispatch->urgent = NULL;
}

void dispatch_reconfigure(struct dispatch *dispatch, const struct settings *settings)
{
    dispatch_stop(dispatch);
    dispatch->options.settings = settings;
    (void)dispatch_start(dispatch);
}

void dispatch_free(struct dispatch *dispatch)
{
    if (dispatch == NULL)
        return;
    alerting_free(dispatch->alerting);
    outbox_close(dispatch->outbox);
    free(dispatch);
}
