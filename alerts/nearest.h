// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * nearest: which word was probably meant by a mistyped one.
 */
#ifndef HASHTIDE_ALERTS_NEAREST_H
#define HASHTIDE_ALERTS_NEAREST_H

#include <stddef.h>

/**
 * The word with the fewest changed, missing, added or swapped letters, if they are few enough to be
 * a slip of the fingers. NULL if none is near. count words; a NULL among them is passed over.
 */
const char *nearest_word(const char *given, const char *const *words, size_t count);

#endif
