// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Goal of this test: a signing key is made whole or not at all, is never lost, and is not used
 * where others can read it; and no text but a key file's is taken for one.
 */
#include "config.h"

#include "monitor/keyfile.h"
#include "monitor/secretfile.h"
#include "tests/support/check.h"
#include "tests/support/random.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const uint8_t seed[SIGN_SEED_SIZE] = {9};
static char folder[64];

static void enter_folder(void)
{
    snprintf(folder, sizeof folder, "/tmp/hashtide-keyfile-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    ck_assert_int_eq(chdir(folder), 0);
}

/* Removes what is here; how much that was. */
static size_t leave_folder(void)
{
    DIR *here = opendir(".");
    size_t count = 0;

    for (const struct dirent *entry = readdir(here); entry != NULL; entry = readdir(here)) {
        if (entry->d_name[0] == '.')
            continue;
        count++;
        ck_assert_int_eq(remove(entry->d_name), 0);
    }
    closedir(here);
    ck_assert_int_eq(chdir("/"), 0);
    ck_assert_int_eq(rmdir(folder), 0);
    return count;
}

static void put(const char *name, const char *text, size_t len, mode_t mode)
{
    int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, text, len), (ssize_t)len);
    ck_assert_int_eq(fchmod(fd, mode), 0);
    close(fd);
}

static size_t get(char *out, size_t size, const char *name)
{
    FILE *file = fopen(name, "r");
    size_t len = 0;

    ck_assert_ptr_nonnull(file);
    len = fread(out, 1, size, file);
    fclose(file);
    return len;
}

static void assert_key(const char *path, const struct sign_key *key)
{
    char message[KEYFILE_MESSAGE_SIZE];
    struct signer *signer = NULL;

    ck_assert_msg(keyfile_load(&signer, message, path) == KEYFILE_OK, "%s", message);
    ck_assert(sign_key_equal(signer_key(signer), key));
    signer_free(signer);
}

START_TEST(test_made_and_read)
{
    char message[KEYFILE_MESSAGE_SIZE];
    char text[2 * KEYFILE_TEXT_SIZE];
    struct keyfile_made made;
    struct stat info;
    mode_t before = umask(0);

    enter_folder();
    ck_assert_msg(keyfile_create(&made, message, "signing.key", false), "%s", message);
    umask(before);
    ck_assert_str_eq(made.aside, "");
    ck_assert_int_eq(stat("signing.key", &info), 0);
    ck_assert_uint_eq(info.st_mode & 07777, 0600);
    ck_assert_uint_eq(info.st_nlink, 1);
    ck_assert_uint_eq(get(text, sizeof text, "signing.key"), KEYFILE_TEXT_SIZE - 1);
    assert_key("signing.key", &made.key);
    ck_assert_uint_eq(leave_folder(), 1);
}
END_TEST

/* A umask that takes all rights away is no reason to make a file that nobody can read. */
START_TEST(test_strict_umask)
{
    char message[KEYFILE_MESSAGE_SIZE];
    struct keyfile_made made;
    struct stat info;
    mode_t before = umask(0777);

    enter_folder();
    ck_assert_int_eq(chmod(folder, 0700), 0);
    ck_assert_msg(keyfile_create(&made, message, "signing.key", false), "%s", message);
    umask(before);
    ck_assert_int_eq(stat("signing.key", &info), 0);
    ck_assert_uint_eq(info.st_mode & 07777, 0600);
    ck_assert_uint_eq(leave_folder(), 1);
}
END_TEST

START_TEST(test_never_in_the_place_of_another)
{
    char message[KEYFILE_MESSAGE_SIZE];
    struct keyfile_made first, second, third, refused;

    enter_folder();
    ck_assert(keyfile_create(&first, message, "signing.key", false));
    ck_assert(!keyfile_create(&refused, message, "signing.key", false));
    ck_assert_ptr_nonnull(strstr(message, "--force"));
    assert_key("signing.key", &first.key);
    ck_assert(keyfile_create(&second, message, "signing.key", true));
    ck_assert(keyfile_create(&third, message, "signing.key", true)); /* in the same second */
    ck_assert_str_ne(second.aside, third.aside);
    assert_key("signing.key", &third.key);
    assert_key(second.aside, &first.key);
    assert_key(third.aside, &second.key);
    ck_assert(!sign_key_equal(&first.key, &second.key));
    ck_assert(!sign_key_equal(&second.key, &third.key));
    ck_assert_uint_eq(leave_folder(), 3);
}
END_TEST

/* A file of that process, so many seconds old. */
static void leave_behind(char name[64], long pid, time_t age_s)
{
    struct timespec times[2] = {{.tv_sec = time(NULL) - age_s}, {.tv_sec = time(NULL) - age_s}};

    snprintf(name, 64, "signing.key.new-%ld", pid);
    put(name, "secret", 6, 0600);
    ck_assert_int_eq(utimensat(AT_FDCWD, name, times, 0), 0);
}

