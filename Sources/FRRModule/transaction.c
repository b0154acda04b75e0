// SPDX-License-Identifier: GPL-2.0-or-later
#include "transaction.h"

#include <string.h>

#include "cn_hash.h"
#include "text.h"

bool cn_transaction_begin(
    struct cn_transaction *transaction, Cosmolet__Northbound__V1__Edit *const *edits, size_t count,
    struct cn_arena *arena, struct cn_status *status)
{
    *transaction = (struct cn_transaction){
        .arena = arena, .edits = (const Cosmolet__Northbound__V1__Edit *const *)edits, .edit_count = count};
    if (count > CN_EDITS)
        return cn_fail(
            status, CN_INVALID_ARGUMENT, "CommitRequest.edits: has %zu elements, at most %u are allowed", count,
            CN_EDITS);
    transaction->slot_count = 16;
    while (transaction->slot_count < 2 * count)
        transaction->slot_count *= 2;
    transaction->networks = cn_arena_array(arena, count, sizeof(*transaction->networks));
    transaction->slots = cn_arena_array(arena, transaction->slot_count, sizeof(*transaction->slots));
    transaction->vrfs = cn_arena_array(arena, CN_INSTANCES, sizeof(*transaction->vrfs));
    transaction->classes = cn_arena_array(arena, CN_CLASSES, sizeof(*transaction->classes));
    if (transaction->networks == NULL || transaction->slots == NULL || transaction->vrfs == NULL
        || transaction->classes == NULL)
        return cn_fail(status, CN_RESOURCE_EXHAUSTED, "there is no memory for %zu edits", count);
    return true;
}

// ---- Tables ----

static uint32_t *slot_of(const struct cn_transaction *transaction, unsigned vrf, const struct cn_prefix *prefix)
{
    size_t mask = transaction->slot_count - 1;
    size_t slot = cn_hash(CN_HASH_START + vrf, prefix, sizeof(*prefix)) & mask;
    while (transaction->slots[slot] != 0) {
        const struct cn_network_edit *edit = &transaction->networks[transaction->slots[slot] - 1];
        if (edit->vrf == vrf && memcmp(&edit->prefix, prefix, sizeof(*prefix)) == 0)
            break;
        slot = (slot + 1) & mask;
    }
    return &transaction->slots[slot];
}

struct cn_network_edit *cn_transaction_find(
    const struct cn_transaction *transaction, unsigned vrf, const struct cn_prefix *prefix)
{
    uint32_t position = *slot_of(transaction, vrf, prefix);
    return position == 0 ? NULL : &transaction->networks[position - 1];
}

static int find_vrf(struct cn_transaction *transaction, const char *name, struct cn_status *status)
{
    for (size_t index = 0; index < transaction->vrf_count; index++) {
        if (strcmp(transaction->vrfs[index], name) == 0)
            return (int)index;
    }
    if (bgpd_instance(name) == NULL) {
        cn_fail(status, CN_FAILED_PRECONDITION, "there is no BGP instance in VRF %s", name);
        return -1;
    }
    if (transaction->vrf_count == CN_INSTANCES) {
        cn_fail(status, CN_RESOURCE_EXHAUSTED, "a transaction names at most %u VRFs", CN_INSTANCES);
        return -1;
    }
    strcpy(transaction->vrfs[transaction->vrf_count], name);
    return (int)transaction->vrf_count++;
}

int cn_transaction_class(struct cn_transaction *transaction, const char *name, struct cn_status *status)
{
    for (size_t index = 0; index < transaction->class_count; index++) {
        if (strcmp(transaction->classes[index].name, name) == 0)
            return (int)index;
    }
    if (transaction->class_count == CN_CLASSES) {
        cn_fail(status, CN_RESOURCE_EXHAUSTED, "a transaction concerns at most %u classes", CN_CLASSES);
        return CN_NO_CLASS;
    }
    strcpy(transaction->classes[transaction->class_count].name, name);
    return (int)transaction->class_count++;
}

