// SPDX-License-Identifier: GPL-2.0-or-later
/// Checks packed bytes against a generated descriptor, before protobuf-c allocates anything for them.
///
/// protobuf-c alone trusts too much: it keeps every unknown field (two bytes cost sixty of memory), merges a message
/// that is given twice, cuts text at a NUL and takes text that is not UTF-8. This walk refuses all of that, bounds
/// every count, and knows which field is wrong. It allocates nothing.

#ifndef CN_WIRE_SCAN_H
#define CN_WIRE_SCAN_H

#include <protobuf-c/protobuf-c.h>

#include "arena.h"
#include "status.h"

/// Passes, or fails with INVALID_ARGUMENT naming the field: `CommitRequest.edits[3].path_value.path: is not UTF-8`.
bool cn_wire_check(
    const ProtobufCMessageDescriptor *descriptor, const uint8_t *bytes, size_t count, size_t maximum,
    struct cn_status *status);

/// Checks and unpacks. NULL, with a status, when the bytes are no such message or the arena is full. The message lives
/// as long as the arena; it is never freed alone.
void *cn_wire_unpack(
    const ProtobufCMessageDescriptor *descriptor, const uint8_t *bytes, size_t count, size_t maximum,
    struct cn_arena *arena, struct cn_status *status);

#endif
