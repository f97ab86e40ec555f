// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * exec: see exec.h. A call has four handles on the loop: process, timer and two pipes; its memory
 * goes when the last of them is closed.
 *
 * A program is done when it has ended and its output too. One that has left something behind which
 * holds the output open is done LINGER_MS after its end.
 */
#include "config.h"

#include "monitor/deliver/exec.h"

#include "monitor/mem.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#define LINGER_MS 200
#define READ_SIZE 4096

struct exec_call {
    uv_loop_t *loop;
    uv_process_t process;
    uv_timer_t timer;
    uv_pipe_t input, output;
    uv_write_t write;
    unsigned open; /* handles that are not closed yet */
    bool closing;
    bool has_process, spawned, exited, output_ended, killed;
    size_t output_total;
    char *copy;        /* of the input: a cancelled call may still be writing it */
    exec_done_fn done; /* NULL: cancelled, or told */
    void *context;
    struct exec_result result;
    char buffer[READ_SIZE];
};

static void on_closed(uv_handle_t *handle)
{
    struct exec_call *call = handle->data;

    if (--call->open > 0)
        return;
    free(call->copy);
    free(call);
}

static void close_all(struct exec_call *call)
{
    uv_handle_t *handles[] = {(uv_handle_t *)&call->timer, (uv_handle_t *)&call->input,
                              (uv_handle_t *)&call->output, (uv_handle_t *)&call->process};
    size_t count = call->has_process ? 4 : 3;

    call->closing = true;
    for (size_t i = 0; i < count; i++) {
        if (!uv_is_closing(handles[i]))
            uv_close(handles[i], on_closed);
    }
}

/* Tells, once, and lets go. */
static void finish(struct exec_call *call)
{
    exec_done_fn done = call->done;

    if (call->closing)
        return;
    call->done = NULL;
    if (done != NULL)
        done(call->context, &call->result);
    close_all(call);
}

/* It leads a session, and so a group. */
static void kill_all(struct exec_call *call, enum exec_end end)
{
    if (call->killed || !call->spawned)
        return;
    call->killed = true;
    call->result.end = end;
    if (!call->exited)
        kill(-call->process.pid, SIGKILL);
}

static void on_linger(uv_timer_t *timer)
{
    finish(timer->data);
}

static void on_timeout(uv_timer_t *timer)
{
    struct exec_call *call = timer->data;

    kill_all(call, EXEC_TIMEOUT);
}

static void on_exit_of(uv_process_t *process, int64_t code, int signum)
{
    struct exec_call *call = process->data;

    call->exited = true;
    if (!call->killed) {
        call->result.end = signum != 0 ? EXEC_SIGNALED : EXEC_EXITED;
        call->result.code = signum != 0 ? signum : (int)code;
    }
    if (call->closing)
        return;
    if (call->output_ended)
        finish(call);
    else
        uv_timer_start(&call->timer, on_linger, LINGER_MS, 0);
}

static void on_alloc(uv_handle_t *handle, size_t wanted, uv_buf_t *buffer)
{
    struct exec_call *call = handle->data;

    (void)wanted;
    *buffer = uv_buf_init(call->buffer, sizeof call->buffer);
}

static void on_output(uv_stream_t *stream, ssize_t len, const uv_buf_t *buffer)
{
    struct exec_call *call = stream->data;
    struct exec_result *result = &call->result;
    size_t room = sizeof result->output - 1 - result->output_len;

    if (len < 0) {
        call->output_ended = true;
        uv_read_stop(stream);
        if (call->exited)
            finish(call);
        return;
    }
    memcpy(result->output + result->output_len, buffer->base,
           (size_t)len < room ? (size_t)len : room);
    result->output_len += (size_t)len < room ? (size_t)len : room;
    call->output_total += (size_t)len;
    if (call->output_total > EXEC_OUTPUT_MAX)
        kill_all(call, EXEC_TOO_LONG);
}

