// SPDX-License-Identifier: GPL-2.0-or-later
#include "attributes.h"

#include <string.h>

#include "text.h"

#define BGP "frr-bgp-route-map:"

const struct cn_attribute_names cn_attribute_names[CN_ATTRIBUTES] = {
    [CN_COMMUNITY] = {BGP "set-community", BGP "community-string"},
    [CN_LARGE_COMMUNITY] = {BGP "set-large-community", BGP "large-community-string"},
    [CN_LOCAL_PREFERENCE] = {BGP "set-local-preference", BGP "local-pref"},
    [CN_MED] = {"frr-route-map:set-metric", "value"},
    [CN_PREPEND] = {BGP "as-path-prepend", BGP "prepend-as-path"},
    [CN_ORIGIN] = {BGP "set-origin", BGP "origin"},
};

/// Well-known communities by the names that every FRR from 10.0 on knows.
static const char *const known_communities[] = {
    "graceful-shutdown", "accept-own", "blackhole", "no-export", "no-advertise", "local-AS", "no-peer",
};

int cn_attribute_of(const char *action, size_t length)
{
    for (int attribute = 0; attribute < CN_ATTRIBUTES; attribute++) {
        const char *name = cn_attribute_names[attribute].action;
        if (strlen(name) == length && memcmp(name, action, length) == 0)
            return attribute;
    }
    return -1;
}

/// `A:B:C` with as many parts, each at most `maximum`.
static bool is_tuple(const char *text, size_t length, unsigned parts, uint64_t maximum)
{
    uint64_t number;
    for (unsigned part = 0; part < parts; part++) {
        const char *colon = part + 1 < parts ? memchr(text, ':', length) : text + length;
        if (colon == NULL || !cn_text_number(text, (size_t)(colon - text), maximum, &number))
            return false;
        size_t taken = (size_t)(colon - text) + (part + 1 < parts ? 1 : 0);
        text += taken;
        length -= taken;
    }
    return length == 0;
}

static bool is_community(const char *word, size_t length)
{
    for (size_t index = 0; index < sizeof(known_communities) / sizeof(known_communities[0]); index++) {
        if (strlen(known_communities[index]) == length && memcmp(known_communities[index], word, length) == 0)
            return true;
    }
    return is_tuple(word, length, 2, UINT16_MAX);
}

static bool is_large_community(const char *word, size_t length)
{
    return is_tuple(word, length, 3, UINT32_MAX);
}

static bool is_as_number(const char *word, size_t length)
{
    uint64_t number;
    return cn_text_number(word, length, UINT32_MAX, &number) && number > 0;
}

/// Words with one space between them.
static const char *list_problem(
    const char *value, unsigned maximum, bool (*check)(const char *, size_t), const char *problem)
{
    unsigned count = 0;
    while (true) {
        size_t length = strcspn(value, " ");
        if (!check(value, length))
            return problem;
        if (++count > maximum)
            return "has too many elements";
        if (value[length] == '\0')
            return NULL;
        value += length + 1;
    }
}

const char *cn_attribute_problem(enum cn_attribute attribute, const char *value)
{
    uint64_t number;
    size_t length = strlen(value);
    if (length == 0)
        return "is empty";
    if (length > CN_VALUE_BYTES)
        return "is too long";
    switch (attribute) {
    case CN_COMMUNITY:
        return list_problem(value, CN_COMMUNITIES, is_community, "is no list of communities");
    case CN_LARGE_COMMUNITY:
        return list_problem(value, CN_COMMUNITIES, is_large_community, "is no list of large communities");
    case CN_PREPEND:
        return list_problem(value, CN_PREPENDS, is_as_number, "is no list of AS numbers");
    case CN_LOCAL_PREFERENCE:
    case CN_MED:
        return cn_text_number(value, length, UINT32_MAX, &number) ? NULL : "is no number of 32 bits";
    case CN_ORIGIN:
        if (strcmp(value, "igp") == 0 || strcmp(value, "egp") == 0 || strcmp(value, "incomplete") == 0)
            return NULL;
        return "is none of igp, egp, incomplete";
    }
    return "is unknown";
}

bool cn_class_equal(const struct cn_class *a, const struct cn_class *b)
{
    if (a->exists != b->exists)
        return false;
    for (int attribute = 0; a->exists && attribute < CN_ATTRIBUTES; attribute++) {
        if (strcmp(a->values[attribute], b->values[attribute]) != 0)
            return false;
    }
    return true;
}
