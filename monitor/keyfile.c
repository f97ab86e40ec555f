// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * keyfile: see keyfile.h.
 *
 * A new key is written and made durable under another name. link(2) gives it its own, which fails
 * where there is a file of that name, or rename(2), which replaces it, once the old one has got a
 * second name by link(2). So at every moment there is a whole key under the name, or none; and none
 * is ever lost. A process that is killed may leave the other name, which the next one takes away.
 */
#include "config.h"

#include "monitor/keyfile.h"

#include "monitor/net/entropy.h"
#include "monitor/secretfile.h"
#include "monitor/store/datadir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define FIRST_LINE "hashtide signing key 1\n"
/** Between the name of a key and the process that makes it. */
#define FRESH ".new-"
/** What a process left that is gone is removed when it is older: making a key takes far less. */
#define LEFTOVER_S 60
#define PUBLIC "public "
#define SECRET "secret "
#define DIGITS 64
/** Names tried for the old key before giving up. */
#define NAMES_MAX 100

_Static_assert(KEYFILE_TEXT_SIZE == sizeof FIRST_LINE PUBLIC SECRET + 2 * (DIGITS + 1),
               "a key file's length");

static bool say(char message[KEYFILE_MESSAGE_SIZE], const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static bool say(char message[KEYFILE_MESSAGE_SIZE], const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(message, KEYFILE_MESSAGE_SIZE, format, arguments);
    va_end(arguments);
    return false;
}

/* ---- Text --------------------------------------------------------------- */

/* Takes word off the text. */
static bool take(const char **text, const char *word)
{
    size_t len = strlen(word);

    if (memcmp(*text, word, len) != 0)
        return false;
    *text += len;
    return true;
}

bool keyfile_parse(struct signer **out, const char *text, size_t len,
                   const uint8_t seed[SIGN_SEED_SIZE])
{
    uint8_t secret[SIGN_SECRET_SIZE] = {0};
    struct sign_key key;
    bool good = false;

    *out = NULL;
    if (len != KEYFILE_TEXT_SIZE - 1)
        return false;
    good = take(&text, FIRST_LINE PUBLIC) && sign_key_parse(&key, text, DIGITS) == SIGN_GOOD;
    text += DIGITS;
    good = good && take(&text, "\n" SECRET) &&
           hex_parse(secret, sizeof secret, text, DIGITS) == HEX_GOOD && text[DIGITS] == '\n' &&
           signer_new(out, secret, seed) == SIGN_GOOD && sign_key_equal(signer_key(*out), &key);
    sodium_memzero(secret, sizeof secret);
    if (!good) {
        signer_free(*out);
        *out = NULL;
    }
    return good;
}

static void format(char out[KEYFILE_TEXT_SIZE], const struct sign_key *key,
                   const uint8_t secret[SIGN_SECRET_SIZE])
{
    char *at = out;

    memcpy(at, FIRST_LINE PUBLIC, sizeof FIRST_LINE PUBLIC - 1);
    at += sizeof FIRST_LINE PUBLIC - 1;
    sign_key_format(at, key);
    at += DIGITS;
    memcpy(at, "\n" SECRET, sizeof "\n" SECRET - 1);
    at += sizeof "\n" SECRET - 1;
    hex_format(at, secret, SIGN_SECRET_SIZE);
    memcpy(at + DIGITS, "\n", 2);
}

/* ---- Reading ------------------------------------------------------------ */

enum keyfile_status keyfile_load(struct signer **out, char message[KEYFILE_MESSAGE_SIZE],
                                 const char *path)
{
    struct secretfile file;
    uint8_t seed[SIGN_SEED_SIZE];
    bool good = false;

    *out = NULL;
    switch (secretfile_read(&file, message, path)) {
    case SECRETFILE_MISSING:
        say(message, "there is no %s: 'hashtide keygen' makes one", path);
        return KEYFILE_MISSING;
    case SECRETFILE_REFUSED:
        return KEYFILE_REFUSED;
    case SECRETFILE_OK:
        break;
    }
    entropy_fill(seed, sizeof seed);
    good = keyfile_parse(out, file.text, file.len, seed);
    sodium_memzero(seed, sizeof seed);
    secretfile_wipe(&file);
    if (!good)
        say(message,
            "%s is damaged or is no signing key: put a copy of it back, or make a new one by "
            "'hashtide keygen --force'",
            path);
    return good ? KEYFILE_OK : KEYFILE_REFUSED;
}

enum keyfile_status keyfile_load_own(struct signer **out, char message[KEYFILE_MESSAGE_SIZE],
                                     const struct settings *settings)
{
    char path[DATADIR_PATH_SIZE];

    if (datadir_file(path, settings->datadir, settings->params, DATADIR_KEY))
        return keyfile_load(out, message, path);
    *out = NULL;
    say(message, "the data directory's name is too long: %s", settings->datadir);
    return KEYFILE_REFUSED;
}

/* ---- Making ------------------------------------------------------------- */

/* A secret that is a key. */
static bool draw(struct sign_key *key, uint8_t secret[SIGN_SECRET_SIZE])
{
    uint8_t seed[SIGN_SEED_SIZE];
    struct signer *signer = NULL;
    enum sign_verdict verdict = SIGN_SECRET_RANGE;

    entropy_fill(seed, sizeof seed);
    while (verdict == SIGN_SECRET_RANGE) {
        entropy_fill(secret, SIGN_SECRET_SIZE);
        verdict = signer_new(&signer, secret, seed);
    }
    if (verdict == SIGN_GOOD)
        *key = *signer_key(signer);
    signer_free(signer);
    sodium_memzero(seed, sizeof seed);
    return verdict == SIGN_GOOD;
}

static bool write_all(int fd, const char *text, size_t len)
{
    while (len > 0) {
        ssize_t put = write(fd, text, len);

        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return false;
        text += put;
        len -= (size_t)put;
    }
    return true;
}

static void folder_of(char out[KEYFILE_PATH_SIZE], const char *path)
{
    char *slash = NULL;

    snprintf(out, KEYFILE_PATH_SIZE, "%s", path);
    slash = strrchr(out, '/');
    if (slash == NULL)
        snprintf(out, KEYFILE_PATH_SIZE, ".");
    else
        slash[slash == out ? 1 : 0] = '\0';
}

/* What root makes is for the monitor, which has the directory. False with errno. */
static bool give_to_owner(int fd, const char *path)
{
    char folder[KEYFILE_PATH_SIZE];
    struct stat info;

    if (geteuid() != 0)
        return true;
    folder_of(folder, path);
    return stat(folder, &info) == 0 && fchown(fd, info.st_uid, info.st_gid) == 0;
}

/* A durable file that only its owner can read. False with errno; nothing is left then. */
static bool write_file(const char *path, const char *text, size_t len)
{
    int fd = -1;
    int why = 0;

    (void)unlink(path); /* of a process with our number that was killed just here */
    fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR);
    if (fd < 0)
        return false;
    if (!give_to_owner(fd, path) || fchmod(fd, S_IRUSR | S_IWUSR) != 0 ||
        !write_all(fd, text, len) || fsync(fd) != 0)
        why = errno;
    if (close(fd) != 0 && why == 0)
        why = errno;
    if (why != 0)
        unlink(path);
    errno = why;
    return why == 0;
}

