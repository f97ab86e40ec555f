// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "monitor/net/textfile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool textfile_read(const char *path, bool (*each)(void *context, const char *line), void *context)
{
    FILE *in = fopen(path, "re");
    if (in == NULL) {
        return errno == ENOENT;
    }
    char line[TEXTFILE_LINE_MAX + 2];
    bool more = true;
    while (more && fgets(line, sizeof line, in) != NULL) {
        char *end = strchr(line, '\n');
        if (end == NULL) {
            break; /* too long, or the file was cut: what a whole line is not is not read */
        }
        *end = '\0';
        more = each(context, line);
    }
    bool read = ferror(in) == 0;
    int error = errno;
    fclose(in);
    errno = error;
    return read;
}

bool textfile_replace(const char *path, void (*write)(void *context, FILE *out), void *context)
{
    char fresh[PATH_MAX];
    int len = snprintf(fresh, sizeof fresh, "%s.new", path);
    if (len < 0 || (size_t)len >= sizeof fresh) {
        errno = ENAMETOOLONG;
        return false;
    }
    int fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    FILE *out = fd < 0 ? NULL : fdopen(fd, "w");
    if (out == NULL) {
        return false;
    }
    write(context, out);
    bool done = fflush(out) == 0 && ferror(out) == 0 && fsync(fd) == 0;
    int error = errno;
    if (fclose(out) != 0 && done) {
        done = false;
        error = errno;
    }
    if (done && rename(fresh, path) == 0) {
        return true;
    }
    error = done ? errno : error;
    unlink(fresh);
    errno = error;
    return false;
}
