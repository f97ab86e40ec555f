// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * One connection on libuv against plain sockets of our own: refused, closed, data both ways, a
 * reader that does not read, and a proxy.
 */
#include "config.h"

#include "monitor/net/socket.h"
#include "tests/support/check.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define READ_SIZE 65536

struct scene {
    uv_loop_t loop;
    char buffer[READ_SIZE];
    struct socket_events events;
    struct netaddr address; /* of the listener */
    int listener;
    struct socket *socket;
    size_t connected, closed, received;
    uint8_t last; /* byte received */
    char why[160];
};

static void on_connected(void *context, uint64_t id)
{
    struct scene *scene = context;
    ck_assert_uint_eq(id, 7);
    scene->connected++;
    uv_stop(&scene->loop);
}

static void on_bytes(void *context, uint64_t id, const uint8_t *bytes, size_t len)
{
    struct scene *scene = context;
    ck_assert_uint_eq(id, 7);
    scene->received += len;
    scene->last = bytes[len - 1];
    uv_stop(&scene->loop);
}

static void on_closed(void *context, uint64_t id, const char *why)
{
    struct scene *scene = context;
    ck_assert_uint_eq(id, 7);
    scene->closed++;
    snprintf(scene->why, sizeof scene->why, "%s", why);
}

static void begin(struct scene *scene)
{
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof in;
    memset(scene, 0, sizeof *scene);
    ck_assert_int_eq(uv_loop_init(&scene->loop), 0);
    scene->events = (struct socket_events){
        .context = scene, .connected = on_connected, .bytes = on_bytes, .closed = on_closed};
    scene->listener = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert_int_eq(bind(scene->listener, (struct sockaddr *)&in, sizeof in), 0);
    ck_assert_int_eq(listen(scene->listener, 1), 0);
    ck_assert_int_eq(getsockname(scene->listener, (struct sockaddr *)&in, &len), 0);
    scene->address = (struct netaddr){
        .network = NETADDR_IPV4, .bytes = {127, 0, 0, 1}, .port = ntohs(in.sin_port)};
}

static void open_socket_within(struct scene *scene, const struct netaddr *target,
                               const struct netaddr *proxy, uint32_t timeout_ms)
{
    struct ports_target to = {.address = *target, .timeout_ms = timeout_ms};
    struct socket_options options = {.id = 7,
                                     .target = &to,
                                     .proxy = proxy,
                                     .buffer = uv_buf_init(scene->buffer, READ_SIZE),
                                     .events = &scene->events};
    scene->socket = socket_new(&scene->loop, &options);
}

static void open_socket(struct scene *scene, const struct netaddr *target,
                        const struct netaddr *proxy)
{
    open_socket_within(scene, target, proxy, 20000);
}

static int accept_one(struct scene *scene)
{
    int fd = accept(scene->listener, NULL, NULL);
    ck_assert_int_ge(fd, 0);
    return fd;
}

static void end(struct scene *scene)
{
    uv_run(&scene->loop, UV_RUN_DEFAULT);
    ck_assert_int_eq(uv_loop_close(&scene->loop), 0);
    close(scene->listener);
}

START_TEST(socket_carries_bytes_both_ways)
{
    struct scene scene;
    char got[16] = "";
    begin(&scene);
    open_socket(&scene, &scene.address, NULL);
    uv_run(&scene.loop, UV_RUN_DEFAULT);
    ck_assert_uint_eq(scene.connected, 1);
    int fd = accept_one(&scene);
    socket_send(scene.socket, (const uint8_t *)"hello", 5);
    ck_assert_int_eq(read(fd, got, sizeof got), 5);
    ck_assert_str_eq(got, "hello");
    ck_assert_int_eq(write(fd, "world!", 6), 6);
    uv_run(&scene.loop, UV_RUN_DEFAULT);
    ck_assert_uint_eq(scene.received, 6);
    ck_assert_uint_eq(scene.last, '!');
    close(fd);
    end(&scene);
    ck_assert_uint_eq(scene.closed, 1);
    ck_assert_str_eq(scene.why, "the other side closed the connection");
}
END_TEST

