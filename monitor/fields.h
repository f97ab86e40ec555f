// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * fields: the members of JSON objects: read from objects that may be of any shape, and set in such
 * as are made here.
 */
#ifndef HASHTIDE_MONITOR_FIELDS_H
#define HASHTIDE_MONITOR_FIELDS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/** A member's text, which is the object's; "" where it is missing, or no text. */
const char *fields_text(const json_t *object, const char *key);
/** No integer of ours is larger: the largest below which a double holds each. Differences of two
 *  cannot overflow. */
#define FIELDS_INTEGER_MAX ((int64_t)1 << 53)
/** A member that is an integer, held within FIELDS_INTEGER_MAX on both sides; 0 where it is not. */
int64_t fields_integer(const json_t *object, const char *key);
/** Whether a member is true. */
bool fields_true(const json_t *object, const char *key);
/** A member that is a number; false, and *out is 0, where it is not. */
bool fields_number(double *out, const json_t *object, const char *key);

/** Sets a member, and takes over the reference to value. False where value is NULL, as jansson has
 *  it when memory is short, or memory is short now. */
bool fields_set(json_t *object, const char *key, json_t *value);
/** The object if good, else NULL: then the object is given up. */
json_t *fields_complete(json_t *object, bool good);

#endif
