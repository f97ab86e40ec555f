// SPDX-License-Identifier: GPL-3.0-or-later
//
// The entry point of hashtide.

#include "config.h"

#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--version") == 0) {
        printf("hashtide %s\n", PACKAGE_VERSION);
        return 0;
    }
    fprintf(stderr, "hashtide: usage: hashtide --version\n");
    return 2;
}
