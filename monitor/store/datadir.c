// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * datadir: directories and the lock. The lock is flock(2)'s: it belongs to the open file, so the
 * kernel lets go of it when the process dies, and a lock file that was left behind locks nothing.
 * The process id inside is for people.
 */
#include "config.h"

#include "monitor/store/datadir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* A process id, a newline and a NUL fit. */
#define PID_TEXT_SIZE 24

static bool say(char message[DATADIR_MESSAGE_SIZE], const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static bool say(char message[DATADIR_MESSAGE_SIZE], const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(message, DATADIR_MESSAGE_SIZE, format, arguments);
    va_end(arguments);
    return false;
}

static bool fits(int written)
{
    return written >= 0 && written < DATADIR_PATH_SIZE;
}

bool datadir_path(char out[DATADIR_PATH_SIZE], const char *root, const struct params *params)
{
    if (params->network == NETWORK_MAIN)
        return fits(snprintf(out, DATADIR_PATH_SIZE, "%s", root));
    return fits(snprintf(out, DATADIR_PATH_SIZE, "%s/%s", root, params->name));
}

bool datadir_file(char out[DATADIR_PATH_SIZE], const char *root, const struct params *params,
                  const char *name)
{
    if (params->network == NETWORK_MAIN)
        return fits(snprintf(out, DATADIR_PATH_SIZE, "%s/%s", root, name));
    return fits(snprintf(out, DATADIR_PATH_SIZE, "%s/%s/%s", root, params->name, name));
}

static bool make_directory(char message[DATADIR_MESSAGE_SIZE], const char *path)
{
    struct stat status;

    if (mkdir(path, 0700) == 0)
        return true;
    if (errno != EEXIST)
        return say(message, "cannot make the data directory %s: %s", path, strerror(errno));
    if (stat(path, &status) != 0)
        return say(message, "cannot use the data directory %s: %s", path, strerror(errno));
    if (!S_ISDIR(status.st_mode))
        return say(message, "cannot use the data directory %s: it is a file", path);
    return true;
}

bool datadir_create(char message[DATADIR_MESSAGE_SIZE], const char *root,
                    const struct params *params)
{
    char path[DATADIR_PATH_SIZE];
    struct stat status;

    if (!datadir_path(path, root, params))
        return say(message, "the data directory's name is too long: %s", root);
    if (stat(path, &status) == 0 && S_ISDIR(status.st_mode))
        return true; /* so that nothing above it needs to be ours */
    for (char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        bool made;

        *slash = '\0';
        made = make_directory(message, path);
        *slash = '/';
        if (!made)
            return false;
    }
    return make_directory(message, path);
}

/* Says who has the lock, if the file tells. */
static void say_locked(char message[DATADIR_MESSAGE_SIZE], const char *path, int fd)
{
    char text[PID_TEXT_SIZE] = "";
    ssize_t got = pread(fd, text, sizeof(text) - 1, 0);
    long pid = got > 0 ? strtol(text, NULL, 10) : 0;
    int folder = (int)(strrchr(path, '/') - path);

    if (pid > 0)
        say(message, "another hashtide (process %ld) uses %.*s: stop it first", pid, folder, path);
    else
        say(message, "another hashtide uses %.*s: stop it first", folder, path);
}

int datadir_lock(char message[DATADIR_MESSAGE_SIZE], const char *root, const struct params *params)
{
    char path[DATADIR_PATH_SIZE];
    char text[PID_TEXT_SIZE];
    int len;
    int fd;

    if (!datadir_file(path, root, params, DATADIR_LOCK)) {
        say(message, "the data directory's name is too long: %s", root);
        return -1;
    }
    fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) {
        say(message, "cannot open %s: %s", path, strerror(errno));
        return -1;
    }
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        if (errno == EWOULDBLOCK)
            say_locked(message, path, fd);
        else
            say(message, "cannot lock %s: %s", path, strerror(errno));
        close(fd);
        return -1;
    }
    /* The lock holds without the text; a full disk must not keep anybody from looking after it. */
    len = snprintf(text, sizeof(text), "%ld\n", (long)getpid());
    if (ftruncate(fd, 0) == 0 && pwrite(fd, text, (size_t)len, 0) != len)
        (void)!ftruncate(fd, 0);
    return fd;
}

void datadir_unlock(int fd)
{
    if (fd < 0)
        return;
    (void)!ftruncate(fd, 0);
    close(fd);
}