/* The names are on disk once their directory is. A file system that cannot sync one is no reason to
 * fail. */
static void sync_directory(const char *path)
{
    char folder[KEYFILE_PATH_SIZE];
    int fd = -1;

    folder_of(folder, path);
    fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return;
    (void)fsync(fd);
    close(fd);
}

/* Gives the old key, if there is one, a second name that was not taken: signing.key.old-TIME,
 * signing.key.old-TIME-2, ... False with errno. */
static bool keep_old(char aside[KEYFILE_PATH_SIZE], const char *path)
{
    time_t now = time(NULL);
    struct tm utc;
    char stamp[32] = "0";
    char number[16] = "";

    if (gmtime_r(&now, &utc) != NULL)
        strftime(stamp, sizeof stamp, "%Y%m%dT%H%M%SZ", &utc);
    for (int i = 1; i <= NAMES_MAX; i++) {
        int len = snprintf(aside, KEYFILE_PATH_SIZE, "%s.old-%s%s", path, stamp, number);

        if (len < 0 || len >= KEYFILE_PATH_SIZE) {
            errno = ENAMETOOLONG;
            return false;
        }
        if (link(path, aside) == 0)
            return true;
        if (errno == ENOENT) {
            aside[0] = '\0';
            return true;
        }
        if (errno != EEXIST)
            return false;
        snprintf(number, sizeof number, "-%d", i + 1);
    }
    return false;
}

