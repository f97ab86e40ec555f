// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * receiver: see receiver.h.
 */
#include "config.h"

#include "tests/support/receiver.h"

#include <arpa/inet.h>
#include <assert.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>

static void must(bool good, const char *what)
{
    if (good)
        return;
    perror(what);
    abort();
}

int receiver_open(char url[RECEIVER_URL_SIZE], const char *host)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t len = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    must(listener >= 0, "socket");
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    must(bind(listener, (struct sockaddr *)&address, len) == 0, "bind");
    must(listen(listener, SOMAXCONN) == 0, "listen");
    must(getsockname(listener, (struct sockaddr *)&address, &len) == 0, "getsockname");
    snprintf(url, RECEIVER_URL_SIZE, "http://%s:%d/hook", host, ntohs(address.sin_port));
    return listener;
}

bool receiver_ready(int socket, int wait_ms)
{
    struct pollfd one = {.fd = socket, .events = POLLIN};

    return poll(&one, 1, wait_ms) == 1;
}

int receiver_accept(int listener)
{
    int socket = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

    must(socket >= 0, "accept");
    return socket;
}

size_t receiver_take(int socket, char *out, size_t size)
{
    ssize_t len = recv(socket, out, size - 1, 0);

    must(len >= 0, "recv");
    out[len] = '\0';
    return (size_t)len;
}

void receiver_send(int socket, const char *answer)
{
    size_t len = strlen(answer);

    must(send(socket, answer, len, MSG_NOSIGNAL) == (ssize_t)len, "send");
}
