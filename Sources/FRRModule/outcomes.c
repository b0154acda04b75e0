// SPDX-License-Identifier: GPL-2.0-or-later
#include "outcomes.h"

#include <stdio.h>
#include <string.h>

#include "cn_hash.h"
#include "text.h"

static uint64_t hash_of(const char *client, const char *request_id)
{
    uint64_t hash = cn_hash(CN_HASH_START, client, strlen(client) + 1);
    return cn_hash(hash, request_id, strlen(request_id));
}

const struct cn_outcome *cn_outcomes_find(
    const struct cn_outcomes *outcomes, const char *client, const char *request_id)
{
    uint64_t hash = hash_of(client, request_id);
    for (size_t index = 0; index < CN_OUTCOMES; index++) {
        const struct cn_outcome *outcome = &outcomes->list[index];
        if (outcomes->hashes[index] == hash && outcome->request_id[0] != '\0' && strcmp(outcome->client, client) == 0
            && strcmp(outcome->request_id, request_id) == 0)
            return outcome;
    }
    return NULL;
}

void cn_outcomes_add(
    struct cn_outcomes *outcomes, const char *client, const char *request_id, const struct cn_status *status,
    uint64_t generation)
{
    struct cn_outcome *outcome = &outcomes->list[outcomes->next];
    outcomes->hashes[outcomes->next] = hash_of(client, request_id);
    outcomes->next = (outcomes->next + 1) % CN_OUTCOMES;
    snprintf(outcome->client, sizeof(outcome->client), "%s", client);
    snprintf(outcome->request_id, sizeof(outcome->request_id), "%s", request_id);
    outcome->code = status->code;
    if (snprintf(outcome->text, sizeof(outcome->text), "%s", status->text) >= (int)sizeof(outcome->text))
        cn_text_trim(outcome->text);
    outcome->generation = generation;
}
