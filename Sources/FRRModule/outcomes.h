// SPDX-License-Identifier: GPL-2.0-or-later
/// The outcomes of the last commits, so that a client whose reply was lost gets the same one when it asks again.
///
/// They are in memory only. After a restart of bgpd a repeated commit is executed anew, with the same result: edits say
/// what shall be, not what to add.

#ifndef CN_OUTCOMES_H
#define CN_OUTCOMES_H

#include "status.h"

struct cn_outcome {
    char client[CN_NAME_BYTES + 1];
    char request_id[CN_NAME_BYTES + 1];
    enum cn_code code;
    char text[CN_OUTCOME_TEXT_BYTES + 1];
    uint64_t generation;
};

/// Zeroed it is empty. When it is full the oldest outcome gives way.
struct cn_outcomes {
    /// Of the client's name and the request id, beside one another since every commit looks through them.
    uint64_t hashes[CN_OUTCOMES];
    struct cn_outcome list[CN_OUTCOMES];
    size_t next;
};

/// The outcome of a request; NULL for a new one.
const struct cn_outcome *cn_outcomes_find(
    const struct cn_outcomes *outcomes, const char *client, const char *request_id);

/// Remembers an outcome. Names longer than `CN_NAME_BYTES` are the caller's mistake.
void cn_outcomes_add(
    struct cn_outcomes *outcomes, const char *client, const char *request_id, const struct cn_status *status,
    uint64_t generation);

#endif
