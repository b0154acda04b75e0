// SPDX-License-Identifier: GPL-2.0-or-later
// Class route-maps, through FRR's own northbound. FRR's headers come first: they want config.h in front.
#include <zebra.h>

#include <string.h>

#include "northbound.h"
#include "northbound_cli.h"
#include "routemap.h"
#include "yang.h"

#include "bgpd_frr.h"
#include "path.h"
#include "text.h"

#define LIBRARY "/frr-route-map:lib"
#define ENTRY LIBRARY "/route-map[name='" CN_MARK "%s']/entry[sequence='" CN_ROUTE_MAP_SEQUENCE "']"

// ---- Reading ----

bool bgpd_class_exists(const char *name)
{
    char route_map[CN_ROUTE_MAP_BYTES + 1];
    snprintf(route_map, sizeof(route_map), CN_MARK "%s", name);
    return route_map_lookup_by_name(route_map) != NULL;
}

struct reading {
    const struct lyd_node *route_map;
    struct cn_class *definition;
    bool is_ours;
};

/// Path of a node below its route-map, `/entry[…]/action`.
static const char *path_below(const struct reading *reading, const struct lyd_node *node, char *path, size_t size)
{
    char base[XPATH_MAXLEN];
    yang_dnode_get_path(reading->route_map, base, sizeof(base));
    yang_dnode_get_path(node, path, size);
    size_t length = strlen(base);
    return strncmp(path, base, length) == 0 ? path + length : "";
}

static bool read_leaf(struct reading *reading, const struct lyd_node *node)
{
    char absolute[XPATH_MAXLEN];
    struct cn_path path;
    const char *below = path_below(reading, node, absolute, sizeof(absolute));
    const char *value = yang_dnode_get_string(node, NULL);
    // Keys of lists, and words for people.
    if (strcmp(below, "/name") == 0 || strcmp(below, "/entry[sequence='" CN_ROUTE_MAP_SEQUENCE "']/sequence") == 0
        || strcmp(below, "/entry[sequence='" CN_ROUTE_MAP_SEQUENCE "']/description") == 0)
        return true;
    size_t length = strlen(below);
    if (length > 9 && strcmp(below + length - 9, "']/action") == 0 && strstr(below, "/set-action[") != NULL)
        return cn_attribute_of(value, strlen(value)) >= 0;
    if (strcmp(below, "/entry[sequence='" CN_ROUTE_MAP_SEQUENCE "']/exit-policy") == 0)
        return strcmp(value, "permit-or-deny") == 0;
    if (cn_path_read(absolute, &path) != NULL)
        return false;
    if (path.kind == CN_PATH_CLASS_ACTION)
        return strcmp(value, "permit") == 0;
    if (path.kind != CN_PATH_ATTRIBUTE_VALUE || strlen(value) > CN_VALUE_BYTES)
        return false;
    strcpy(reading->definition->values[path.attribute], value);
    return true;
}

static int read_node(const struct lyd_node *node, void *argument)
{
    struct reading *reading = argument;
    if (node->schema->nodetype != LYS_LEAF && node->schema->nodetype != LYS_LEAFLIST)
        return YANG_ITER_CONTINUE;
    // A default that nobody set is no more than the schema's.
    if (node->flags & LYD_DEFAULT)
        return YANG_ITER_CONTINUE;
    reading->is_ours = read_leaf(reading, node);
    return reading->is_ours ? YANG_ITER_CONTINUE : YANG_ITER_STOP;
}

static void read_tree(struct reading *reading, const struct lyd_node *tree)
{
    const struct lyd_node *node;
    LYD_TREE_DFS_BEGIN (tree, node) {
        if (read_node(node, reading) == YANG_ITER_STOP)
            return;
        LYD_TREE_DFS_END(tree, node);
    }
}

enum bgpd_class_kind bgpd_class_read(const char *name, struct cn_class *definition)
{
    struct reading reading = {.definition = definition, .is_ours = true};
    memset(definition, 0, sizeof(*definition));
    definition->exists = bgpd_class_exists(name);
    reading.route_map =
        yang_dnode_getf(running_config->dnode, LIBRARY "/route-map[name='" CN_MARK "%s']", name);
    if (!definition->exists)
        return reading.route_map == NULL ? BGPD_CLASS_ABSENT : BGPD_CLASS_OPERATORS;
    if (reading.route_map == NULL || yang_dnode_getf(running_config->dnode, ENTRY, name) == NULL)
        return BGPD_CLASS_OPERATORS;
    read_tree(&reading, reading.route_map);
    return reading.is_ours ? BGPD_CLASS_OURS : BGPD_CLASS_OPERATORS;
}

