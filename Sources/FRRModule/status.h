// SPDX-License-Identifier: GPL-2.0-or-later
/// How a call ended: a gRPC status code and words for people.

#ifndef CN_STATUS_H
#define CN_STATUS_H

#include <stdbool.h>

#include "cn_limits.h"

/// The status codes of gRPC that this service uses, with their numbers.
enum cn_code {
    CN_OK = 0,
    CN_UNKNOWN = 2,
    CN_INVALID_ARGUMENT = 3,
    CN_DEADLINE_EXCEEDED = 4,
    CN_RESOURCE_EXHAUSTED = 8,
    CN_FAILED_PRECONDITION = 9,
    CN_ABORTED = 10,
    CN_UNIMPLEMENTED = 12,
    CN_INTERNAL = 13,
    CN_UNAVAILABLE = 14,
};

/// Zeroed it is OK. The text is cut to fit, at a character's edge.
struct cn_status {
    enum cn_code code;
    char text[CN_STATUS_BYTES + 1];
};

/// Sets a status that is not OK. Returns false, so that a check can end with `return cn_fail(…)`.
bool cn_fail(struct cn_status *status, enum cn_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
