// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * secretfile: see secretfile.h. stdio is not used: its buffers would keep a copy.
 */
#include "config.h"

#include "monitor/secretfile.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/** Rights that nobody but the owner may have. */
#define RIGHTS_OF_OTHERS (S_IRWXG | S_IRWXO)

static bool say(char message[SECRETFILE_MESSAGE_SIZE], const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static bool say(char message[SECRETFILE_MESSAGE_SIZE], const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(message, SECRETFILE_MESSAGE_SIZE, format, arguments);
    va_end(arguments);
    return false;
}

/* The file as it was opened, so that nobody can put another in its place in between. */
static bool may_be_used(int fd, char message[SECRETFILE_MESSAGE_SIZE], const char *path)
{
    struct stat info;

    if (fstat(fd, &info) != 0)
        return say(message, "cannot read %s: %s", path, strerror(errno));
    if (!S_ISREG(info.st_mode))
        return say(message, "%s is not a regular file", path);
    if (info.st_uid != geteuid() && info.st_uid != 0 && geteuid() != 0)
        return say(message, "%s belongs to another user, who can read and change it: make it yours",
                   path);
    if ((info.st_mode & RIGHTS_OF_OTHERS) != 0)
        return say(message,
                   "%s is a secret that others can reach (mode %04o): give 'chmod 600 %s', and if "
                   "somebody may have read it, make a new one",
                   path, (unsigned)(info.st_mode & 07777), path);
    return true;
}

/* All of it, and one byte more to see that there is none. */
static bool read_all(struct secretfile *out, int fd, char message[SECRETFILE_MESSAGE_SIZE],
                     const char *path)
{
    char beyond = 0;
    ssize_t got = 1;

    while (got > 0 && out->len < sizeof out->text) {
        do
            got = read(fd, out->text + out->len, sizeof out->text - out->len);
        while (got < 0 && errno == EINTR);
        if (got > 0)
            out->len += (size_t)got;
    }
    if (got > 0) {
        do
            got = read(fd, &beyond, 1);
        while (got < 0 && errno == EINTR);
        sodium_memzero(&beyond, sizeof beyond);
        if (got > 0)
            return say(message, "%s is too long: there is something else in it", path);
    }
    return got == 0 || say(message, "cannot read %s: %s", path, strerror(errno));
}

enum secretfile_status secretfile_read(struct secretfile *out,
                                       char message[SECRETFILE_MESSAGE_SIZE], const char *path)
{
    /* O_NONBLOCK: a FIFO is refused, not waited for. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    bool good = false;

    secretfile_wipe(out);
    if (fd < 0) {
        int why = errno;

        say(message, "cannot read %s: %s", path, strerror(why));
        return why == ENOENT ? SECRETFILE_MISSING : SECRETFILE_REFUSED;
    }
    good = may_be_used(fd, message, path) && read_all(out, fd, message, path);
    close(fd);
    if (!good)
        secretfile_wipe(out);
    return good ? SECRETFILE_OK : SECRETFILE_REFUSED;
}

void secretfile_wipe(struct secretfile *file)
{
    sodium_memzero(file, sizeof *file);
}

bool secretfile_webhook(struct webhook_secrets *out, char message[SECRETFILE_MESSAGE_SIZE],
                        const char *path)
{
    struct secretfile file;
    size_t line = 0;
    enum webhook_verdict verdict = WEBHOOK_GOOD;

    webhook_secrets_wipe(out);
    if (secretfile_read(&file, message, path) != SECRETFILE_OK)
        return false;
    verdict = webhook_secrets_parse(out, &line, file.text, file.len);
    secretfile_wipe(&file);
    if (verdict == WEBHOOK_GOOD)
        return true;
    if (line > 0)
        return say(message, "%s:%zu: %s", path, line, webhook_verdict_text(verdict));
    return say(message, "%s: %s", path, webhook_verdict_text(verdict));
}
