// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "monitor/net/control.h"

#include "monitor/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define REQUEST_MAX 4096  /* a line longer than this is no request */
#define CLIENTS_MAX 16    /* more at once wait in the kernel's queue or are turned away */
#define PATIENCE_MS 10000 /* of one client, from connecting to having read the answer */
#define ADDRESS_SIZE (sizeof((struct sockaddr_un *)NULL)->sun_path)

struct client {
    struct control *control;
    uv_pipe_t pipe;
    uv_timer_t timer;
    uv_write_t writing;
    int handles;
    bool going;
    char request[REQUEST_MAX];
    size_t request_len;
    char *answer;
    struct client *next;
};

struct control {
    uv_pipe_t listener;
    uv_loop_t *loop;
    control_answer_fn answer;
    void *context;
    char *path;
    int directory; /* of a path that is too long for an address; else -1 */
    struct client *clients;
    size_t client_count;
    bool closing; /* the listener is given back, or about to be */
    bool listener_gone;
};

static void free_if_done(struct control *control)
{
    if (control->listener_gone && control->clients == NULL) {
        if (control->directory >= 0) {
            close(control->directory);
        }
        free(control->path);
        free(control);
    }
}

/* ---- Clients ------------------------------------------------------------ */

static void on_client_closed(uv_handle_t *handle)
{
    struct client *client = handle->data;
    if (--client->handles > 0) {
        return;
    }
    struct control *control = client->control;
    struct client **at = &control->clients;
    while (*at != client) {
        at = &(*at)->next;
    }
    *at = client->next;
    control->client_count--;
    free(client->answer);
    free(client);
    free_if_done(control);
}

static void client_go(struct client *client)
{
    if (!client->going) {
        client->going = true;
        uv_close((uv_handle_t *)&client->pipe, on_client_closed);
        uv_close((uv_handle_t *)&client->timer, on_client_closed);
    }
}

static void on_answered(uv_write_t *request, int status)
{
    (void)status;
    client_go(request->data);
}

static void on_client_timeout(uv_timer_t *timer)
{
    client_go(timer->data);
}

#define DIGITS_OF(number) #number
#define TEXT_OF(macro) DIGITS_OF(macro)

/* line_len REQUEST_MAX: there is no end of the line. */
static json_t *answer_to(const struct client *client, size_t line_len)
{
    json_error_t error;
    if (line_len == REQUEST_MAX) {
        return json_pack("{s:s}", "error",
                         "expected one line of less than " TEXT_OF(REQUEST_MAX) " bytes");
    }
    json_t *request = json_loadb(client->request, line_len, JSON_REJECT_DUPLICATES, &error);
    json_t *answer;
    if (!json_is_object(request)) {
        answer =
            json_pack("{s:s}", "error",
                      "expected one line with a JSON object, such as {\"command\":\"status\"}");
    } else {
        answer = client->control->answer(client->control->context, request);
    }
    json_decref(request);
    return answer;
}

static void respond(struct client *client, size_t line_len)
{
    uv_read_stop((uv_stream_t *)&client->pipe);
    json_t *answer = answer_to(client, line_len);
    client->answer = answer == NULL ? NULL : json_dumps(answer, JSON_COMPACT);
    json_decref(answer);
    if (client->answer == NULL) {
        client_go(client);
        return;
    }
    size_t len = strlen(client->answer);
    client->answer[len] = '\n'; /* in the NUL's place: libuv is told the length */
    uv_buf_t buffer = uv_buf_init(client->answer, (unsigned)(len + 1));
    client->writing.data = client;
    if (uv_write(&client->writing, (uv_stream_t *)&client->pipe, &buffer, 1, on_answered) < 0) {
        client_go(client);
    }
}

static void on_client_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
    struct client *client = handle->data;
    (void)suggested;
    *buffer = uv_buf_init(client->request + client->request_len,
                          (unsigned)(REQUEST_MAX - client->request_len));
}

