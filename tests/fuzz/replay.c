// SPDX-License-Identifier: GPL-3.0-or-later
//
// Runs a fuzz target over its corpus without a fuzzer, so that every input that once mattered is an
// ordinary test. The program's name says which corpus: replay_wire reads $HASHTIDE_CORPUS/wire.
// Files and folders named on the command line are run instead.

#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { PATH_LENGTH_MAX = 4096 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool replay_file(const char *path, size_t size)
{
    // One byte more than needed, so that an empty input has an address too; the exact size would be
    // better for the address sanitizer, so the input is placed at the end of the block.
    uint8_t *block = malloc(size + 1);
    FILE *file = fopen(path, "rb");
    bool read = false;

    if (block != NULL && file != NULL) {
        read = fread(block + 1, 1, size, file) == size;
    }
    if (read) {
        (void)LLVMFuzzerTestOneInput(block + 1, size);
    } else {
        fprintf(stderr, "replay: %s: %s\n", path, strerror(errno));
    }
    if (file != NULL) {
        fclose(file);
    }
    free(block);
    return read;
}

// Returns how many inputs were run, or -1 if something could not be read.
static long replay_path(const char *path)
{
    struct stat info;
    if (stat(path, &info) != 0) {
        fprintf(stderr, "replay: %s: %s\n", path, strerror(errno));
        return -1;
    }
    if (!S_ISDIR(info.st_mode)) {
        return replay_file(path, (size_t)info.st_size) ? 1 : -1;
    }

    DIR *folder = opendir(path);
    if (folder == NULL) {
        fprintf(stderr, "replay: %s: %s\n", path, strerror(errno));
        return -1;
    }
    long total = 0;
    const struct dirent *entry;
    while (total >= 0 && (entry = readdir(folder)) != NULL) {
        char inner[PATH_LENGTH_MAX];
        if (entry->d_name[0] == '.') {
            continue;
        }
        int length = snprintf(inner, sizeof inner, "%s/%s", path, entry->d_name);
        long count = -1;
        if (length > 0 && (size_t)length < sizeof inner) {
            count = replay_path(inner);
        }
        total = count < 0 ? -1 : total + count;
    }
    closedir(folder);
    return total;
}

static long replay_own_corpus(const char *program)
{
    static const char PREFIX[] = "replay_";
    const char *root = getenv("HASHTIDE_CORPUS");
    const char *name = strrchr(program, '/');
    char path[PATH_LENGTH_MAX];

    name = name != NULL ? name + 1 : program;
    if (root == NULL || strncmp(name, PREFIX, strlen(PREFIX)) != 0) {
        fprintf(stderr, "replay: set HASHTIDE_CORPUS, or name the inputs\n");
        return -1;
    }
    int length = snprintf(path, sizeof path, "%s/%s", root, name + strlen(PREFIX));
    if (length < 0 || (size_t)length >= sizeof path) {
        return -1;
    }
    return replay_path(path);
}

int main(int argc, char **argv)
{
    long total = 0;

    if (argc < 2) {
        total = replay_own_corpus(argv[0]);
    }
    for (int i = 1; i < argc && total >= 0; i++) {
        long count = replay_path(argv[i]);
        total = count < 0 ? -1 : total + count;
    }
    if (total > 0) {
        printf("replayed %ld inputs\n", total);
    } else if (total == 0) {
        fprintf(stderr, "replay: no inputs there\n");
    }
    return total > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
