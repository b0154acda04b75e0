// SPDX-License-Identifier: GPL-2.0-or-later
#include "text.h"

#include <string.h>

#include "cn_limits.h"

/// Bytes of the character that begins here, 0 if there is none.
static size_t character(const uint8_t *bytes, size_t count)
{
    uint32_t code;
    size_t length;
    if (bytes[0] < 0x80)
        return 1;
    if (bytes[0] >= 0xC2 && bytes[0] <= 0xDF) {
        length = 2;
        code = bytes[0] & 0x1Fu;
    } else if (bytes[0] >= 0xE0 && bytes[0] <= 0xEF) {
        length = 3;
        code = bytes[0] & 0x0Fu;
    } else if (bytes[0] >= 0xF0 && bytes[0] <= 0xF4) {
        length = 4;
        code = bytes[0] & 0x07u;
    } else {
        return 0;
    }
    if (count < length)
        return 0;
    for (size_t index = 1; index < length; index++) {
        if ((bytes[index] & 0xC0) != 0x80)
            return 0;
        code = code << 6 | (bytes[index] & 0x3Fu);
    }
    if (length == 3 && (code < 0x800 || (code >= 0xD800 && code <= 0xDFFF)))
        return 0;
    if (length == 4 && (code < 0x10000 || code > 0x10FFFF))
        return 0;
    return length;
}

bool cn_text_is_utf8(const uint8_t *bytes, size_t count)
{
    size_t index = 0;
    while (index < count) {
        // Nearly all of it is ASCII: eight bytes at a time.
        uint64_t eight;
        while (count - index >= sizeof(eight)) {
            memcpy(&eight, bytes + index, sizeof(eight));
            if (eight & 0x8080808080808080u)
                break;
            index += sizeof(eight);
        }
        if (index == count)
            break;
        size_t length = character(bytes + index, count - index);
        if (length == 0)
            return false;
        index += length;
    }
    return true;
}

void cn_text_trim(char *text)
{
    size_t length = strlen(text);
    size_t start = length;
    while (start > 0 && length - start < 4) {
        start--;
        if (((uint8_t)text[start] & 0xC0) != 0x80)
            break;
    }
    if (start < length && character((const uint8_t *)text + start, length - start) == 0)
        text[start] = '\0';
}

bool cn_text_is_class(const char *text)
{
    size_t length = strnlen(text, CN_CLASS_BYTES + 1);
    if (length == 0 || length > CN_CLASS_BYTES || text[0] < 'a' || text[0] > 'z')
        return false;
    for (size_t index = 1; index < length; index++) {
        char c = text[index];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'))
            return false;
    }
    return true;
}

const char *cn_text_class_of(const char *route_map)
{
    size_t mark = sizeof(CN_MARK) - 1;
    if (strncmp(route_map, CN_MARK, mark) != 0 || !cn_text_is_class(route_map + mark))
        return NULL;
    return route_map + mark;
}

bool cn_text_number(const char *text, size_t length, uint64_t maximum, uint64_t *number)
{
    uint64_t value = 0;
    if (length == 0 || length > 19 || (length > 1 && text[0] == '0'))
        return false;
    for (size_t index = 0; index < length; index++) {
        if (text[index] < '0' || text[index] > '9')
            return false;
        value = value * 10 + (uint64_t)(text[index] - '0');
    }
    if (value > maximum)
        return false;
    *number = value;
    return true;
}
