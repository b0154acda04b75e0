// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cn_hash.h"
#include "state_file.h"
#include "text.h"

#define FORMAT "cosmolet-northbound "
#define HEAD FORMAT "2 "

char *cn_state_load(const char *path, size_t *count)
{
    struct stat facts;
    char *bytes = NULL;
    *count = 0;
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (descriptor < 0)
        return NULL;
    if (fstat(descriptor, &facts) == 0 && S_ISREG(facts.st_mode) && facts.st_size <= (off_t)CN_STATE_BYTES)
        bytes = malloc((size_t)facts.st_size + 1);
    else
        errno = EFBIG;
    while (bytes != NULL && *count < (size_t)facts.st_size) {
        ssize_t part = read(descriptor, bytes + *count, (size_t)facts.st_size - *count);
        if (part <= 0)
            break;
        *count += (size_t)part;
    }
    close(descriptor);
    return bytes;
}

/// The words of a line, at most four; the last one may hold spaces. Returns how many, 0 for too few bytes.
static unsigned split(char *line, char *words[4], unsigned maximum)
{
    unsigned count = 0;
    while (count < maximum) {
        words[count++] = line;
        char *space = count < maximum ? strchr(line, ' ') : NULL;
        if (space == NULL)
            break;
        *space = '\0';
        line = space + 1;
    }
    return count;
}

/// A class whose lines are being read.
struct pending {
    bool is_there;
    char name[CN_CLASS_BYTES + 1];
    struct cn_class definition;
};

static void flush(struct pending *pending, const struct cn_state_reader *reader)
{
    if (pending->is_there)
        reader->class(pending->name, &pending->definition, reader->argument);
    pending->is_there = false;
}

static bool read_network(char *line, unsigned maximum, const struct cn_state_reader *reader)
{
    char *words[4];
    struct cn_prefix prefix;
    if (split(line, words, maximum) != maximum || strlen(words[1]) == 0 || strlen(words[1]) > CN_VRF_BYTES
        || cn_prefix_read(words[2], strlen(words[2]), &prefix) != NULL)
        return false;
    if (maximum == 4 && !cn_text_is_class(words[3]))
        return false;
    reader->network(words[1], &prefix, maximum == 4 ? words[3] : NULL, reader->argument);
    return true;
}

static bool read_attribute(char *line, struct pending *pending)
{
    char *words[4];
    uint64_t attribute;
    if (!pending->is_there || split(line, words, 3) != 3
        || !cn_text_number(words[1], strlen(words[1]), CN_ATTRIBUTES - 1, &attribute)
        || cn_attribute_problem((enum cn_attribute)attribute, words[2]) != NULL)
        return false;
    strcpy(pending->definition.values[attribute], words[2]);
    return true;
}

static bool read_line(char *line, struct pending *pending, const struct cn_state_reader *reader)
{
    if (strncmp(line, "set ", 4) == 0)
        return read_attribute(line, pending);
    flush(pending, reader);
    if (strncmp(line, "network ", 8) == 0)
        return read_network(line, 4, reader);
    if (strncmp(line, "no-network ", 11) == 0)
        return read_network(line, 3, reader);
    bool is_gone = strncmp(line, "no-class ", 9) == 0;
    const char *name = line + (is_gone ? 9 : 6);
    if ((!is_gone && strncmp(line, "class ", 6) != 0) || !cn_text_is_class(name))
        return false;
    if (is_gone) {
        reader->class(name, NULL, reader->argument);
        return true;
    }
    *pending = (struct pending){.is_there = true, .definition.exists = true};
    strcpy(pending->name, name);
    return true;
}

static bool read_block(const char *bytes, size_t count, const struct cn_state_reader *reader)
{
    struct pending pending = {0};
    char line[CN_VALUE_BYTES + 128];
    const char *end = bytes + count;
    while (bytes < end) {
        size_t length = (size_t)((const char *)memchr(bytes, '\n', (size_t)(end - bytes)) - bytes);
        if (length >= sizeof(line) || memchr(bytes, '\0', length) != NULL)
            return false;
        memcpy(line, bytes, length);
        line[length] = '\0';
        if (!read_line(line, &pending, reader))
            return false;
        bytes += length + 1;
    }
    flush(&pending, reader);
    return true;
}

