// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Goal of this test: a monitor is asked in one line and its answer is read whole; where there is
 * none, that is no error; what it refuses is told; and an answer that is none is said to be so.
 */
#include "config.h"

#include "monitor/control_client.h"
#include "tests/support/check.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define REQUEST "{\"command\":\"silence\",\"rule\":\"say \\\"x\\\"\",\"for_ms\":null}\n"
/** Longer than the address of a socket has room for. */
#define LONG_NAME 150

static char folder[64];

/* REQUEST is asked. */
static enum control_result ask(json_t **answer, char message[CONTROL_MESSAGE_SIZE],
                               const char *path)
{
    json_t *request =
        json_pack("{s:s, s:s, s:n}", "command", "silence", "rule", "say \"x\"", "for_ms");
    enum control_result result = control_ask(answer, message, path, request);

    json_decref(request);
    return result;
}

static void enter_folder(void)
{
    snprintf(folder, sizeof folder, "/tmp/hashtide-control-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    ck_assert_int_eq(chdir(folder), 0);
}

static void leave_folder(void)
{
    (void)unlink("control.sock");
    ck_assert_int_eq(chdir("/"), 0);
    ck_assert_int_eq(rmdir(folder), 0);
}

/* Listens on control.sock in the present folder. */
static int listen_here(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "control.sock"};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(bind(fd, (const struct sockaddr *)&address, sizeof address), 0);
    ck_assert_int_eq(listen(fd, 1), 0);
    return fd;
}

/* A child that answers one request with count times text. It fails unless it was asked rightly. */
static pid_t answer_once(int listener, const char *text, size_t count)
{
    char request[256] = "";
    size_t len = 0;
    int fd = -1;
    pid_t child = fork();

    if (child != 0)
        return child;
    fd = accept(listener, NULL, NULL);
    while (memchr(request, '\n', len) == NULL && len < sizeof request - 1) {
        ssize_t got = read(fd, request + len, sizeof request - 1 - len);

        if (got <= 0)
            _exit(2);
        len += (size_t)got;
    }
    for (size_t i = 0; i < count; i++) {
        if (write(fd, text, strlen(text)) < 0)
            _exit(3);
    }
    close(fd);
    _exit(strcmp(request, REQUEST) == 0 ? 0 : 1);
}

static void assert_asked(pid_t child)
{
    int status = -1;

    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFEXITED(status));
    ck_assert_int_eq(WEXITSTATUS(status), 0);
}

START_TEST(test_answer)
{
    char message[CONTROL_MESSAGE_SIZE];
    json_t *answer = NULL;
    int listener = -1;
    pid_t child = -1;

    enter_folder();
    listener = listen_here();
    child = answer_once(listener, "{\"network\":\"main\"}\n", 1);
    ck_assert_int_eq(ask(&answer, message, "control.sock"), CONTROL_ANSWERED);
    ck_assert_str_eq(json_string_value(json_object_get(answer, "network")), "main");
    json_decref(answer);
    assert_asked(child);
    close(listener);
    leave_folder();
}
END_TEST

START_TEST(test_nobody)
{
    char message[CONTROL_MESSAGE_SIZE];
    json_t *answer = NULL;

    enter_folder();
    ck_assert_int_eq(ask(&answer, message, "control.sock"), CONTROL_NOBODY);
    ck_assert_int_eq(ask(&answer, message, "nowhere/control.sock"), CONTROL_NOBODY);
    /* What a monitor leaves behind that was killed. */
    close(listen_here());
    ck_assert_int_eq(ask(&answer, message, "control.sock"), CONTROL_NOBODY);
    ck_assert_ptr_null(answer);
    leave_folder();
}
END_TEST

START_TEST(test_refused)
{
    char message[CONTROL_MESSAGE_SIZE];
    json_t *answer = NULL;
    int listener = -1;
    pid_t child = -1;

    enter_folder();
    listener = listen_here();
    child = answer_once(listener, "{\"error\":\"there is no rule\"}\n", 1);
    ck_assert_int_eq(ask(&answer, message, "control.sock"), CONTROL_REFUSED);
    ck_assert_str_eq(message, "there is no rule");
    ck_assert_ptr_null(answer);
    assert_asked(child);
    close(listener);
    leave_folder();
}
END_TEST

START_TEST(test_no_answer)
{
    static const struct {
        const char *text;
        size_t count;
    } answers[] = {
        {"", 1}, {"nonsense", 1}, {"[1]", 1}, {"{\"network\":", 1}, {"{} ", 1 << 21},
    };
    char message[CONTROL_MESSAGE_SIZE];

    enter_folder();
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        int listener = listen_here();
        pid_t child = answer_once(listener, answers[i].text, answers[i].count);
        json_t *answer = NULL;

        ck_assert_int_eq(ask(&answer, message, "control.sock"), CONTROL_FAILED);
        ck_assert_ptr_null(answer);
        ck_assert_str_ne(message, "");
        ck_assert_ptr_null(strchr(message, '\n'));
        ck_assert_int_eq(waitpid(child, NULL, 0), child);
        close(listener);
        unlink("control.sock");
    }
    leave_folder();
}
END_TEST

/* The address of a socket has about 100 bytes; the path of a data directory may have more. */
START_TEST(test_long_path)
{
    char name[LONG_NAME + 1];
    char path[2 * LONG_NAME];
    char message[CONTROL_MESSAGE_SIZE];
    json_t *answer = NULL;
    int listener = -1;
    pid_t child = -1;

    enter_folder();
    memset(name, 'd', LONG_NAME);
    name[LONG_NAME] = '\0';
    ck_assert_int_eq(mkdir(name, 0700), 0);
    snprintf(path, sizeof path, "%s/%s/control.sock", folder, name);
    ck_assert_int_eq(ask(&answer, message, path), CONTROL_NOBODY);
    ck_assert_int_eq(chdir(name), 0);
    listener = listen_here();
    child = answer_once(listener, "{}", 1);
    ck_assert_int_eq(ask(&answer, message, path), CONTROL_ANSWERED);
    json_decref(answer);
    assert_asked(child);
    close(listener);
    unlink("control.sock");
    ck_assert_int_eq(chdir(".."), 0);
    ck_assert_int_eq(rmdir(name), 0);
    leave_folder();
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_answer, test_nobody, test_refused, test_no_answer, test_long_path,
    };

    return TEST_MAIN("control_client", tests);
}
