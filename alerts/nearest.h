// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * nearest: which word was probably meant by a mistyped one.
 */
#ifndef HASHTIDE_ALERTS_NEAREST_H
#define HASHTIDE_ALERTS_NEAREST_H

#include <stddef.h>

/**
 * The word with the fewest changed, missing, added or swapped letters, at most `most` of them and
 * less than half of the word. NULL if none is near. count words; a NULL among them is passed over,
 * and so are words of more than 40 letters.
 */
const char *nearest_word(const char *given, const char *const *words, size_t count, size_t most);

#endif
