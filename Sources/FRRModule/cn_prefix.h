// SPDX-License-Identifier: GPL-2.0-or-later
/// IP prefixes in their canonical form. (FRR has a prefix.h of its own.)

#ifndef CN_PREFIX_H
#define CN_PREFIX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum cn_family { CN_IPV4 = 0, CN_IPV6 = 1 };
#define CN_FAMILIES 2

/// Room for `ffff:…:255.255.255.255/128` and NUL.
#define CN_PREFIX_TEXT 64

/// Bits behind the length and bytes behind the address are 0, so that prefixes can be compared as bytes.
struct cn_prefix {
    uint8_t family;
    uint8_t length;
    uint8_t bytes[16];
};

/// Reads `198.51.100.1/32` or `2001:db8::1/128`. The text has to be canonical: no bits behind the length, IPv6 as
/// RFC 5952 writes it. NULL when it is fine, else what is wrong with it.
const char *cn_prefix_read(const char *text, size_t length, struct cn_prefix *prefix);

/// Writes the canonical text, as RFC 5952 has it.
void cn_prefix_write(const struct cn_prefix *prefix, char text[CN_PREFIX_TEXT]);

/// Whether its address is a link-local one (fe80::/10), which bgpd does not announce.
bool cn_prefix_is_link_local(const struct cn_prefix *prefix);

/// `ipv4` or `ipv6`.
const char *cn_family_name(unsigned family);

#endif
