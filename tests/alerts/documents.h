// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * documents: one document of each kind there is, for the tests of the documents' form.
 */
#ifndef HASHTIDE_TESTS_ALERTS_DOCUMENTS_H
#define HASHTIDE_TESTS_ALERTS_DOCUMENTS_H

#include "alerts/document.h"

#include <stddef.h>

typedef void (*documents_fn)(void *context, const struct document *document);

/** Calls each() with messages of every built-in rule in every state and for every reason, with
 *  values known and unknown, with and without key, tip and pages; and with heartbeats and tests.
 *  Returns how many there were, 0 when memory is short. */
size_t documents_each(documents_fn each, void *context);

#endif