void cn_transaction_path(
    const struct cn_transaction *transaction, const struct cn_network_edit *edit, char text[CN_PATH_TEXT])
{
    struct cn_path path = {.kind = CN_PATH_NETWORK, .prefix = edit->prefix};
    strcpy(path.vrf, transaction->vrfs[edit->vrf]);
    cn_path_write(&path, text);
}

// ---- Reading edits ----

static bool read_network(
    struct cn_transaction *transaction, const struct cn_path *path, const char *class_name, struct cn_status *status)
{
    int vrf = find_vrf(transaction, path->vrf, status);
    int after = CN_NO_CLASS;
    if (vrf < 0)
        return false;
    if (class_name != NULL) {
        after = cn_transaction_class(transaction, class_name, status);
        if (after == CN_NO_CLASS)
            return false;
    }
    uint32_t *slot = slot_of(transaction, (unsigned)vrf, &path->prefix);
    if (*slot == 0) {
        transaction->networks[transaction->network_count] = (struct cn_network_edit){
            .prefix = path->prefix, .vrf = (uint8_t)vrf, .before = CN_NO_CLASS};
        *slot = (uint32_t)++transaction->network_count;
    }
    transaction->networks[*slot - 1].after = (int16_t)after;
    return true;
}

/// The definition that an edit of a class changes, read from bgpd by the first one.
static struct cn_class *class_to_change(
    struct cn_transaction *transaction, const char *name, struct cn_status *status)
{
    int position = cn_transaction_class(transaction, name, status);
    if (position == CN_NO_CLASS)
        return NULL;
    struct cn_class_edit *edit = &transaction->classes[position];
    if (edit->after != NULL)
        return edit->after;
    edit->before = cn_arena_take(transaction->arena, sizeof(*edit->before));
    edit->after = cn_arena_take(transaction->arena, sizeof(*edit->after));
    if (edit->before == NULL || edit->after == NULL) {
        edit->after = NULL;
        cn_fail(status, CN_RESOURCE_EXHAUSTED, "there is no memory for class %s", name);
        return NULL;
    }
    if (bgpd_class_read(name, edit->before) == BGPD_CLASS_OPERATORS) {
        edit->after = NULL;
        cn_fail(
            status, CN_FAILED_PRECONDITION,
            "the route-map " CN_MARK "%s was not made here: it can be used, not changed", name);
        return NULL;
    }
    *edit->after = *edit->before;
    return edit->after;
}

static bool set_class(
    struct cn_transaction *transaction, const struct cn_path *path, const char *value, struct cn_status *status)
{
    if (path->kind == CN_PATH_CLASS_ACTION) {
        if (strcmp(value, "permit") != 0)
            return cn_fail(status, CN_INVALID_ARGUMENT, "the value is not permit");
    } else {
        const char *problem = cn_attribute_problem(path->attribute, value);
        if (problem != NULL)
            return cn_fail(status, CN_INVALID_ARGUMENT, "the value %s", problem);
    }
    struct cn_class *class = class_to_change(transaction, path->class_name, status);
    if (class == NULL)
        return false;
    class->exists = true;
    if (path->kind == CN_PATH_ATTRIBUTE_VALUE)
        strcpy(class->values[path->attribute], value);
    return true;
}

static bool remove_class(
    struct cn_transaction *transaction, const struct cn_path *path, struct cn_status *status)
{
    struct cn_class *class = class_to_change(transaction, path->class_name, status);
    if (class == NULL)
        return false;
    if (path->kind == CN_PATH_CLASS)
        memset(class, 0, sizeof(*class));
    else
        class->values[path->attribute][0] = '\0';
    return true;
}