struct listing {
    bool (*function)(const char *, void *);
    void *argument;
};

static int list_node(const struct lyd_node *node, void *argument)
{
    const struct listing *listing = argument;
    const char *name = cn_text_class_of(yang_dnode_get_string(node, NULL));
    if (name == NULL)
        return YANG_ITER_CONTINUE;
    return listing->function(name, listing->argument) ? YANG_ITER_CONTINUE : YANG_ITER_STOP;
}

void bgpd_class_each(bool (*function)(const char *name, void *), void *argument)
{
    struct listing listing = {function, argument};
    if (yang_dnode_get(running_config->dnode, LIBRARY) != NULL)
        yang_dnode_iterate(list_node, &listing, running_config->dnode, LIBRARY "/route-map/name");
}

// ---- Writing ----

/// Of one class: the route-map, its entry, the entry's action, and two for each attribute.
#define CHANGES_OF_CLASS (3 + 2 * CN_ATTRIBUTES)

struct changes {
    struct nb_cfg_change list[CHANGES_OF_CLASS * CN_CLASSES_CHANGED];
    size_t count;
};

static void add(struct changes *changes, enum nb_operation operation, const struct cn_path *path, const char *value)
{
    struct nb_cfg_change *change = &changes->list[changes->count++];
    char text[CN_PATH_TEXT];
    cn_path_write(path, text);
    strlcpy(change->xpath, text, sizeof(change->xpath));
    change->operation = operation;
    change->value = value;
}

static void work_out(struct changes *changes, const struct bgpd_class_change *class)
{
    struct cn_path path = {.kind = CN_PATH_CLASS};
    strlcpy(path.class_name, class->name, sizeof(path.class_name));
    if (!class->after->exists) {
        add(changes, NB_OP_DESTROY, &path, NULL);
        return;
    }
    if (!class->before->exists) {
        add(changes, NB_OP_CREATE, &path, NULL);
        path.kind = CN_PATH_CLASS_ACTION;
        add(changes, NB_OP_MODIFY, &path, "permit");
    }
    for (int attribute = 0; attribute < CN_ATTRIBUTES; attribute++) {
        const char *old = class->before->values[attribute], *new = class->after->values[attribute];
        if (strcmp(old, new) == 0)
            continue;
        path.attribute = attribute;
        path.kind = CN_PATH_ATTRIBUTE;
        add(changes, *new != '\0' ? NB_OP_CREATE : NB_OP_DESTROY, &path, NULL);
        path.kind = CN_PATH_ATTRIBUTE_VALUE;
        if (*new != '\0')
            add(changes, NB_OP_MODIFY, &path, new);
    }
}

bool bgpd_class_write(const struct bgpd_class_change *classes, size_t count, struct cn_status *status)
{
    static struct changes changes;
    struct nb_context context = {.client = NB_CLIENT_CLI};
    char words[1024] = "";
    bool is_wrong = false;
    changes.count = 0;
    for (size_t index = 0; index < count; index++)
        work_out(&changes, &classes[index]);
    struct nb_config *candidate = nb_config_dup(running_config);
    nb_candidate_edit_config_changes(
        candidate, changes.list, changes.count, NULL, false, words, sizeof(words), &is_wrong);
    int result =
        is_wrong ? NB_ERR : nb_candidate_commit(context, candidate, false, NULL, NULL, words, sizeof(words));
    nb_config_free(candidate);
    if (result != NB_OK && result != NB_ERR_NO_CHANGES) {
        bool is_locked = result == NB_ERR_LOCKED;
        return cn_fail(
            status, is_locked ? CN_UNAVAILABLE : CN_INTERNAL, "bgpd refused route-map " CN_MARK "%s%s: %s (%s)",
            classes[0].name, count > 1 ? " or one after it" : "", words, nb_err_name(result));
    }
    // vtysh commits the candidate that it shares with all terminals: without our change there, its next command on any
    // route-map would undo ours.
    nb_candidate_edit_config_changes(
        vty_shared_candidate_config, changes.list, changes.count, NULL, false, words, sizeof(words), &is_wrong);
    return true;
}
