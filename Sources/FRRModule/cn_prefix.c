// SPDX-License-Identifier: GPL-2.0-or-later
#include "cn_prefix.h"

#include <arpa/inet.h>
#include <string.h>

#include "text.h"

const char *cn_family_name(unsigned family)
{
    return family == CN_IPV4 ? "ipv4" : "ipv6";
}

static bool has_bits_behind(const struct cn_prefix *prefix)
{
    for (unsigned bit = prefix->length; bit < (prefix->family == CN_IPV4 ? 32u : 128u); bit++) {
        if (prefix->bytes[bit / 8] & 0x80u >> bit % 8)
            return true;
    }
    return false;
}

/// glibc writes these with an IPv4 address at their end, others in hexadecimal; both are taken.
static bool has_two_spellings(const struct cn_prefix *prefix)
{
    static const uint8_t zeros[10];
    return prefix->family == CN_IPV6 && memcmp(prefix->bytes, zeros, sizeof(zeros)) == 0;
}

const char *cn_prefix_read(const char *text, size_t length, struct cn_prefix *prefix)
{
    char copy[CN_PREFIX_TEXT], canonical[CN_PREFIX_TEXT];
    uint64_t bits;
    if (length >= sizeof(copy) || memchr(text, '\0', length) != NULL)
        return "is not a prefix";
    memcpy(copy, text, length);
    copy[length] = '\0';
    char *slash = strchr(copy, '/');
    if (slash == NULL)
        return "has no length";
    *slash = '\0';
    memset(prefix, 0, sizeof(*prefix));
    prefix->family = strchr(copy, ':') != NULL ? CN_IPV6 : CN_IPV4;
    if (inet_pton(prefix->family == CN_IPV4 ? AF_INET : AF_INET6, copy, prefix->bytes) != 1)
        return "is not a prefix";
    if (!cn_text_number(slash + 1, strlen(slash + 1), prefix->family == CN_IPV4 ? 32 : 128, &bits))
        return "has no valid length";
    prefix->length = (uint8_t)bits;
    if (prefix->length < (prefix->family == CN_IPV4 ? 32 : 128) && has_bits_behind(prefix))
        return "has bits behind its length";
    cn_prefix_write(prefix, canonical);
    *slash = '/';
    if (strcmp(copy, canonical) != 0 && !has_two_spellings(prefix))
        return "is not written canonically";
    return NULL;
}

/// Writes a number of at most three digits and returns what is behind it.
static char *write_number(char *text, unsigned number)
{
    if (number >= 100)
        *text++ = (char)('0' + number / 100);
    if (number >= 10)
        *text++ = (char)('0' + number / 10 % 10);
    *text++ = (char)('0' + number % 10);
    return text;
}

/// IPv4 by hand: a large transaction writes each prefix several times, and glibc takes half a microsecond.
void cn_prefix_write(const struct cn_prefix *prefix, char text[CN_PREFIX_TEXT])
{
    if (prefix->family == CN_IPV4) {
        for (int byte = 0; byte < 4; byte++) {
            text = write_number(text, prefix->bytes[byte]);
            *text++ = byte < 3 ? '.' : '/';
        }
    } else {
        if (inet_ntop(AF_INET6, prefix->bytes, text, CN_PREFIX_TEXT - 4) == NULL)
            text[0] = '\0';
        text += strlen(text);
        *text++ = '/';
    }
    *write_number(text, prefix->length) = '\0';
}

bool cn_prefix_is_link_local(const struct cn_prefix *prefix)
{
    return prefix->family == CN_IPV6 && prefix->bytes[0] == 0xFE && (prefix->bytes[1] & 0xC0) == 0x80;
}