static bool read_set(
    struct cn_transaction *transaction, const struct cn_path *path, const char *value, struct cn_status *status)
{
    if (value == NULL)
        return cn_fail(status, CN_INVALID_ARGUMENT, "the value is missing");
    switch (path->kind) {
    case CN_PATH_NETWORK_CLASS:
        if (cn_prefix_is_link_local(&path->prefix))
            return cn_fail(status, CN_INVALID_ARGUMENT, "a link-local prefix is never announced");
        if (cn_text_class_of(value) == NULL)
            return cn_fail(status, CN_INVALID_ARGUMENT, "the value is not " CN_MARK "<class>");
        return read_network(transaction, path, cn_text_class_of(value), status);
    case CN_PATH_CLASS_ACTION:
    case CN_PATH_ATTRIBUTE_VALUE:
        return set_class(transaction, path, value, status);
    default:
        return cn_fail(status, CN_INVALID_ARGUMENT, "a leaf has to be named to be set");
    }
}

static bool read_remove(
    struct cn_transaction *transaction, const struct cn_path *path, const char *value, struct cn_status *status)
{
    if (value != NULL)
        return cn_fail(status, CN_INVALID_ARGUMENT, "a removal has no value");
    switch (path->kind) {
    case CN_PATH_NETWORK:
        return read_network(transaction, path, NULL, status);
    case CN_PATH_CLASS:
    case CN_PATH_ATTRIBUTE:
        return remove_class(transaction, path, status);
    default:
        return cn_fail(status, CN_INVALID_ARGUMENT, "only a whole entry can be removed");
    }
}

static bool read_edit(struct cn_transaction *transaction, size_t index, struct cn_status *status)
{
    const Cosmolet__Northbound__V1__Edit *edit = transaction->edits[index];
    const Cosmolet__Northbound__V1__PathValue *pair = edit->path_value;
    struct cn_path path;
    // Zeroing the words as well would cost more than the rest of an edit.
    struct cn_status reason;
    reason.code = CN_OK;
    reason.text[0] = '\0';
    bool is_set = edit->operation == COSMOLET__NORTHBOUND__V1__EDIT_OPERATION__EDIT_OPERATION_SET;
    if (!is_set && edit->operation != COSMOLET__NORTHBOUND__V1__EDIT_OPERATION__EDIT_OPERATION_REMOVE)
        return cn_fail(status, CN_INVALID_ARGUMENT, "CommitRequest.edits[%zu].operation: is missing or unknown", index);
    if (pair == NULL || pair->path == NULL || pair->path[0] == '\0')
        return cn_fail(status, CN_INVALID_ARGUMENT, "CommitRequest.edits[%zu].path_value.path: is missing", index);
    if (strlen(pair->path) > CN_PATH_BYTES)
        return cn_fail(status, CN_INVALID_ARGUMENT, "CommitRequest.edits[%zu].path_value.path: is too long", index);
    if (pair->value != NULL && strlen(pair->value) > CN_VALUE_BYTES)
        return cn_fail(status, CN_INVALID_ARGUMENT, "CommitRequest.edits[%zu].path_value.value: is too long", index);
    const char *problem = cn_path_read(pair->path, &path);
    if (problem != NULL)
        cn_fail(&reason, CN_INVALID_ARGUMENT, "%s", problem);
    else if (is_set ? read_set(transaction, &path, pair->value, &reason)
                    : read_remove(transaction, &path, pair->value, &reason))
        return true;
    return cn_fail(
        status, reason.code, "CommitRequest.edits[%zu].path_value: path %s: %.900s", index, pair->path, reason.text);
}

enum cn_progress cn_transaction_step(
    struct cn_transaction *transaction, struct cn_running *running, struct cn_status *status)
{
    if (transaction->read_count == transaction->edit_count)
        return cn_transaction_check(transaction, running, status);
    for (unsigned done = 0; done < CN_SLICE && transaction->read_count < transaction->edit_count; done++) {
        if (!read_edit(transaction, transaction->read_count, status))
            return CN_FAILED;
        transaction->read_count++;
    }
    // A short transaction is checked in the same turn.
    if (transaction->edit_count < CN_SLICE)
        return cn_transaction_check(transaction, running, status);
    return CN_MORE;
}
