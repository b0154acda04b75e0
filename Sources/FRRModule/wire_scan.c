// SPDX-License-Identifier: GPL-2.0-or-later
#include "wire_scan.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "text.h"

/// Messages within messages; ours have three levels.
#define MAXIMUM_DEPTH 8
/// Fields of one message; ours have 15.
#define MAXIMUM_FIELDS 32
#define MAXIMUM_REPEATED 40000

enum wire_type { VARINT = 0, EIGHT_BYTES = 1, DELIMITED = 2, FOUR_BYTES = 5 };

struct level {
    const char *name;
    /// Position in a repeated field, -1 for one that is not repeated.
    long index;
};

struct scan {
    const uint8_t *bytes;
    size_t position;
    unsigned unknown_fields;
    /// The names of the fields that led here.
    struct level levels[MAXIMUM_DEPTH];
    unsigned depth;
    struct cn_status *status;
};

static bool fail(struct scan *scan, const char *field, long index, const char *reason)
{
    char path[CN_NAME_BYTES * MAXIMUM_DEPTH] = "";
    size_t length = 0;
    for (unsigned level = 0; level <= scan->depth; level++) {
        bool is_last = level == scan->depth;
        const char *name = is_last ? field : scan->levels[level].name;
        long number = is_last ? index : scan->levels[level].index;
        if (name == NULL || length >= sizeof(path))
            break;
        length += (size_t)snprintf(path + length, sizeof(path) - length, "%s%s", level == 0 ? "" : ".", name);
        if (number >= 0 && length < sizeof(path))
            length += (size_t)snprintf(path + length, sizeof(path) - length, "[%ld]", number);
    }
    return cn_fail(scan->status, CN_INVALID_ARGUMENT, "%s: %s", path, reason);
}

static bool read_varint(struct scan *scan, size_t end, uint64_t *value)
{
    *value = 0;
    for (unsigned shift = 0; shift < 70 && scan->position < end; shift += 7) {
        uint8_t byte = scan->bytes[scan->position++];
        if (shift == 63 && byte > 1)
            return false;
        *value |= (uint64_t)(byte & 0x7F) << shift;
        if (byte < 0x80)
            return true;
    }
    return false;
}

/// Moves behind the value of a field and says where its bytes are.
static bool read_payload(
    struct scan *scan, unsigned wire_type, size_t end, const char *name, size_t *first, size_t *last)
{
    uint64_t length;
    *first = scan->position;
    switch (wire_type) {
    case VARINT:
        if (!read_varint(scan, end, &length))
            return fail(scan, name, -1, "ends within a number");
        break;
    case EIGHT_BYTES:
    case FOUR_BYTES:
        length = wire_type == EIGHT_BYTES ? 8 : 4;
        if (end - scan->position < length)
            return fail(scan, name, -1, "ends within a number");
        scan->position += length;
        break;
    case DELIMITED:
        if (!read_varint(scan, end, &length))
            return fail(scan, name, -1, "ends within a length");
        *first = scan->position;
        if (length > end - scan->position)
            return fail(scan, name, -1, "is longer than what follows");
        scan->position += length;
        break;
    default:
        return fail(scan, name, -1, "has an unknown wire type");
    }
    *last = scan->position;
    return true;
}

static bool fits(uint64_t number, ProtobufCType type)
{
    if (type == PROTOBUF_C_TYPE_UINT32)
        return number <= UINT32_MAX;
    if (type == PROTOBUF_C_TYPE_ENUM)
        return (int64_t)number >= INT32_MIN && (int64_t)number <= INT32_MAX;
    return true;
}

static bool scan_message(struct scan *scan, size_t end, const ProtobufCMessageDescriptor *descriptor);

static bool scan_text(struct scan *scan, const ProtobufCFieldDescriptor *field, long index, size_t first, size_t last)
{
    if (last - first > CN_TEXT_BYTES)
        return fail(scan, field->name, index, "is too long");
    if (memchr(scan->bytes + first, '\0', last - first) != NULL)
        return fail(scan, field->name, index, "contains NUL");
    if (!cn_text_is_utf8(scan->bytes + first, last - first))
        return fail(scan, field->name, index, "is not UTF-8");
    return true;
}