uint32_t cn_state_sum(const char *bytes, size_t count, uint64_t generation)
{
    uint64_t hash = cn_hash(CN_HASH_START, bytes, count);
    return (uint32_t)cn_hash(hash, &generation, sizeof(generation));
}

/// Whether a line that begins with `end ` ends the transaction before it.
static bool is_end(const char *line, size_t length, const char *block, uint64_t *generation)
{
    char expected[16];
    if (length < 14 || !cn_text_number(line + 4, length - 13, UINT64_MAX, generation))
        return false;
    snprintf(expected, sizeof(expected), " %08" PRIx32, cn_state_sum(block, (size_t)(line - block), *generation));
    return memcmp(line + length - 9, expected, 9) == 0;
}

// ---- The first line ----

/// Its check sum is that of what stands before it.
#define SUMMED_BYTES (CN_STATE_HEAD_BYTES - 10)

void cn_state_head(char line[CN_STATE_HEAD_BYTES + 1])
{
    snprintf(
        line, CN_STATE_HEAD_BYTES + 1, HEAD "%36.36s %012" PRIu64, bgpd_boot_id(),
        bgpd_boot_seconds() % 1000000000000u);
    snprintf(line + SUMMED_BYTES, 11, " %08" PRIx32 "\n", cn_state_sum(line, SUMMED_BYTES, 0));
}

static bool has_head(const char *bytes, size_t count)
{
    char sum[11];
    if (count < CN_STATE_HEAD_BYTES || memcmp(bytes, HEAD, strlen(HEAD)) != 0)
        return false;
    snprintf(sum, sizeof(sum), " %08" PRIx32 "\n", cn_state_sum(bytes, SUMMED_BYTES, 0));
    return memcmp(bytes + SUMMED_BYTES, sum, 10) == 0;
}

static bool read_seconds(const char *digits, uint64_t *seconds)
{
    *seconds = 0;
    for (unsigned index = 0; index < 12; index++) {
        if (digits[index] < '0' || digits[index] > '9')
            return false;
        *seconds = *seconds * 10 + (uint64_t)(digits[index] - '0');
    }
    return true;
}

const char *cn_state_refusal(const char *bytes, size_t count, uint64_t maximum_age_s)
{
    static char words[128];
    char now[CN_STATE_HEAD_BYTES + 1];
    uint64_t alive;
    if (count < strlen(FORMAT) || memcmp(bytes, FORMAT, strlen(FORMAT)) != 0)
        return "it is not a state file";
    if (count < strlen(HEAD) || memcmp(bytes, HEAD, strlen(HEAD)) != 0)
        return "another version of this module wrote it";
    if (!has_head(bytes, count) || !read_seconds(bytes + SUMMED_BYTES - 12, &alive))
        return "its first line is damaged";
    if (bgpd_boot_id()[0] == '\0')
        return "it cannot be told whether this machine was started since (/proc/sys/kernel/random/boot_id)";
    cn_state_head(now);
    if (memcmp(bytes, now, SUMMED_BYTES - 13) != 0)
        return "this machine was started since";
    if (alive > bgpd_boot_seconds())
        return "its time is not that of this machine";
    uint64_t age = bgpd_boot_seconds() - alive;
    if (age <= maximum_age_s)
        return NULL;
    snprintf(
        words, sizeof(words), "bgpd was away for %" PRIu64 " s, and state-age is %" PRIu64 " s", age, maximum_age_s);
    return words;
}

// ---- All of it ----

size_t cn_state_read(
    const char *bytes, size_t count, const struct cn_state_reader *reader, uint64_t *generation)
{
    *generation = 0;
    if (!has_head(bytes, count))
        return 0;
    size_t first = CN_STATE_HEAD_BYTES, position = first;
    while (position < count) {
        const char *line = bytes + position;
        const char *newline = memchr(line, '\n', count - position);
        uint64_t number;
        if (newline == NULL)
            break;
        size_t length = (size_t)(newline - line);
        if (length >= 4 && memcmp(line, "end ", 4) == 0) {
            if (!is_end(line, length, bytes + first, &number) || !read_block(bytes + first, position - first, reader))
                break;
            *generation = number;
            first = position + length + 1;
        }
        position += length + 1;
    }
    return first;
}
