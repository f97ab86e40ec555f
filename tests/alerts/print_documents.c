// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * print_documents: documents of every kind, one on each line, for the test that validates them.
 */
#include "config.h"

#include "tests/alerts/documents.h"

#include <stdio.h>
#include <stdlib.h>

static void print(void *context, const struct document *document)
{
    size_t len = 0;
    char *bytes = document_bytes(&len, document);

    (void)context;
    if (bytes == NULL)
        abort();
    fwrite(bytes, 1, len, stdout);
    putchar('\n');
    free(bytes);
}

int main(void)
{
    return documents_each(print, NULL) > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
