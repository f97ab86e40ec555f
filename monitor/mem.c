// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * mem: see mem.h. The message is written without stdio, which may want memory itself.
 */
#include "config.h"

#include "monitor/mem.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void *or_abort(void *block)
{
    static const char MESSAGE[] = "hashtide: out of memory\n";

    if (block != NULL)
        return block;
    if (write(STDERR_FILENO, MESSAGE, sizeof MESSAGE - 1) < 0) {
        /* There is nobody left to tell. */
    }
    abort();
}

void *mem_zeroed(size_t count, size_t size)
{
    return or_abort(calloc(count > 0 ? count : 1, size > 0 ? size : 1));
}

void *mem_resize(void *block, size_t count, size_t size)
{
    if (size != 0 && count > SIZE_MAX / size)
        return or_abort(NULL);
    return or_abort(realloc(block, count * size > 0 ? count * size : 1));
}

char *mem_text_of(const char *text, size_t len)
{
    char *copy = mem_zeroed(len + 1, 1);

    memcpy(copy, text, len);
    return copy;
}

char *mem_text(const char *text)
{
    return mem_text_of(text, strlen(text));
}
