// SPDX-License-Identifier: GPL-2.0-or-later
#include "arena.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK_BYTES (64u << 10)

struct cn_arena_chunk {
    struct cn_arena_chunk *next;
    size_t size;
    size_t used;
    max_align_t bytes[];
};

void *cn_arena_take(struct cn_arena *arena, size_t size)
{
    if (size > arena->limit)
        return NULL;
    // A piece of no bytes has an address of its own all the same.
    size = (size == 0 ? 1 : size) + sizeof(max_align_t) - 1;
    size -= size % sizeof(max_align_t);
    struct cn_arena_chunk *chunk = arena->chunks;
    if (chunk == NULL || chunk->size - chunk->used < size) {
        size_t room = size > CHUNK_BYTES ? size : CHUNK_BYTES;
        if (room > arena->limit - arena->used)
            return NULL;
        chunk = calloc(1, sizeof(*chunk) + room);
        if (chunk == NULL)
            return NULL;
        chunk->size = room;
        arena->used += room;
        if (size > CHUNK_BYTES && arena->chunks != NULL) {
            // Full from the start: the chunk before stays the one to take from.
            chunk->next = arena->chunks->next;
            arena->chunks->next = chunk;
        } else {
            chunk->next = arena->chunks;
            arena->chunks = chunk;
        }
    }
    void *piece = (char *)chunk->bytes + chunk->used;
    chunk->used += size;
    return piece;
}

void *cn_arena_array(struct cn_arena *arena, size_t count, size_t size)
{
    if (size != 0 && count > SIZE_MAX / size)
        return NULL;
    return cn_arena_take(arena, count * size);
}

char *cn_arena_text(struct cn_arena *arena, const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = cn_arena_take(arena, size);
    if (copy != NULL)
        memcpy(copy, text, size);
    return copy;
}

void cn_arena_reset(struct cn_arena *arena)
{
    struct cn_arena_chunk *kept = NULL, *next;
    for (struct cn_arena_chunk *chunk = arena->chunks; chunk != NULL; chunk = next) {
        next = chunk->next;
        if (kept == NULL && chunk->size == CHUNK_BYTES)
            kept = chunk;
        else
            free(chunk);
    }
    if (kept != NULL) {
        memset(kept->bytes, 0, kept->used);
        kept->used = 0;
        kept->next = NULL;
    }
    arena->chunks = kept;
    arena->used = kept != NULL ? CHUNK_BYTES : 0;
}

void cn_arena_free(struct cn_arena *arena)
{
    while (arena->chunks != NULL) {
        struct cn_arena_chunk *chunk = arena->chunks;
        arena->chunks = chunk->next;
        free(chunk);
    }
    arena->used = 0;
}

static void *allocate(void *data, size_t size)
{
    return cn_arena_take(data, size);
}

static void release(void *data, void *pointer)
{
    (void)data;
    (void)pointer;
}

ProtobufCAllocator cn_arena_allocator(struct cn_arena *arena)
{
    return (ProtobufCAllocator){.alloc = allocate, .free = release, .allocator_data = arena};
}