START_TEST(socket_tells_refusal_later)
{
    struct scene scene;
    begin(&scene);
    struct netaddr nobody = scene.address;
    close(scene.listener);
    open_socket(&scene, &nobody, NULL);
    ck_assert_uint_eq(scene.closed, 0);
    scene.listener = dup(0);
    end(&scene);
    ck_assert_uint_eq(scene.closed, 1);
    ck_assert_str_eq(scene.why, "connection refused");
}
END_TEST

START_TEST(socket_has_all_its_time_after_a_busy_while)
{
    struct scene scene;
    begin(&scene);
    usleep(1100 * 1000); /* the loop does not run: the store is being read, say */
    open_socket_within(&scene, &scene.address, NULL, 1000);
    uv_run(&scene.loop, UV_RUN_DEFAULT);
    ck_assert_str_eq(scene.why, "");
    ck_assert_uint_eq(scene.connected, 1);
    socket_close(scene.socket);
    end(&scene);
}
END_TEST

START_TEST(socket_refuses_what_needs_a_proxy)
{
    struct scene scene;
    struct netaddr onion = {.network = NETADDR_TORV3, .port = 1};
    begin(&scene);
    open_socket(&scene, &onion, NULL);
    ck_assert_uint_eq(scene.closed, 0);
    end(&scene);
    ck_assert_ptr_nonnull(strstr(scene.why, "proxy"));
}
END_TEST

START_TEST(socket_closed_by_us_says_nothing)
{
    struct scene scene;
    begin(&scene);
    open_socket(&scene, &scene.address, NULL);
    socket_close(scene.socket);
    end(&scene);
    ck_assert_uint_eq(scene.closed + scene.connected, 0);
}
END_TEST

START_TEST(socket_leaves_who_does_not_read)
{
    static const uint8_t chunk[4096];
    struct scene scene;
    size_t sent = 0;
    begin(&scene);
    open_socket(&scene, &scene.address, NULL);
    uv_run(&scene.loop, UV_RUN_DEFAULT);
    int fd = accept_one(&scene);
    /* Far more than the kernel's buffers and ours hold together. */
    while (sent < 64 * 1024 * 1024) {
        socket_send(scene.socket, chunk, sizeof chunk);
        sent += sizeof chunk;
    }
    ck_assert_uint_eq(scene.closed, 0);
    end(&scene);
    ck_assert_uint_eq(scene.closed, 1);
    ck_assert_str_eq(scene.why, "it does not read what we send");
    close(fd);
}
END_TEST

START_TEST(socket_goes_through_a_proxy)
{
    struct scene scene;
    struct netaddr target = {.network = NETADDR_IPV4, .bytes = {1, 2, 3, 4}, .port = 8333};
    uint8_t got[64];
    begin(&scene);
    open_socket(&scene, &target, &scene.address);
    int fd = accept_one(&scene);
    ck_assert_int_eq(write(fd, "\5\0", 2), 2);
    while (scene.connected == 0 && recv(fd, got, sizeof got, MSG_DONTWAIT | MSG_PEEK) < 14)
        uv_run(&scene.loop, UV_RUN_NOWAIT);
    ck_assert_int_eq(read(fd, got, sizeof got), 14);
    ck_assert_mem_eq(got, "\5\2\0\2\5\1\0\1\1\2\3\4\x20\x8d", 14);
    ck_assert_int_eq(write(fd, "\5\0\0\1\0\0\0\0\0\0PEER", 14), 14);
    while (scene.received < 4)
        uv_run(&scene.loop, UV_RUN_ONCE);
    ck_assert_uint_eq(scene.connected, 1);
    ck_assert_uint_eq(scene.received, 4);
    ck_assert_uint_eq(scene.last, 'R');
    socket_close(scene.socket);
    end(&scene);
    close(fd);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        socket_carries_bytes_both_ways,
        socket_tells_refusal_later,
        socket_has_all_its_time_after_a_busy_while,
        socket_refuses_what_needs_a_proxy,
        socket_closed_by_us_says_nothing,
        socket_leaves_who_does_not_read,
        socket_goes_through_a_proxy,
    };
    return TEST_MAIN("socket", tests);
}
