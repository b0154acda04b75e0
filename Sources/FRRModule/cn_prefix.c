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

/// bgpd shows these with an IPv4 address at their end, as glibc does; both are taken.
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

static char *write_ipv4(char *text, const uint8_t *bytes)
{
    for (int byte = 0; byte < 4; byte++) {
        text = write_number(text, bytes[byte]);
        *text++ = '.';
    }
    return text - 1;
}

static char *write_group(char *text, unsigned group)
{
    bool is_first = true;
    for (int shift = 12; shift >= 0; shift -= 4) {
        unsigned digit = group >> shift & 15;
        if (is_first && digit == 0 && shift > 0)
            continue;
        *text++ = "0123456789abcdef"[digit];
        is_first = false;
    }
    return text;
}

/// RFC 5952, as the Swift side writes it: the first of the longest runs of at least two zero groups becomes `::`, and
/// IPv4-mapped addresses alone end in an IPv4 address. (glibc writes `::1.2.3.4`, too.)
static char *write_ipv6(char *text, const uint8_t *bytes)
{
    static const uint8_t mapped[12] = {[10] = 0xFF, [11] = 0xFF};
    unsigned groups[8], first = 8, count = 1, run = 0;
    if (memcmp(bytes, mapped, sizeof(mapped)) == 0) {
        memcpy(text, "::ffff:", 7);
        return write_ipv4(text + 7, bytes + 12);
    }
    for (unsigned index = 0; index < 8; index++) {
        groups[index] = (unsigned)(bytes[2 * index] << 8 | bytes[2 * index + 1]);
        run = groups[index] == 0 ? run + 1 : 0;
        if (run > count) {
            count = run;
            first = index + 1 - run;
        }
    }
    for (unsigned index = 0; index < 8; index++) {
        if (index == first) {
            *text++ = ':';
            *text++ = ':';
            index += count - 1;
            continue;
        }
        if (index > 0 && text[-1] != ':')
            *text++ = ':';
        text = write_group(text, groups[index]);
    }
    return text;
}

/// By hand: a large transaction writes each prefix several times, and glibc takes half a microsecond.
void cn_prefix_write(const struct cn_prefix *prefix, char text[CN_PREFIX_TEXT])
{
    text = prefix->family == CN_IPV4 ? write_ipv4(text, prefix->bytes) : write_ipv6(text, prefix->bytes);
    *text++ = '/';
    *write_number(text, prefix->length) = '\0';
}

bool cn_prefix_is_link_local(const struct cn_prefix *prefix)
{
    return prefix->family == CN_IPV6 && prefix->bytes[0] == 0xFE && (prefix->bytes[1] & 0xC0) == 0x80;
}