/* Whether it was read or not: the program sees the end of its input. */
static void on_written(uv_write_t *write, int status)
{
    struct exec_call *call = write->data;

    (void)status;
    if (!uv_is_closing((uv_handle_t *)&call->input))
        uv_close((uv_handle_t *)&call->input, on_closed);
}

/* Could not be started; told from the loop, not from exec_start(). */
static void on_not_run(uv_timer_t *timer)
{
    finish(timer->data);
}

/* Ours, and what is added. To be freed, but for the strings. */
static char **make_environment(const char *const *more)
{
    size_t count = 0;
    size_t more_count = 0;
    char **all = NULL;

    while (environ[count] != NULL)
        count++;
    while (more[more_count] != NULL)
        more_count++;
    all = mem_zeroed(count + more_count + 1, sizeof *all);
    /* Those that are added come first: of two of a name, the first is found. */
    memcpy(all, more, more_count * sizeof *all);
    memcpy(all + more_count, environ, count * sizeof *all);
    return all;
}

static int spawn(struct exec_call *call, const struct exec_request *request, uv_file outputs)
{
    char **environment = make_environment(request->environment);
    uv_stdio_container_t stdio[3] = {
        {.flags = UV_CREATE_PIPE | UV_READABLE_PIPE, .data.stream = (uv_stream_t *)&call->input},
        {.flags = UV_INHERIT_FD, .data.fd = outputs},
        {.flags = UV_INHERIT_FD, .data.fd = outputs},
    };
    uv_process_options_t options = {
        .exit_cb = on_exit_of,
        .file = request->command[0],
        .args = (char **)(uintptr_t)request->command,
        .env = environment,
        .cwd = "/",
        .flags = UV_PROCESS_DETACHED, /* a session of its own */
        .stdio_count = 3,
        .stdio = stdio,
    };
    int error = uv_spawn(call->loop, &call->process, &options);

    free(environment);
    return error;
}

/* Starts it, both its outputs in one pipe of which we have the other end. */
static int start(struct exec_call *call, const struct exec_request *request)
{
    uv_file ends[2];
    int error = uv_pipe(ends, UV_NONBLOCK_PIPE, 0);

    uv_pipe_init(call->loop, &call->input, 0);
    uv_pipe_init(call->loop, &call->output, 0);
    if (error < 0)
        return error;
    call->has_process = true; /* also when it cannot be run: then it is to be closed all the same */
    call->open++;
    error = spawn(call, request, ends[1]);
    close(ends[1]);
    if (uv_pipe_open(&call->output, ends[0]) < 0)
        close(ends[0]);
    return error;
}

struct exec_call *exec_start(struct uv_loop_s *loop, const struct exec_request *request,
                             exec_done_fn done, void *context)
{
    struct exec_call *call = mem_zeroed(1, sizeof *call);
    uv_buf_t input;
    int error = 0;

    call->loop = loop;
    call->copy = mem_text_of(request->input, request->input_len);
    input = uv_buf_init(call->copy, (unsigned)request->input_len);
    call->done = done;
    call->context = context;
    call->open = 3;
    uv_timer_init(loop, &call->timer);
    error = start(call, request);
    call->process.data = call->timer.data = call->input.data = call->output.data = call;
    call->write.data = call;
    if (error < 0) {
        call->result.end = EXEC_NOT_RUN;
        call->result.code = -error;
        uv_timer_start(&call->timer, on_not_run, 0, 0);
        return call;
    }
    call->spawned = true;
    uv_update_time(loop);
    uv_timer_start(&call->timer, on_timeout, (uint64_t)request->timeout_ms, 0);
    uv_read_start((uv_stream_t *)&call->output, on_alloc, on_output);
    if (uv_write(&call->write, (uv_stream_t *)&call->input, &input, 1, on_written) < 0)
        uv_close((uv_handle_t *)&call->input, on_closed);
    return call;
}

void exec_cancel(struct exec_call *call)
{
    call->done = NULL;
    kill_all(call, EXEC_TIMEOUT);
    if (!call->spawned || call->exited)
        close_all(call); /* else when its end is told: so it is no zombie */
}
