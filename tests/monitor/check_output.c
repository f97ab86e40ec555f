// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Goal of this test: an output file is there whole or not at all, what stood in its place stays
 * until then, and nothing else is left in its folder.
 */
#include "config.h"

#include "monitor/output.h"
#include "tests/support/check.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64];

static void enter_folder(void)
{
    snprintf(folder, sizeof folder, "/tmp/hashtide-output-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    ck_assert_int_eq(chdir(folder), 0);
}

static void leave_folder(void)
{
    static const char *const names[] = {"file", "other", "link"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        (void)unlink(names[i]);
    ck_assert_int_eq(chdir("/"), 0);
    ck_assert_msg(rmdir(folder) == 0, "something was left in the folder");
}

static size_t files_here(void)
{
    DIR *here = opendir(".");
    size_t count = 0;

    for (const struct dirent *entry = readdir(here); entry != NULL; entry = readdir(here))
        count += entry->d_name[0] != '.';
    closedir(here);
    return count;
}

static void put(const char *name, const char *text)
{
    FILE *file = fopen(name, "w");

    fputs(text, file);
    fclose(file);
}

static void assert_holds(const char *name, const char *expected)
{
    char text[64] = "";
    FILE *file = fopen(name, "r");

    ck_assert_ptr_nonnull(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    ck_assert_str_eq(text, expected);
}

START_TEST(test_new_file)
{
    struct output output;
    struct stat info;

    enter_folder();
    umask(027);
    ck_assert(output_open(&output, "file"));
    fputs("new", output.stream);
    fflush(output.stream);
    ck_assert_int_ne(access("file", F_OK), 0);
    ck_assert(output_commit(&output));
    assert_holds("file", "new");
    ck_assert_uint_eq(files_here(), 1);
    ck_assert_int_eq(stat("file", &info), 0);
    ck_assert_uint_eq(info.st_mode & 0777, 0640);
    leave_folder();
}
END_TEST

START_TEST(test_replaces)
{
    struct output output;

    enter_folder();
    put("file", "old");
    ck_assert(output_open(&output, "./file"));
    fputs("new", output.stream);
    fflush(output.stream);
    assert_holds("file", "old");
    ck_assert(output_commit(&output));
    assert_holds("file", "new");
    ck_assert_uint_eq(files_here(), 1);
    leave_folder();
}
END_TEST

START_TEST(test_discard)
{
    struct output output;

    enter_folder();
    put("file", "old");
    ck_assert(output_open(&output, "file"));
    fputs("new", output.stream);
    output_discard(&output);
    assert_holds("file", "old");
    ck_assert_uint_eq(files_here(), 1);
    leave_folder();
}
END_TEST

/* A symbolic link stays one. */
START_TEST(test_link)
{
    struct output output;
    struct stat info;

    enter_folder();
    put("other", "old");
    ck_assert_int_eq(symlink("other", "link"), 0);
    ck_assert(output_open(&output, "link"));
    fputs("new", output.stream);
    ck_assert(output_commit(&output));
    ck_assert_int_eq(lstat("link", &info), 0);
    ck_assert(S_ISLNK(info.st_mode));
    assert_holds("other", "new");
    leave_folder();
}
END_TEST

START_TEST(test_full_disk)
{
    struct output output;

    enter_folder();
    ck_assert(output_open(&output, "/dev/full"));
    fputs("new", output.stream);
    ck_assert(!output_commit(&output));
    ck_assert_uint_eq(files_here(), 0);
    ck_assert(output_open(&output, "/dev/null"));
    fputs("new", output.stream);
    ck_assert(output_commit(&output));
    leave_folder();
}
END_TEST

/* Two that belong together. */
static void assert_both(const char *first, const char *second, bool good, size_t files)
{
    struct output outputs[2];

    enter_folder();
    put("file", "old");
    ck_assert(output_open(&outputs[0], first));
    ck_assert(output_open(&outputs[1], second));
    fputs("one", outputs[0].stream);
    fputs("two", outputs[1].stream);
    ck_assert_int_eq(output_commit_all(outputs, 2), good);
    assert_holds("file", good ? "one" : "old");
    if (files == 2)
        assert_holds("other", "two");
    ck_assert_uint_eq(files_here(), files);
    leave_folder();
}

/* Either both are put in their places or neither is, whichever it is that fails. */
START_TEST(test_both)
{
    assert_both("file", "other", true, 2);
    assert_both("file", "/dev/null", true, 1);
    assert_both("file", "/dev/full", false, 1);
    assert_both("/dev/full", "file", false, 1);
    assert_both("/dev/full", "/dev/full", false, 1);
}
END_TEST

START_TEST(test_refused)
{
    struct output output;
    char name[2 * OUTPUT_PATH_SIZE];

    enter_folder();
    ck_assert(!output_open(&output, "nowhere/file"));
    ck_assert(!output_open(&output, "."));
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    ck_assert(!output_open(&output, name));
    ck_assert_uint_eq(files_here(), 0);
    leave_folder();
}
END_TEST

START_TEST(test_standard_output)
{
    struct output output;

    ck_assert(output_open(&output, NULL));
    ck_assert_ptr_eq(output.stream, stdout);
    ck_assert(output_commit(&output));
    ck_assert(output_open(&output, "-"));
    ck_assert_ptr_eq(output.stream, stdout);
    output_discard(&output);
    ck_assert_int_ge(fcntl(STDOUT_FILENO, F_GETFD), 0);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_new_file,  test_replaces, test_discard, test_link,
        test_full_disk, test_both,     test_refused, test_standard_output,
    };

    return TEST_MAIN("output", tests);
}
