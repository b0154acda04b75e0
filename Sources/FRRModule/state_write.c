// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "restore.h"
#include "text.h"

/// Written anew when it is longer than twice what it began with and this.
#define SLACK_BYTES (256u << 10)

/// Text that grows.
struct buffer {
    char *bytes;
    size_t count;
    size_t capacity;
    bool is_broken;
};

/// Has room for a line.
static bool make_room(struct buffer *buffer)
{
    if (buffer->capacity - buffer->count >= 1024)
        return true;
    size_t capacity = buffer->capacity == 0 ? 4096 : 2 * buffer->capacity;
    char *bytes = buffer->is_broken || capacity > CN_STATE_BYTES ? NULL : realloc(buffer->bytes, capacity);
    if (bytes == NULL) {
        buffer->is_broken = true;
        return false;
    }
    buffer->bytes = bytes;
    buffer->capacity = capacity;
    return true;
}

static void put_text(struct buffer *buffer, const char *text)
{
    size_t length = strlen(text);
    if (!make_room(buffer))
        return;
    if (length > buffer->capacity - buffer->count) {
        buffer->is_broken = true;
        return;
    }
    memcpy(buffer->bytes + buffer->count, text, length);
    buffer->count += length;
}

static void put(struct buffer *buffer, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void put(struct buffer *buffer, const char *format, ...)
{
    va_list arguments;
    if (!make_room(buffer))
        return;
    va_start(arguments, format);
    int length = vsnprintf(buffer->bytes + buffer->count, buffer->capacity - buffer->count, format, arguments);
    va_end(arguments);
    if (length < 0 || (size_t)length >= buffer->capacity - buffer->count)
        buffer->is_broken = true;
    else
        buffer->count += (size_t)length;
}

static void put_class(struct buffer *buffer, const char *name, const struct cn_class *definition)
{
    if (!definition->exists) {
        put(buffer, "no-class %s\n", name);
        return;
    }
    put(buffer, "class %s\n", name);
    for (int attribute = 0; attribute < CN_ATTRIBUTES; attribute++) {
        if (definition->values[attribute][0] != '\0')
            put(buffer, "set %d %s\n", attribute, definition->values[attribute]);
    }
}

static void put_network(struct buffer *buffer, const char *vrf, const struct cn_prefix *prefix, const char *class_name)
{
    char text[CN_PREFIX_TEXT];
    cn_prefix_write(prefix, text);
    put_text(buffer, class_name != NULL ? "network " : "no-network ");
    put_text(buffer, vrf);
    put_text(buffer, " ");
    put_text(buffer, text);
    if (class_name != NULL) {
        put_text(buffer, " ");
        put_text(buffer, class_name);
    }
    put_text(buffer, "\n");
}

static void put_end(struct buffer *buffer, size_t first, uint64_t generation)
{
    uint32_t sum = buffer->is_broken ? 0 : cn_state_sum(buffer->bytes + first, buffer->count - first, generation);
    put(buffer, "end %" PRIu64 " %08" PRIx32 "\n", generation, sum);
}

/// Takes in that the file could not be written. Once it says the wrong thing, it goes until it can be written anew.
static void take_failure(struct cn_state_file *file, const char *what, bool is_right)
{
    if (!file->is_broken)
        bgpd_log(BGPD_ERROR, "state file %s: %s: %s", file->path, what, strerror(errno));
    file->failures++;
    file->is_broken = true;
    if (is_right)
        return;
    cn_state_close(file);
    unlink(file->path);
    file->wants_rewrite = true;
}

void cn_state_resume(struct cn_state_file *file, size_t good)
{
    file->wants_rewrite = true;
    if (file->path[0] == '\0' || good == 0)
        return;
    file->descriptor = open(file->path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
    if (file->descriptor < 0)
        return;
    if (ftruncate(file->descriptor, (off_t)good) != 0) {
        cn_state_close(file);
        return;
    }
    file->size = file->base = good;
    file->wants_rewrite = false;
    cn_state_beat(file);
}

void cn_state_beat(struct cn_state_file *file)
{
    char head[CN_STATE_HEAD_BYTES + 1];
    cn_state_head(head);
    // One that could not be written over would be taken for older than it is.
    if (file->descriptor >= 0
        && pwrite(file->descriptor, head, CN_STATE_HEAD_BYTES, 0) != (ssize_t)CN_STATE_HEAD_BYTES)
        take_failure(file, "cannot be written to", false);
}

void cn_state_append(
    struct cn_state_file *file, const struct cn_transaction *transaction, const struct cn_running *running)
{
    struct buffer buffer = {0};
    if (file->path[0] == '\0')
        return;
    if (file->descriptor < 0) {
        file->wants_rewrite = true;
        return;
    }
    for (size_t index = 0; index < transaction->class_count; index++) {
        const struct cn_class_edit *class = &transaction->classes[index];
        if (class->is_applied)
            put_class(&buffer, class->name, class->after);
    }
    for (size_t index = 0; index < transaction->network_count; index++) {
        const struct cn_network_edit *edit = &transaction->networks[index];
        if (edit->is_applied)
            put_network(
                &buffer, transaction->vrfs[edit->vrf], &edit->prefix,
                edit->after == CN_NO_CLASS ? NULL : transaction->classes[edit->after].name);
    }
    if (file->size + buffer.count + 64 > CN_STATE_BYTES) {
        file->wants_rewrite = true;
        cn_state_rewrite(file, running);
    } else if (buffer.count > 0 || buffer.is_broken) {
        put_end(&buffer, 0, running->generation);
        errno = ENOMEM;
        if (buffer.is_broken
            || pwrite(file->descriptor, buffer.bytes, buffer.count, (off_t)file->size) != (ssize_t)buffer.count)
            take_failure(file, "cannot be appended to", false);
        else
            file->size += buffer.count;
    }
    free(buffer.bytes);
    file->is_long = file->size > 2 * file->base + SLACK_BYTES;
}

// ---- All of it ----

bool cn_state_is_stale(const struct cn_state_file *file, const struct cn_running *running)
{
    return file->wants_rewrite || file->is_long || file->foreign_changes != running->foreign_changes;
}

struct snapshot {
    struct buffer buffer;
    const char *vrf;
};

static bool put_one_class(const char *name, void *argument)
{
    struct snapshot *snapshot = argument;
    struct cn_class definition;
    if (bgpd_class_read(name, &definition) == BGPD_CLASS_OURS)
        put_class(&snapshot->buffer, name, &definition);
    return true;
}

static bool put_one_network(const struct bgpd_network *network, void *argument)
{
    struct snapshot *snapshot = argument;
    const char *class_name = network->route_map != NULL ? cn_text_class_of(network->route_map) : NULL;
    if (class_name != NULL && !network->has_options)
        put_network(&snapshot->buffer, snapshot->vrf, &network->prefix, class_name);
    return true;
}

static void put_waiting_class(const char *name, const struct cn_class *definition, void *argument)
{
    struct snapshot *snapshot = argument;
    put_class(&snapshot->buffer, name, definition);
}

static void put_waiting_network(
    const char *vrf, const struct cn_prefix *prefix, const char *class_name, void *argument)
{
    struct snapshot *snapshot = argument;
    put_network(&snapshot->buffer, vrf, prefix, class_name);
}

static void take_snapshot(
    struct snapshot *snapshot, const struct cn_running *running, const struct cn_restore *restore)
{
    struct bgpd_instance_facts facts[CN_INSTANCES];
    size_t count = bgpd_instances(facts, CN_INSTANCES);
    char head[CN_STATE_HEAD_BYTES + 1];
    cn_state_head(head);
    put_text(&snapshot->buffer, head);
    size_t first = snapshot->buffer.count;
    // What bgpd has by now stands behind and counts.
    if (restore != NULL) {
        struct cn_state_reader reader = {put_waiting_class, put_waiting_network, snapshot};
        cn_restore_each(restore, &reader);
    }
    bgpd_class_each(put_one_class, snapshot);
    for (size_t index = 0; index < count && index < CN_INSTANCES; index++) {
        struct bgpd_instance *instance = bgpd_instance(facts[index].vrf);
        snapshot->vrf = facts[index].vrf;
        for (int family = 0; instance != NULL && family < CN_FAMILIES; family++)
            bgpd_network_each(instance, (enum cn_family)family, put_one_network, snapshot);
    }
    put_end(&snapshot->buffer, first, running->generation);
}

bool cn_state_rewrite(struct cn_state_file *file, const struct cn_running *running)
{
    struct snapshot snapshot = {0};
    char temporary[sizeof(file->path) + 8];
    if (file->path[0] == '\0')
        return true;
    take_snapshot(&snapshot, running, file->restore);
    snprintf(temporary, sizeof(temporary), "%s.new", file->path);
    errno = ENOMEM;
    int descriptor = snapshot.buffer.is_broken
                         ? -1
                         : open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0640);
    bool is_fine = descriptor >= 0
                   && write(descriptor, snapshot.buffer.bytes, snapshot.buffer.count) == (ssize_t)snapshot.buffer.count
                   && rename(temporary, file->path) == 0;
    if (!is_fine) {
        // What was only too long still says what is committed.
        take_failure(
            file, "cannot be written",
            !file->wants_rewrite && file->descriptor >= 0 && file->foreign_changes == running->foreign_changes);
        if (descriptor >= 0)
            close(descriptor);
        unlink(temporary);
    } else {
        cn_state_close(file);
        file->descriptor = descriptor;
        file->size = file->base = snapshot.buffer.count;
        file->wants_rewrite = file->is_long = false;
        file->is_broken = false;
        file->foreign_changes = running->foreign_changes;
    }
    free(snapshot.buffer.bytes);
    return is_fine;
}

void cn_state_close(struct cn_state_file *file)
{
    if (file->descriptor >= 0)
        close(file->descriptor);
    file->descriptor = -1;
}
