// SPDX-License-Identifier: GPL-2.0-or-later
/// Checks of text that came from outside.

#ifndef CN_TEXT_H
#define CN_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Whether bytes are well-formed UTF-8: shortest forms only, no surrogates, nothing above U+10FFFF.
bool cn_text_is_utf8(const uint8_t *bytes, size_t count);

/// Takes the rest of a cut character off the end of text.
void cn_text_trim(char *text);

/// Whether text is the name of an attribute class: 1 to 32 of a-z, 0-9 and '-', beginning with a letter.
bool cn_text_is_class(const char *text);

/// The class that a route-map's name marks: the part after `COSMOLET-`. NULL for a name without our mark.
const char *cn_text_class_of(const char *route_map);

/// Reads a decimal number without sign and without leading zeros, at most `maximum`, that is all of the text.
bool cn_text_number(const char *text, size_t length, uint64_t maximum, uint64_t *number);

#endif