/* The process of a name NAME.new-PID; 0 if it is none of ours. */
static pid_t maker_of(const char *entry, const char *name)
{
    const size_t len = strlen(name);
    char *end = NULL;
    long pid = 0;

    if (strncmp(entry, name, len) != 0 || strncmp(entry + len, FRESH, strlen(FRESH)) != 0)
        return 0;
    entry += len + strlen(FRESH);
    pid = entry[0] >= '1' && entry[0] <= '9' ? strtol(entry, &end, 10) : 0;
    return pid > 0 && pid <= INT_MAX && *end == '\0' ? (pid_t)pid : 0;
}

/* Removes what keygen left that was killed: secrets nobody knows of. What is young stays, for its
 * process may be one that we do not see (in another container); and if that is slow it loses a key
 * that was not in place yet, and says so. */
static void remove_leftovers(const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash != NULL ? slash + 1 : path;
    char folder[KEYFILE_PATH_SIZE];
    const struct dirent *entry = NULL;
    DIR *directory = NULL;

    folder_of(folder, path);
    directory = opendir(folder);
    if (directory == NULL)
        return;
    while ((entry = readdir(directory)) != NULL) {
        pid_t maker = maker_of(entry->d_name, name);
        struct stat info;

        if (maker > 0 && kill(maker, 0) != 0 && errno == ESRCH &&
            fstatat(dirfd(directory), entry->d_name, &info, AT_SYMLINK_NOFOLLOW) == 0 &&
            S_ISREG(info.st_mode) && time(NULL) - info.st_mtime > LEFTOVER_S)
            (void)unlinkat(dirfd(directory), entry->d_name, 0);
    }
    closedir(directory);
}

/* Lets the new file have the name. */
static bool put_in_place(struct keyfile_made *out, char message[KEYFILE_MESSAGE_SIZE],
                         const char *fresh, const char *path, bool replace)
{
    if (!replace && link(fresh, path) == 0) {
        (void)unlink(fresh);
        return true;
    }
    if (!replace && errno == EEXIST)
        return say(message,
                   "there is a key already, %s: 'hashtide keygen --show' prints its public key; "
                   "'--force' makes a new one and keeps the old one aside",
                   path);
    if (!replace)
        return say(message, "cannot make %s: %s", path, strerror(errno));
    if (!keep_old(out->aside, path))
        return say(message, "cannot keep the old key %s: %s", path, strerror(errno));
    if (rename(fresh, path) == 0)
        return true;
    say(message, "cannot make %s: %s", path, strerror(errno));
    if (out->aside[0] != '\0')
        (void)unlink(out->aside); /* the old key still has its first name */
    return false;
}

bool keyfile_create(struct keyfile_made *out, char message[KEYFILE_MESSAGE_SIZE], const char *path,
                    bool replace)
{
    char fresh[KEYFILE_PATH_SIZE];
    char text[KEYFILE_TEXT_SIZE];
    uint8_t secret[SIGN_SECRET_SIZE];
    int len = snprintf(fresh, sizeof fresh, "%s" FRESH "%ld", path, (long)getpid());
    bool good = false;

    *out = (struct keyfile_made){.aside = ""};
    if (len < 0 || len >= KEYFILE_PATH_SIZE)
        return say(message, "the name of the key file is too long: %s", path);
    if (!draw(&out->key, secret))
        return say(message, "out of memory");
    format(text, &out->key, secret);
    remove_leftovers(path);
    good = write_file(fresh, text, sizeof text - 1);
    if (!good)
        say(message, "cannot make %s: %s", path, strerror(errno));
    sodium_memzero(secret, sizeof secret);
    sodium_memzero(text, sizeof text);
    if (!good)
        return false;
    good = put_in_place(out, message, fresh, path, replace);
    if (good)
        sync_directory(path);
    else
        unlink(fresh);
    return good;
}
