// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * fields: see fields.h.
 */
#include "config.h"

#include "monitor/fields.h"

const char *fields_text(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text != NULL ? text : "";
}

int64_t fields_integer(const json_t *object, const char *key)
{
    json_int_t value = json_integer_value(json_object_get(object, key));

    if (value > FIELDS_INTEGER_MAX)
        return FIELDS_INTEGER_MAX;
    return value < -FIELDS_INTEGER_MAX ? -FIELDS_INTEGER_MAX : (int64_t)value;
}

bool fields_true(const json_t *object, const char *key)
{
    return json_is_true(json_object_get(object, key));
}

bool fields_number(double *out, const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);

    *out = json_number_value(value);
    return json_is_number(value);
}

bool fields_set(json_t *object, const char *key, json_t *value)
{
    return json_object_set_new(object, key, value) == 0;
}

json_t *fields_complete(json_t *object, bool good)
{
    if (good)
        return object;
    json_decref(object);
    return NULL;
}
