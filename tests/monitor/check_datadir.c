// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Goal of this test: each network has its place, nobody else can look into it, and there is one
 * writer at a time, who is named to the next.
 */
#include "config.h"

#include "monitor/store/datadir.h"
#include "tests/support/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct params *network(enum network which)
{
    return params_get(which);
}

START_TEST(each_network_has_its_place)
{
    char path[DATADIR_PATH_SIZE];
    char name[DATADIR_PATH_SIZE];

    ck_assert(datadir_file(path, "/d", network(NETWORK_MAIN), DATADIR_HEADERS));
    ck_assert_str_eq(path, "/d/headers.dat");
    ck_assert(datadir_file(path, "/d", network(NETWORK_SIGNET), DATADIR_HEADERS));
    ck_assert_str_eq(path, "/d/signet/headers.dat");
    ck_assert(datadir_path(path, "/d", network(NETWORK_MAIN)));
    ck_assert_str_eq(path, "/d");
    memset(name, 'x', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    ck_assert(!datadir_file(path, name, network(NETWORK_MAIN), DATADIR_HEADERS));
    ck_assert(!datadir_path(path, name, network(NETWORK_SIGNET)));
}
END_TEST

START_TEST(it_is_made_for_us_alone)
{
    char folder[] = "datadir-XXXXXX";
    char root[64];
    char path[128];
    char message[DATADIR_MESSAGE_SIZE];
    struct stat status;

    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(root, sizeof(root), "%s/a/b", folder);
    ck_assert_msg(datadir_create(message, root, network(NETWORK_TIDENET)), "%s", message);
    ck_assert(datadir_create(message, root, network(NETWORK_TIDENET)));
    snprintf(path, sizeof(path), "%s/tidenet", root);
    ck_assert_int_eq(stat(path, &status), 0);
    ck_assert_uint_eq(status.st_mode & 0777, 0700);
    ck_assert_int_eq(rmdir(path), 0);
    fclose(fopen(path, "w"));
    ck_assert(!datadir_create(message, root, network(NETWORK_TIDENET)));
    ck_assert_msg(strstr(message, "is a file") != NULL, "%s", message);
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_eq(rmdir(root), 0);
    snprintf(path, sizeof(path), "%s/a", folder);
    ck_assert_int_eq(rmdir(path), 0);
    ck_assert_int_eq(rmdir(folder), 0);
}
END_TEST

START_TEST(one_writer_at_a_time)
{
    char folder[] = "datadir-XXXXXX";
    char path[64];
    char message[DATADIR_MESSAGE_SIZE];
    char pid[32];
    int status;
    int fd;
    pid_t child;

    ck_assert_ptr_nonnull(mkdtemp(folder));
    fd = datadir_lock(message, folder, network(NETWORK_MAIN));
    ck_assert_msg(fd >= 0, "%s", message);
    ck_assert_int_eq(datadir_lock(message, folder, network(NETWORK_MAIN)), -1);
    snprintf(pid, sizeof(pid), "process %ld", (long)getpid());
    ck_assert_msg(strstr(message, pid) != NULL, "%s", message);
    ck_assert_msg(strstr(message, folder) != NULL, "%s", message);
    datadir_unlock(fd);
    datadir_unlock(-1);
    /* A process that dies with the lock leaves none behind. */
    child = fork();
    if (child == 0)
        _exit(datadir_lock(message, folder, network(NETWORK_MAIN)) >= 0 ? 0 : 1);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
    fd = datadir_lock(message, folder, network(NETWORK_MAIN));
    ck_assert_msg(fd >= 0, "%s", message);
    datadir_unlock(fd);
    snprintf(path, sizeof(path), "%s/lock", folder);
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_eq(rmdir(folder), 0);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        each_network_has_its_place,
        it_is_made_for_us_alone,
        one_writer_at_a_time,
    };

    return TEST_MAIN("datadir", tests);
}
