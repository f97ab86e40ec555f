// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * control_client: see control_client.h. Plain blocking sockets with time limits: a command line
 * tool has nothing else to do.
 */
#include "config.h"

#include "monitor/control_client.h"

#include "monitor/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

/** A monitor that is alive answers at once; a busy one within this time. */
#define TIMEOUT_SECONDS 10
/** No answer is larger. */
#define ANSWER_MAX ((size_t)4 << 20)

/* A socket's address has room for about 100 bytes. A longer path is reached through its directory's
 * descriptor. */
static bool make_address(struct sockaddr_un *address, int *directory, const char *path)
{
    const char *slash = strrchr(path, '/');
    char *folder = NULL;
    int len = 0;

    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    *directory = -1;
    if (strlen(path) < sizeof address->sun_path) {
        memcpy(address->sun_path, path, strlen(path) + 1);
        return true;
    }
    if (slash == NULL)
        return false;
    folder = mem_text_of(path, (size_t)(slash - path));
    *directory = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    free(folder);
    if (*directory < 0)
        return false;
    len = snprintf(address->sun_path, sizeof address->sun_path, "/proc/self/fd/%d%s", *directory,
                   slash);
    return len > 0 && (size_t)len < sizeof address->sun_path;
}

static bool send_all(int fd, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t sent = send(fd, bytes, len, MSG_NOSIGNAL);

        if (sent < 0 && errno == EINTR)
            continue;
        if (sent <= 0)
            return false;
        bytes += sent;
        len -= (size_t)sent;
    }
    return true;
}

/* Everything until the other side closes. NULL with errno. */
static char *receive_all(int fd, size_t *len)
{
    char *bytes = NULL;
    size_t room = 0;

    *len = 0;
    for (;;) {
        ssize_t got = 0;

        if (*len == room) {
            room = room > 0 ? room * 2 : 16384;
            bytes = mem_resize(bytes, room, 1);
        }
        got = recv(fd, bytes + *len, room - *len, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got == 0)
            return bytes;
        if (got > 0 && *len + (size_t)got > ANSWER_MAX) {
            got = -1;
            errno = EMSGSIZE;
        }
        if (got < 0) {
            free(bytes);
            return NULL;
        }
        *len += (size_t)got;
    }
}

static enum control_result failed(char message[CONTROL_MESSAGE_SIZE])
{
    if (errno == EAGAIN)
        snprintf(message, CONTROL_MESSAGE_SIZE,
                 "the monitor does not answer within %d s: try again, or look at its log",
                 TIMEOUT_SECONDS);
    else if (errno == EACCES || errno == EPERM)
        snprintf(message, CONTROL_MESSAGE_SIZE,
                 "cannot ask the monitor: %s: be its user, or of its group", strerror(errno));
    else
        snprintf(message, CONTROL_MESSAGE_SIZE, "cannot ask the monitor: %s", strerror(errno));
    return CONTROL_FAILED;
}

/* An object that says that there was an error. Then it is given up. */
static bool is_refusal(json_t **answer, char message[CONTROL_MESSAGE_SIZE])
{
    const char *error = json_string_value(json_object_get(*answer, "error"));

    if (error == NULL)
        return false;
    snprintf(message, CONTROL_MESSAGE_SIZE, "%s", error);
    json_decref(*answer);
    *answer = NULL;
    return true;
}

static enum control_result ask(json_t **answer, char message[CONTROL_MESSAGE_SIZE], int fd,
                               const char *request)
{
    size_t len = 0;
    char *bytes = NULL;
    json_error_t error;

    if (!send_all(fd, request, strlen(request)) || !send_all(fd, "\n", 1))
        return failed(message);
    bytes = receive_all(fd, &len);
    if (bytes == NULL)
        return failed(message);
    *answer = json_loadb(bytes, len, 0, &error);
    free(bytes);
    if (!json_is_object(*answer)) {
        json_decref(*answer);
        *answer = NULL;
        snprintf(message, CONTROL_MESSAGE_SIZE,
                 "what the monitor answers is no JSON object: is it of another version?");
        return CONTROL_FAILED;
    }
    return is_refusal(answer, message) ? CONTROL_REFUSED : CONTROL_ANSWERED;
}

static enum control_result connect_and_ask(json_t **answer, char message[CONTROL_MESSAGE_SIZE],
                                           const char *path, const char *request)
{
    const struct timeval limit = {.tv_sec = TIMEOUT_SECONDS};
    struct sockaddr_un address;
    enum control_result result = CONTROL_FAILED;
    int directory = -1;
    int fd = -1;

    if (!make_address(&address, &directory, path))
        return errno == ENOENT || errno == ENOTDIR ? CONTROL_NOBODY : failed(message);
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        result = failed(message);
    } else {
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
        if (connect(fd, (const struct sockaddr *)&address, sizeof address) == 0)
            result = ask(answer, message, fd, request);
        else if (errno == ENOENT || errno == ECONNREFUSED || errno == ENOTDIR)
            result = CONTROL_NOBODY;
        else
            result = failed(message);
        close(fd);
    }
    if (directory >= 0)
        close(directory);
    return result;
}

enum control_result control_ask(json_t **answer, char message[CONTROL_MESSAGE_SIZE],
                                const char *path, const json_t *request)
{
    char *line = json_dumps(request, JSON_COMPACT);
    enum control_result result = CONTROL_FAILED;

    *answer = NULL;
    message[0] = '\0';
    if (line != NULL)
        result = connect_and_ask(answer, message, path, line);
    else
        snprintf(message, CONTROL_MESSAGE_SIZE, "out of memory");
    free(line);
    return result;
}
