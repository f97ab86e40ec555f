// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * output: see output.h.
 */
#include "config.h"

#include "monitor/output.h"

#include "monitor/command.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/** Buffer of a stream that is written in large pieces. */
#define BUFFER_SIZE ((size_t)1 << 18)

static bool open_straight(struct output *output, const char *path)
{
    output->stream = fopen(path, "w");
    if (output->stream == NULL)
        command_error("cannot write %s: %s", path, strerror(errno));
    return output->stream != NULL;
}

/* A symbolic link stays; what it points to is replaced. */
static bool find_place(struct output *output, const char *path, bool exists)
{
    char *real = exists ? realpath(path, NULL) : NULL;
    const char *place = real != NULL ? real : path;
    int len = snprintf(output->path, sizeof output->path, "%s", place);

    free(real);
    if (len > 0 && (size_t)len < sizeof output->path)
        len = snprintf(output->partial, sizeof output->partial, "%s.partial-%ld", output->path,
                       (long)getpid());
    if (len <= 0 || (size_t)len >= sizeof output->partial) {
        command_error("the name of the output is too long: %.40s...", path);
        return false;
    }
    return true;
}

/*
 * A file without a name, which is gone with the process however that ends; a name is given to it by
 * commit. Where the file system or a missing /proc does not allow it, a named one. Returns a
 * descriptor or -1 with errno.
 */
static int open_partial(struct output *output)
{
    char folder[OUTPUT_PATH_SIZE];
    char *slash = NULL;
    int fd = -1;

    memcpy(folder, output->path, sizeof folder);
    slash = strrchr(folder, '/');
    if (slash != NULL)
        slash[slash == folder ? 1 : 0] = '\0';
    if (access("/proc/self/fd", X_OK) == 0)
        fd = open(slash != NULL ? folder : ".", O_RDWR | O_TMPFILE | O_CLOEXEC, 0666);
    output->unnamed = fd >= 0;
    if (fd < 0)
        fd = open(output->partial, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    return fd;
}

bool output_open(struct output *output, const char *path)
{
    struct stat info;
    bool exists = false;
    int fd = -1;

    *output = (struct output){0};
    if (path == NULL || strcmp(path, "-") == 0) {
        output->stream = stdout;
        return true;
    }
    exists = stat(path, &info) == 0;
    if (exists && !S_ISREG(info.st_mode))
        return open_straight(output, path);
    if (!find_place(output, path, exists))
        return false;
    fd = open_partial(output);
    output->stream = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (output->stream == NULL) {
        command_error("cannot write %s: %s", path, strerror(errno));
        if (fd >= 0)
            close(fd);
        if (fd >= 0 && !output->unnamed)
            unlink(output->partial);
        return false;
    }
    setvbuf(output->stream, NULL, _IOFBF, BUFFER_SIZE);
    return true;
}

/* link() does not replace, and rename() needs a name: so first the one, then the other. */
static bool give_name(const struct output *output)
{
    char self[64];

    if (!output->unnamed)
        return true;
    snprintf(self, sizeof self, "/proc/self/fd/%d", fileno(output->stream));
    (void)unlink(output->partial); /* of a process with our number that was killed just here */
    return linkat(AT_FDCWD, self, AT_FDCWD, output->partial, AT_SYMLINK_FOLLOW) == 0;
}

/* The name is on disk once its directory is. A file system that cannot sync a directory is no
 * reason to fail. */
static void sync_directory(char *path)
{
    char *slash = strrchr(path, '/');
    int fd = -1;

    if (slash != NULL)
        slash[slash == path ? 1 : 0] = '\0';
    fd = open(slash != NULL ? path : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return;
    (void)fsync(fd);
    close(fd);
}

/* A reader that has seen enough (hashtide ... | head) is no error worth a line. Always false. */
static bool stdout_failed(int why)
{
    if (why != EPIPE)
        command_error("standard output: %s", strerror(why));
    clearerr(stdout); /* it has been said */
    return false;
}

/* Always false. */
static bool commit_failed(const struct output *output, int why)
{
    bool place = output->path[0] != '\0';

    if (output->stream == stdout)
        return stdout_failed(why);
    command_error("cannot write %s: %s", place ? output->path : "the output", strerror(why));
    if (place)
        unlink(output->partial);
    return false;
}

/* Writes out what is left, makes it durable, gives it its partial name, and closes. False after
 * command_error(), with nothing left behind. */
static bool complete(struct output *output)
{
    bool place = output->path[0] != '\0';
    bool good = !ferror(output->stream) && fflush(output->stream) == 0;
    int why = 0;

    if (output->stream == stdout)
        return good || commit_failed(output, errno);
    good = good && (!place || (fsync(fileno(output->stream)) == 0 && give_name(output)));
    why = errno;
    if (fclose(output->stream) != 0 && good) {
        good = false;
        why = errno;
    }
    return good || commit_failed(output, why);
}

/* False after command_error(). */
static bool put_in_place(struct output *output)
{
    if (output->path[0] == '\0')
        return true;
    if (rename(output->partial, output->path) != 0)
        return commit_failed(output, errno);
    sync_directory(output->path);
    return true;
}

bool output_commit_all(struct output *outputs, size_t count)
{
    size_t completed = 0;
    bool good = true;

    while (completed < count && complete(&outputs[completed]))
        completed++;
    good = completed == count;
    for (size_t i = 0; i < count; i++) {
        if (good)
            good = put_in_place(&outputs[i]);
        else if (i < completed && outputs[i].path[0] != '\0')
            unlink(outputs[i].partial);
        else if (i > completed)
            output_discard(&outputs[i]);
    }
    return good;
}

bool output_commit(struct output *output)
{
    return output_commit_all(output, 1);
}

void output_discard(struct output *output)
{
    if (output->stream != stdout)
        fclose(output->stream);
    if (output->path[0] != '\0' && !output->unnamed)
        unlink(output->partial);
}
