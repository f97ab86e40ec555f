// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * exec: runs a local program with a document on its standard input.
 *
 * The program has a session of its own, no shell around it, and its two outputs in one pipe. When
 * its time is over it is killed, and so is what it has started; the same holds when it writes more
 * than EXEC_OUTPUT_MAX bytes. It need not read its input.
 */
#ifndef HASHTIDE_MONITOR_DELIVER_EXEC_H
#define HASHTIDE_MONITOR_DELIVER_EXEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EXEC_OUTPUT_MAX ((size_t)64 * 1024)
/** Of the output so much is kept, with NUL. */
#define EXEC_OUTPUT_SIZE 512

struct uv_loop_s;
struct exec_call;

struct exec_request {
    char *const *command; /* program and arguments, NULL behind the last; must live until done() */
    const char *const *environment; /* "NAME=VALUE", besides our own; NULL behind the last */
    const void *input;              /* needed during the call only */
    size_t input_len;
    int64_t timeout_ms;
};

enum exec_end {
    EXEC_EXITED,   /* by itself: see code */
    EXEC_SIGNALED, /* somebody else has killed it, or it has crashed: see code */
    EXEC_TIMEOUT,
    EXEC_TOO_LONG, /* its output */
    EXEC_NOT_RUN,  /* see code, an error number */
};

struct exec_result {
    enum exec_end end;
    int code; /* exit code, signal or error number */
    char output[EXEC_OUTPUT_SIZE];
    size_t output_len;
};

typedef void (*exec_done_fn)(void *context, const struct exec_result *result);

/** Begins. done() is called once, never before this returns, unless the call is cancelled. */
struct exec_call *exec_start(struct uv_loop_s *loop, const struct exec_request *request,
                             exec_done_fn done, void *context);
/** Kills it; done() is not called. What belongs to the loop is freed as that runs on. */
void exec_cancel(struct exec_call *call);

#endif
