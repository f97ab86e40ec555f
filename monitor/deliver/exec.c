// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * exec: see exec.h. A call has three handles on the loop: process, timer and the outputs' pipe; its
 * memory goes when the last of them is closed.
 *
 * The input is a file in memory and no pipe: of a pipe whose writer has died a program reads the
 * beginning, or nothing, and cannot tell that from the whole.
 *
 * A program is done when it has ended and its output too. One that has left something behind which
 * holds the output open is done LINGER_MS after its end.
 */
#include "config.h"

#include "monitor/deliver/exec.h"

#include "monitor/mem.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <uv.h>

#define LINGER_MS 200
#define READ_SIZE 4096

struct exec_call {
    uv_loop_t *loop;
    uv_process_t process;
    uv_timer_t timer;
    uv_pipe_t output;
    unsigned open; /* handles that are not closed yet */
    bool closing;
    bool has_process, spawned, exited, output_ended, killed;
    size_t output_total;
    exec_done_fn done; /* NULL: cancelled, or told */
    void *context;
    struct exec_result result;
    char buffer[READ_SIZE];
};

static void on_closed(uv_handle_t *handle)
{
    struct exec_call *call = handle->data;

    if (--call->open == 0)
        free(call);
}

static void close_all(struct exec_call *call)
{
    uv_handle_t *handles[] = {(uv_handle_t *)&call->timer, (uv_handle_t *)&call->output,
                              (uv_handle_t *)&call->process};
    size_t count = call->has_process ? 3 : 2;

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

/* A file with the input, to be read from its beginning; a negative error number where there can be
 * none. */
static int make_input(const struct exec_request *request)
{
    int file = memfd_create("alert", MFD_CLOEXEC);
    const char *bytes = request->input;
    size_t done = 0;

    while (file >= 0 && done < request->input_len) {
        ssize_t written = write(file, bytes + done, request->input_len - done);

        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0) {
            int error = errno;

            close(file);
            return -error;
        }
        done += (size_t)written;
    }
    return file < 0 || lseek(file, 0, SEEK_SET) < 0 ? -errno : file;
}

static int spawn(struct exec_call *call, const struct exec_request *request, uv_file input,
                 uv_file outputs)
{
    char **environment = make_environment(request->environment);
    uv_stdio_container_t stdio[3] = {
        {.flags = UV_INHERIT_FD, .data.fd = input},
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
    int input = make_input(request);
    int error = input < 0 ? input : uv_pipe(ends, UV_NONBLOCK_PIPE, 0);

    uv_pipe_init(call->loop, &call->output, 0);
    if (error < 0) {
        if (input >= 0)
            close(input);
        return error;
    }
    call->has_process = true; /* also when it cannot be run: then it is to be closed all the same */
    call->open++;
    error = spawn(call, request, input, ends[1]);
    close(input);
    close(ends[1]);
    if (uv_pipe_open(&call->output, ends[0]) < 0)
        close(ends[0]);
    return error;
}

struct exec_call *exec_start(struct uv_loop_s *loop, const struct exec_request *request,
                             exec_done_fn done, void *context)
{
    struct exec_call *call = mem_zeroed(1, sizeof *call);
    int error = 0;

    call->loop = loop;
    call->done = done;
    call->context = context;
    call->open = 2;
    uv_timer_init(loop, &call->timer);
    error = start(call, request);
    call->process.data = call->timer.data = call->output.data = call;
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
    return call;
}

void exec_cancel(struct exec_call *call)
{
    call->done = NULL;
    kill_all(call, EXEC_TIMEOUT);
    if (!call->spawned || call->exited)
        close_all(call); /* else when its end is told: so it is no zombie */
}
