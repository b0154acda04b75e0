// SPDX-License-Identifier: GPL-2.0-or-later
/// Memory of one request after the other: handed out in pieces, bounded, taken back as a whole.

#ifndef CN_ARENA_H
#define CN_ARENA_H

#include <protobuf-c/protobuf-c.h>
#include <stddef.h>

struct cn_arena_chunk;

/// Zeroed but for `limit` it is ready for use.
struct cn_arena {
    struct cn_arena_chunk *chunks;
    size_t used;
    size_t limit;
};

/// Zeroed memory, aligned for anything; NULL when the limit or the machine's memory is reached.
void *cn_arena_take(struct cn_arena *arena, size_t size);

/// `cn_arena_take` for an array, with a check of the product.
void *cn_arena_array(struct cn_arena *arena, size_t count, size_t size);

/// A copy of text; NULL as above.
char *cn_arena_text(struct cn_arena *arena, const char *text);

/// Takes all of it back and keeps one chunk, which is enough for a small request: to get it from the system anew would
/// cost more than the rest of that request.
void cn_arena_reset(struct cn_arena *arena);

/// Frees all of it; the arena can be used again.
void cn_arena_free(struct cn_arena *arena);

/// For protobuf-c; valid as long as the arena. Freeing single pieces does nothing.
ProtobufCAllocator cn_arena_allocator(struct cn_arena *arena);

#endif