/* What keygen left that was killed goes with the next; nothing else does. */
START_TEST(test_leftovers)
{
    char message[KEYFILE_MESSAGE_SIZE];
    char old[64], young[64], living[64];
    struct keyfile_made made;
    pid_t dead[2];

    enter_folder();
    for (size_t i = 0; i < 2; i++) {
        dead[i] = fork();
        if (dead[i] == 0)
            _exit(0);
    }
    for (size_t i = 0; i < 2; i++)
        ck_assert_int_eq(waitpid(dead[i], NULL, 0), dead[i]);
    leave_behind(old, dead[0], 3600);
    leave_behind(young, dead[1], 0);
    leave_behind(living, getppid(), 3600);
    put("signing.key.new-1x", "x", 1, 0600);
    put("signing.key.new-", "x", 1, 0600);
    ck_assert_msg(keyfile_create(&made, message, "signing.key", false), "%s", message);
    ck_assert_int_ne(access(old, F_OK), 0);
    ck_assert_int_eq(access(young, F_OK), 0);
    ck_assert_int_eq(access(living, F_OK), 0);
    ck_assert_uint_eq(leave_folder(), 5); /* and the key */
}
END_TEST

START_TEST(test_replace_without_old)
{
    char message[KEYFILE_MESSAGE_SIZE];
    struct keyfile_made made;

    enter_folder();
    ck_assert(keyfile_create(&made, message, "signing.key", true));
    ck_assert_str_eq(made.aside, "");
    assert_key("signing.key", &made.key);
    ck_assert_uint_eq(leave_folder(), 1);
}
END_TEST

/* A disk that is full after so many bytes: the old key stays, and nothing else. */
START_TEST(test_full_disk)
{
    char message[KEYFILE_MESSAGE_SIZE];
    struct keyfile_made old, made;
    struct rlimit limit, none;

    signal(SIGXFSZ, SIG_IGN);
    enter_folder();
    ck_assert(keyfile_create(&old, message, "signing.key", false));
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &limit), 0);
    for (rlim_t room = 0; room < KEYFILE_TEXT_SIZE - 1; room += 33) {
        none = (struct rlimit){room, limit.rlim_max};
        ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &none), 0);
        ck_assert(!keyfile_create(&made, message, "signing.key", true));
        ck_assert(!keyfile_create(&made, message, "other.key", false));
        ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
        ck_assert_msg(strstr(message, "cannot make other.key") != NULL, "%s", message);
        assert_key("signing.key", &old.key);
    }
    ck_assert_uint_eq(leave_folder(), 1);
}
END_TEST

START_TEST(test_no_folder)
{
    char message[KEYFILE_MESSAGE_SIZE];
    char path[KEYFILE_PATH_SIZE + 1];
    struct keyfile_made made;
    struct signer *signer = NULL;

    enter_folder();
    ck_assert(!keyfile_create(&made, message, "missing/signing.key", false));
    ck_assert_ptr_nonnull(strstr(message, "missing/signing.key"));
    ck_assert_int_eq(keyfile_load(&signer, message, "missing/signing.key"), KEYFILE_MISSING);
    ck_assert_ptr_nonnull(strstr(message, "hashtide keygen"));
    ck_assert_ptr_null(signer);
    memset(path, 'x', sizeof path - 1);
    path[sizeof path - 1] = '\0';
    ck_assert(!keyfile_create(&made, message, path, false));
    ck_assert_uint_eq(leave_folder(), 0);
}
END_TEST

START_TEST(test_modes)
{
    static const mode_t refused[] = {0640, 0604, 0660, 0666, 0644, 0620, 0602, 0610, 0601, 0777};
    static const mode_t good[] = {0600, 0400, 0700};
    char message[KEYFILE_MESSAGE_SIZE];
    struct keyfile_made made;
    struct signer *signer = NULL;

    enter_folder();
    ck_assert(keyfile_create(&made, message, "signing.key", false));
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        ck_assert_int_eq(chmod("signing.key", refused[i]), 0);
        ck_assert_int_eq(keyfile_load(&signer, message, "signing.key"), KEYFILE_REFUSED);
        ck_assert_ptr_null(signer);
        ck_assert_msg(strstr(message, "chmod 600 signing.key") != NULL, "%s", message);
    }
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        ck_assert_int_eq(chmod("signing.key", good[i]), 0);
        assert_key("signing.key", &made.key);
    }
    ck_assert_uint_eq(leave_folder(), 1);
}
END_TEST

START_TEST(test_other_kinds_of_files)
{
    char message[KEYFILE_MESSAGE_SIZE];
    char large[SECRETFILE_SIZE_MAX + 1];
    struct secretfile file;

    enter_folder();
    ck_assert_int_eq(mkdir("folder", 0700), 0);
    ck_assert_int_eq(secretfile_read(&file, message, "folder"), SECRETFILE_REFUSED);
    ck_assert_int_eq(mkfifo("fifo", 0600), 0); /* refused, not waited for */
    ck_assert_int_eq(secretfile_read(&file, message, "fifo"), SECRETFILE_REFUSED);
    memset(large, 'x', sizeof large);
    put("large", large, sizeof large, 0600);
    ck_assert_int_eq(secretfile_read(&file, message, "large"), SECRETFILE_REFUSED);
    ck_assert_ptr_nonnull(strstr(message, "too long"));
    ck_assert_uint_eq(file.len, 0);
    ck_assert_int_eq(file.text[0], '\0');
    put("large", large, sizeof large - 1, 0600);
    ck_assert_int_eq(secretfile_read(&file, message, "large"), SECRETFILE_OK);
    ck_assert_uint_eq(file.len, SECRETFILE_SIZE_MAX);
    put("empty", "", 0, 0600);
    ck_assert_int_eq(secretfile_read(&file, message, "empty"), SECRETFILE_OK);
    ck_assert_uint_eq(file.len, 0);
    ck_assert_uint_eq(leave_folder(), 4);
}
END_TEST

