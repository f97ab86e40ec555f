// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * bench_outbox: what the outbox adds to an alert's way: the commit before it is sent, finding it
 * for its sink, writing down that it was taken, and the counts for the metrics; with an empty
 * queue, and again while 100,000 messages wait for a sink that is dead. The yardstick is a block
 * appended to a file and made durable, measured between the rounds.
 */
#include "config.h"

#include "monitor/store/outbox.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define ROUNDS 300
#define WAITING 100000u
#define BATCH 1000u
#define BODY_SIZE 1000
#define BLOCK_SIZE 4096
#define PATH_SIZE 64

static const char body[BODY_SIZE] = "{}";
static const char *const both[] = {"dead", "live"};

enum step { DURABLE, COMMIT, NEXT, RECORD, COUNTS, STEPS };
static const char *const step_names[STEPS] = {"a durable 4 kB append", "commit", "next", "record",
                                              "counts"};

static double now_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec * 1e-6;
}

static void die(const char *what)
{
    fprintf(stderr, "bench_outbox: %s\n", what);
    exit(1);
}

/* Messages from number first on. */
static void commit(struct outbox *outbox, unsigned first, unsigned count, size_t sinks)
{
    struct outbox_message *messages = calloc(count, sizeof *messages);
    char(*ids)[IDENTITY_SIZE] = calloc(count, sizeof *ids);
    const uint8_t state[INCIDENT_BYTES] = {0};
    const struct outbox_rule rule = {
        .name = "fall", .incident = first, .state = state, .state_len = sizeof state};
    const struct outbox_cursor cursor = {.height = first};
    const struct outbox_commit all = {.rules = &rule,
                                      .rule_count = 1,
                                      .messages = messages,
                                      .message_count = count,
                                      .cursor = &cursor};

    if (messages == NULL || ids == NULL)
        die("out of memory");
    for (unsigned i = 0; i < count; i++) {
        snprintf(ids[i], sizeof ids[i], "%032x", first + i);
        messages[i] = (struct outbox_message){.id = ids[i],
                                              .alert_id = ids[i],
                                              .rule = "fall",
                                              .created_ms = first + i,
                                              .body = body,
                                              .body_len = sizeof body,
                                              .sinks = both,
                                              .sink_count = sinks};
    }
    if (!outbox_commit(outbox, &all, NULL))
        die(outbox_error(outbox));
    free(messages);
    free(ids);
}

static void append(int fd)
{
    static const char block[BLOCK_SIZE] = {0};

    if (write(fd, block, sizeof block) != (ssize_t)sizeof block || fdatasync(fd) != 0)
        die("cannot write the yardstick's file");
}

static void one_round(struct outbox *outbox, int fd, unsigned number, double took[STEPS])
{
    struct outbox_outcome outcome = {.sink = "live", .fate = DELIVERY_DONE, .tried_ms = number};
    struct outbox_delivery delivery;
    struct outbox_counts counts;
    double at[STEPS + 1];

    at[DURABLE] = now_ms();
    append(fd);
    at[COMMIT] = now_ms();
    commit(outbox, number, 1, 2);
    at[NEXT] = now_ms();
    if (outbox_next(outbox, &delivery, "live") != OUTBOX_FOUND)
        die("there is no message");
    at[RECORD] = now_ms();
    outcome.number = delivery.number;
    if (!outbox_record(outbox, &outcome, 1))
        die(outbox_error(outbox));
    at[COUNTS] = now_ms();
    if (!outbox_counts(outbox, &counts))
        die(outbox_error(outbox));
    at[STEPS] = now_ms();
    outbox_delivery_free(&delivery);
    for (int i = 0; i < STEPS; i++)
        took[i] = at[i + 1] - at[i];
}

static int by_size(const void *a, const void *b)
{
    double one = *(const double *)a;
    double other = *(const double *)b;

    return (one > other) - (one < other);
}

static void measure(struct outbox *outbox, int fd, unsigned first, const char *what)
{
    static double took[STEPS][ROUNDS];

    for (unsigned i = 0; i < ROUNDS; i++) {
        double round[STEPS];

        one_round(outbox, fd, first + i, round);
        for (int j = 0; j < STEPS; j++)
            took[j][i] = round[j];
    }
    printf("%s\n", what);
    for (int j = 0; j < STEPS; j++) {
        qsort(took[j], ROUNDS, sizeof took[j][0], by_size);
        printf("  %-22s median %7.3f ms, 99th percentile %7.3f ms\n", step_names[j],
               took[j][ROUNDS / 2], took[j][ROUNDS * 99 / 100]);
    }
}

int main(void)
{
    char folder[] = "bench-outbox-XXXXXX";
    char path[PATH_SIZE], yardstick[PATH_SIZE], command[PATH_SIZE];
    char message[1024];
    struct outbox *outbox = NULL;
    int fd = -1;

    if (mkdtemp(folder) == NULL)
        die("cannot make a folder");
    snprintf(path, sizeof path, "%s/alerts.sqlite", folder);
    snprintf(yardstick, sizeof yardstick, "%s/yardstick", folder);
    outbox = outbox_open(path, false, NULL, message, sizeof message);
    fd = open(yardstick, O_WRONLY | O_CREAT | O_APPEND, 0600);
    if (outbox == NULL || fd < 0)
        die("cannot open the files");
    measure(outbox, fd, 0, "nothing waits");
    for (unsigned n = 0; n < WAITING; n += BATCH)
        commit(outbox, ROUNDS + n, BATCH, 1);
    measure(outbox, fd, ROUNDS + WAITING, "100,000 messages wait for a dead sink");
    outbox_close(outbox);
    close(fd);
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command) == 0 ? 0 : 1;
}
