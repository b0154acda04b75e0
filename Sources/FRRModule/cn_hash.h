// SPDX-License-Identifier: GPL-2.0-or-later
/// A hash of bytes (FNV-1a with a last mix), for tables and fingerprints of what is not secret.

#ifndef CN_HASH_H
#define CN_HASH_H

#include <stddef.h>
#include <stdint.h>

#define CN_HASH_START 0xCBF29CE484222325u

static inline uint64_t cn_hash(uint64_t hash, const void *data, size_t count)
{
    const uint8_t *bytes = data;
    for (size_t index = 0; index < count; index++)
        hash = (hash ^ bytes[index]) * 0x100000001B3u;
    return hash ^ hash >> 29;
}

#endif