static void on_client_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *buffer)
{
    struct client *client = stream->data;
    (void)buffer;
    if (count < 0) {
        client_go(client);
        return;
    }
    client->request_len += (size_t)count;
    const char *end = memchr(client->request, '\n', client->request_len);
    if (end != NULL) {
        respond(client, (size_t)(end - client->request));
    } else if (client->request_len == REQUEST_MAX) {
        respond(client, REQUEST_MAX);
    }
}

static void on_connection(uv_stream_t *listener, int status)
{
    struct control *control = listener->data;
    if (status < 0 || control->closing) {
        return;
    }
    struct client *client = mem_zeroed(1, sizeof *client);
    client->control = control;
    client->handles = 2;
    uv_pipe_init(control->loop, &client->pipe, 0);
    uv_timer_init(control->loop, &client->timer);
    client->pipe.data = client;
    client->timer.data = client;
    client->next = control->clients;
    control->clients = client;
    control->client_count++;
    uv_timer_start(&client->timer, on_client_timeout, PATIENCE_MS, 0);
    if (uv_accept(listener, (uv_stream_t *)&client->pipe) < 0 ||
        control->client_count > CLIENTS_MAX ||
        uv_read_start((uv_stream_t *)&client->pipe, on_client_alloc, on_client_read) < 0) {
        client_go(client);
    }
}

/* ---- The listener ------------------------------------------------------- */

static void on_listener_closed(uv_handle_t *handle)
{
    struct control *control = handle->data;
    control->listener_gone = true;
    free_if_done(control);
}

/* A socket's address has room for about 100 bytes. A longer path is reached through its directory's
 * descriptor, as control_client.c does it. */
static int make_address(struct control *control, char address[ADDRESS_SIZE])
{
    const char *slash = strrchr(control->path, '/');
    if (strlen(control->path) < ADDRESS_SIZE) {
        snprintf(address, ADDRESS_SIZE, "%s", control->path);
        return 0;
    }
    if (slash == NULL) {
        return UV_ENAMETOOLONG;
    }
    char *folder = mem_text_of(control->path, (size_t)(slash - control->path));
    control->directory = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    free(folder);
    if (control->directory < 0) {
        return uv_translate_sys_error(errno);
    }
    int len = snprintf(address, ADDRESS_SIZE, "/proc/self/fd/%d%s", control->directory, slash);
    return len > 0 && (size_t)len < ADDRESS_SIZE ? 0 : UV_ENAMETOOLONG;
}

/* The mode has to be right from the first moment on. */
static int bind_for_group(struct control *control)
{
    char address[ADDRESS_SIZE];
    int error = make_address(control, address);
    if (error == 0) {
        mode_t old = umask(0117);
        error = uv_pipe_bind(&control->listener, address);
        umask(old);
    }
    return error;
}

struct control *control_new(uv_loop_t *loop, const char *path, control_answer_fn answer,
                            void *context, char *message, size_t message_len)
{
    struct control *control = mem_zeroed(1, sizeof *control);
    control->path = mem_text(path);
    control->directory = -1;
    control->loop = loop;
    control->answer = answer;
    control->context = context;
    uv_pipe_init(loop, &control->listener, 0);
    control->listener.data = control;
    int error = unlink(path) < 0 && errno != ENOENT ? uv_translate_sys_error(errno) : 0;
    if (error == 0) {
        error = bind_for_group(control);
    }
    if (error == 0) {
        error = uv_listen((uv_stream_t *)&control->listener, CLIENTS_MAX, on_connection);
    }
    if (error < 0) {
        snprintf(message, message_len, "%s: %s", path, uv_strerror(error));
        control->closing = true;
        uv_close((uv_handle_t *)&control->listener, on_listener_closed);
        return NULL;
    }
    return control;
}

void control_close(struct control *control)
{
    if (control == NULL || control->closing) {
        return;
    }
    control->closing = true;
    unlink(control->path);
    for (struct client *client = control->clients; client != NULL; client = client->next) {
        client_go(client);
    }
    uv_close((uv_handle_t *)&control->listener, on_listener_closed);
}