/// Walks over one known field and adds to its count.
static bool scan_field(
    struct scan *scan, const ProtobufCFieldDescriptor *field, unsigned wire_type, size_t end, uint32_t *count)
{
    bool is_repeated = field->label == PROTOBUF_C_LABEL_REPEATED;
    bool is_delimited = field->type == PROTOBUF_C_TYPE_STRING || field->type == PROTOBUF_C_TYPE_MESSAGE;
    size_t first, last;
    uint64_t number;
    if (wire_type != (is_delimited ? DELIMITED : VARINT))
        return fail(scan, field->name, -1, "has a wrong wire type");
    if (!read_payload(scan, wire_type, end, field->name, &first, &last))
        return false;
    *count += 1;
    if (!is_repeated && *count > 1)
        return fail(scan, field->name, -1, "is there twice");
    if (is_repeated && *count > MAXIMUM_REPEATED)
        return fail(scan, field->name, -1, "has too many elements");
    long index = is_repeated ? (long)*count - 1 : -1;
    switch (field->type) {
    case PROTOBUF_C_TYPE_MESSAGE:
        if (scan->depth + 1 >= MAXIMUM_DEPTH)
            return fail(scan, field->name, index, "is nested too deeply");
        scan->levels[scan->depth++] = (struct level){field->name, index};
        scan->position = first;
        if (!scan_message(scan, last, field->descriptor))
            return false;
        scan->depth--;
        return true;
    case PROTOBUF_C_TYPE_STRING:
        return scan_text(scan, field, index, first, last);
    default:
        scan->position = first;
        if (!read_varint(scan, last, &number) || !fits(number, field->type))
            return fail(scan, field->name, index, "is no number of its type");
        return true;
    }
}

static bool scan_message(struct scan *scan, size_t end, const ProtobufCMessageDescriptor *descriptor)
{
    uint32_t counts[MAXIMUM_FIELDS] = {0};
    if (descriptor->n_fields > MAXIMUM_FIELDS)
        return fail(scan, NULL, -1, "has more fields than are known");
    while (scan->position < end) {
        uint64_t tag;
        size_t first, last;
        if (!read_varint(scan, end, &tag) || tag > UINT32_MAX || tag >> 3 == 0)
            return fail(scan, NULL, -1, "has no field tag where one has to be");
        const ProtobufCFieldDescriptor *field =
            protobuf_c_message_descriptor_get_field(descriptor, (unsigned)(tag >> 3));
        if (field != NULL) {
            if (!scan_field(scan, field, tag & 7, end, &counts[field - descriptor->fields]))
                return false;
            continue;
        }
        if (++scan->unknown_fields > CN_UNKNOWN_FIELDS)
            return fail(scan, NULL, -1, "has too many unknown fields");
        if (!read_payload(scan, tag & 7, end, "unknown field", &first, &last))
            return false;
    }
    return true;
}

bool cn_wire_check(
    const ProtobufCMessageDescriptor *descriptor, const uint8_t *bytes, size_t count, size_t maximum,
    struct cn_status *status)
{
    struct scan scan = {.bytes = bytes, .depth = 1, .status = status};
    scan.levels[0] = (struct level){descriptor->short_name, -1};
    if (count > maximum)
        return cn_fail(
            status, CN_INVALID_ARGUMENT, "%s: has %zu bytes, at most %zu are allowed", descriptor->short_name, count,
            maximum);
    return scan_message(&scan, count, descriptor);
}

void *cn_wire_unpack(
    const ProtobufCMessageDescriptor *descriptor, const uint8_t *bytes, size_t count, size_t maximum,
    struct cn_arena *arena, struct cn_status *status)
{
    // protobuf-c takes no NULL, which an empty frame may be.
    static const uint8_t nothing[1];
    if (count == 0)
        bytes = nothing;
    if (!cn_wire_check(descriptor, bytes, count, maximum, status))
        return NULL;
    ProtobufCAllocator allocator = cn_arena_allocator(arena);
    void *message = protobuf_c_message_unpack(descriptor, &allocator, count, bytes);
    if (message == NULL)
        cn_fail(status, CN_RESOURCE_EXHAUSTED, "%s: does not fit into memory", descriptor->short_name);
    return message;
}
