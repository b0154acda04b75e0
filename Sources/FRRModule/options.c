// SPDX-License-Identifier: GPL-2.0-or-later
#include "options.h"

#include <stdio.h>
#include <string.h>

#include "cn_limits.h"
#include "text.h"

static const char *take_path(const char *value, char *target, size_t size)
{
    if (value[0] != '/')
        return "a path has to begin with /";
    return snprintf(target, size, "%s", value) < (int)size ? NULL : "a path is too long";
}

static const char *take_option(const char *key, const char *value, struct cn_options *options)
{
    uint64_t number;
    if (strcmp(key, "socket") == 0)
        return take_path(value, options->socket, sizeof(options->socket));
    if (strcmp(key, "group") == 0) {
        bool fits = snprintf(options->group, sizeof(options->group), "%s", value) < (int)sizeof(options->group);
        return fits && value[0] != '\0' ? NULL : "group: no name of a group";
    }
    if (strcmp(key, "state") == 0) {
        if (strcmp(value, "off") != 0)
            return take_path(value, options->state, sizeof(options->state));
        options->state[0] = '\0';
        return NULL;
    }
    if (strcmp(key, "state-age") == 0) {
        if (!cn_text_number(value, strlen(value), CN_STATE_AGE, &number) || number == 0)
            return "state-age: not within 1 and 604800 seconds";
        options->state_age_s = (uint32_t)number;
        return NULL;
    }
    if (strcmp(key, "maximum") == 0) {
        if (!cn_text_number(value, strlen(value), CN_NETWORKS, &number) || number == 0)
            return "maximum: not within 1 and 65536";
        options->maximum = (uint32_t)number;
        return NULL;
    }
    if (strcmp(key, "builds") == 0) {
        options->any_build = strcmp(value, "any") == 0;
        return options->any_build || strcmp(value, "same") == 0 ? NULL : "builds: neither same nor any";
    }
    return "there is an option other than socket, group, state, state-age, maximum, builds";
}

const char *cn_options_read(const char *text, const char *run_folder, struct cn_options *options)
{
    char copy[1024];
    *options = (struct cn_options){.maximum = CN_NETWORKS_DEFAULT, .state_age_s = CN_STATE_AGE_DEFAULT};
    if (snprintf(options->socket, sizeof(options->socket), "%s/cosmolet.sock", run_folder)
            >= (int)sizeof(options->socket)
        || snprintf(options->state, sizeof(options->state), "%s/cosmolet.state", run_folder)
               >= (int)sizeof(options->state))
        return "FRR's folder for sockets has too long a path";
    if (snprintf(copy, sizeof(copy), "%s", text != NULL ? text : "") >= (int)sizeof(copy))
        return "the argument is too long";
    char *rest = copy;
    char *word;
    while ((word = strsep(&rest, ",")) != NULL) {
        char *value = strchr(word, '=');
        if (*word == '\0')
            continue;
        if (value == NULL)
            return "an option has no value";
        *value++ = '\0';
        const char *problem = take_option(word, value, options);
        if (problem != NULL)
            return problem;
    }
    return NULL;
}