START_TEST(test_key_of_another_user)
{
    char message[KEYFILE_MESSAGE_SIZE];
    struct keyfile_made made;
    struct signer *signer = NULL;

    if (geteuid() != 0) {
        printf("not root: a key of another user can't be made here\n");
        return;
    }
    enter_folder();
    ck_assert(keyfile_create(&made, message, "signing.key", false));
    ck_assert_int_eq(chown("signing.key", 12345, 12345), 0);
    ck_assert_int_eq(chmod(folder, 0755), 0);
    ck_assert_int_eq(seteuid(54321), 0); /* who could not even read it */
    ck_assert_int_eq(keyfile_load(&signer, message, "signing.key"), KEYFILE_REFUSED);
    ck_assert_int_eq(seteuid(0), 0);
    assert_key("signing.key", &made.key); /* root reads what it wants to */
    ck_assert_uint_eq(leave_folder(), 1);
}
END_TEST

/* Made by root, it is for whom the directory belongs to: else the monitor could not read it. */
START_TEST(test_made_by_root)
{
    char message[KEYFILE_MESSAGE_SIZE];
    struct keyfile_made made;
    struct stat info;

    if (geteuid() != 0) {
        printf("not root: a key can't be made for another user here\n");
        return;
    }
    enter_folder();
    ck_assert_int_eq(chown(folder, 12345, 12346), 0);
    ck_assert_msg(keyfile_create(&made, message, "signing.key", false), "%s", message);
    ck_assert_int_eq(stat("signing.key", &info), 0);
    ck_assert_uint_eq(info.st_uid, 12345);
    ck_assert_uint_eq(info.st_gid, 12346);
    ck_assert_uint_eq(info.st_mode & 07777, 0600);
    assert_key("signing.key", &made.key);
    ck_assert_int_eq(seteuid(12345), 0);
    assert_key("signing.key", &made.key);
    ck_assert_int_eq(seteuid(0), 0);
    ck_assert_uint_eq(leave_folder(), 1);
}
END_TEST

/* ---- the text ---- */

#define PUBLIC_HEX "f9308a019258c31049344f85f89d5229b531c845836f99b08601f113bce036f9"
#define SECRET_HEX "0000000000000000000000000000000000000000000000000000000000000003"
#define GOOD "hashtide signing key 1\npublic " PUBLIC_HEX "\nsecret " SECRET_HEX "\n"

static bool takes(const char *text, size_t len)
{
    struct signer *signer = NULL;
    bool good = keyfile_parse(&signer, text, len, seed);

    ck_assert(good == (signer != NULL));
    signer_free(signer);
    return good;
}

START_TEST(test_text)
{
    struct test_random random = test_random_init(test_seed(), 1);
    char text[] = GOOD;
    size_t len = sizeof text - 1;

    ck_assert_uint_eq(sizeof text, KEYFILE_TEXT_SIZE);
    ck_assert(takes(text, len));
    for (size_t cut = 0; cut < len; cut++)
        ck_assert(!takes(text, cut));
    ck_assert(!takes(GOOD "\n", len + 1));
    for (size_t at = 0; at < len; at++) { /* any other byte, anywhere */
        char was = text[at];

        text[at] = (char)(was ^ (1 << test_random_below(&random, 8)));
        ck_assert_msg(!takes(text, len), "byte %zu", at);
        text[at] = was;
    }
    ck_assert(takes(text, len));
}
END_TEST

START_TEST(test_damaged_key)
{
    char message[KEYFILE_MESSAGE_SIZE];
    struct signer *signer = NULL;
    char text[] = GOOD;

    enter_folder();
    text[sizeof text - 3] = '4'; /* another secret, which the public key does not fit */
    put("signing.key", text, sizeof text - 1, 0600);
    ck_assert_int_eq(keyfile_load(&signer, message, "signing.key"), KEYFILE_REFUSED);
    ck_assert_msg(strstr(message, "damaged") != NULL, "%s", message);
    ck_assert_ptr_null(strstr(message, "0000")); /* no word of what is in it */
    ck_assert_uint_eq(leave_folder(), 1);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_made_and_read,       test_strict_umask, test_never_in_the_place_of_another,
        test_replace_without_old, test_leftovers,    test_full_disk,
        test_no_folder,           test_modes,        test_other_kinds_of_files,
        test_key_of_another_user, test_made_by_root, test_text,
        test_damaged_key,
    };

    return TEST_MAIN("keyfile", tests);
}
