// SPDX-License-Identifier: GPL-2.0-or-later
#include "path.h"

#include <stdio.h>
#include <string.h>

#include "text.h"

#define INSTANCE                                                                                                       \
    "/frr-routing:routing/control-plane-protocols/control-plane-protocol[type='frr-bgp:bgp'][name='bgp'][vrf='"
#define FAMILIES "']/frr-bgp:bgp/global/afi-safis/afi-safi[afi-safi-name='frr-routing:"
#define FAMILY(NAME) NAME "-unicast']/" NAME "-unicast/network-config[prefix='"
#define CLASS_LEAF "/rmap-policy-export"
#define ROUTE_MAP "/frr-route-map:lib/route-map[name='"
#define ENTRY "/entry[sequence='" CN_ROUTE_MAP_SEQUENCE "']"
#define SET_ACTION ENTRY "/set-action[action='"
#define SET_VALUE "']/rmap-set-action/"

static const char *const families[CN_FAMILIES] = {FAMILY("ipv4"), FAMILY("ipv6")};

static bool skip(const char **text, const char *expected)
{
    size_t length = strlen(expected);
    if (strncmp(*text, expected, length) != 0)
        return false;
    *text += length;
    return true;
}

/// Takes what stands before a quote, which stays.
static bool take_quoted(const char **text, char *value, size_t maximum)
{
    size_t length = strcspn(*text, "'");
    if ((*text)[length] != '\'' || length == 0 || length > maximum)
        return false;
    memcpy(value, *text, length);
    value[length] = '\0';
    *text += length;
    return true;
}

static const char *read_network(const char *text, struct cn_path *path)
{
    if (!take_quoted(&text, path->vrf, CN_VRF_BYTES))
        return "the key vrf is not closed by ']";
    if (!skip(&text, FAMILIES))
        return "is not a network-config entry of a BGP instance";
    unsigned family = CN_IPV4;
    if (!skip(&text, families[CN_IPV4])) {
        family = CN_IPV6;
        if (!skip(&text, families[CN_IPV6]))
            return "is not a network-config entry of IPv4 or IPv6 unicast";
    }
    size_t length = strcspn(text, "'");
    if (text[length] != '\'' || text[length + 1] != ']')
        return "the key prefix is not closed by ']";
    const char *problem = cn_prefix_read(text, length, &path->prefix);
    if (problem != NULL)
        return problem;
    if (path->prefix.family != family)
        return "the prefix is of another address family";
    text += length + 2;
    path->kind = CN_PATH_NETWORK;
    if (*text == '\0')
        return NULL;
    path->kind = CN_PATH_NETWORK_CLASS;
    return strcmp(text, CLASS_LEAF) == 0 ? NULL : "only the leaf rmap-policy-export is known below network-config";
}

static const char *read_class(const char *text, struct cn_path *path)
{
    char name[CN_ROUTE_MAP_BYTES + 1];
    if (!take_quoted(&text, name, CN_ROUTE_MAP_BYTES) || !skip(&text, "']"))
        return "the key name is no route-map of ours or not closed by ']";
    const char *class_name = cn_text_class_of(name);
    if (class_name == NULL)
        return "the route-map is not " CN_MARK "<class>";
    strcpy(path->class_name, class_name);
    path->kind = CN_PATH_CLASS;
    if (*text == '\0')
        return NULL;
    path->kind = CN_PATH_CLASS_ACTION;
    if (strcmp(text, ENTRY "/action") == 0)
        return NULL;
    if (!skip(&text, SET_ACTION))
        return "only action and set-action of entry " CN_ROUTE_MAP_SEQUENCE " are known below a route-map";
    size_t length = strcspn(text, "'");
    int attribute = cn_attribute_of(text, length);
    if (attribute < 0)
        return "the set-action is none that a class has";
    path->attribute = (enum cn_attribute)attribute;
    text += length;
    path->kind = CN_PATH_ATTRIBUTE;
    if (strcmp(text, "']") == 0)
        return NULL;
    path->kind = CN_PATH_ATTRIBUTE_VALUE;
    if (!skip(&text, SET_VALUE) || strcmp(text, cn_attribute_names[attribute].leaf) != 0)
        return "the leaf is not the one of its set-action";
    return NULL;
}

const char *cn_path_read(const char *text, struct cn_path *path)
{
    memset(path, 0, sizeof(*path));
    if (skip(&text, INSTANCE))
        return read_network(text, path);
    if (skip(&text, ROUTE_MAP))
        return read_class(text, path);
    return "is neither a network-config entry of a BGP instance nor a class's route-map";
}

bool cn_path_is_within(const char *path, const char *node)
{
    size_t length = strlen(node);
    if (strncmp(path, node, length) != 0)
        return false;
    return path[length] == '\0' || path[length] == '/' || path[length] == '[';
}

bool cn_path_is_subtree(const char *text)
{
    struct cn_path path;
    char vrf[CN_VRF_BYTES + 1] = "default", list[CN_PATH_TEXT];
    const char *rest = text;
    if (cn_path_read(text, &path) == NULL)
        return true;
    if (skip(&rest, INSTANCE) && !take_quoted(&rest, vrf, CN_VRF_BYTES))
        return false;
    for (int family = 0; family < CN_FAMILIES; family++) {
        snprintf(list, sizeof(list), INSTANCE "%s" FAMILIES "%s", vrf, families[family]);
        *strrchr(list, '[') = '\0';
        if (cn_path_is_within(list, text))
            return true;
    }
    return strcmp(text, "/frr-route-map:lib") == 0 || strcmp(text, "/frr-route-map:lib/route-map") == 0;
}

void cn_path_write(const struct cn_path *path, char text[CN_PATH_TEXT])
{
    if (path->kind == CN_PATH_NETWORK || path->kind == CN_PATH_NETWORK_CLASS) {
        char prefix[CN_PREFIX_TEXT];
        cn_prefix_write(&path->prefix, prefix);
        snprintf(
            text, CN_PATH_TEXT, INSTANCE "%s" FAMILIES "%s%s']%s", path->vrf, families[path->prefix.family], prefix,
            path->kind == CN_PATH_NETWORK_CLASS ? CLASS_LEAF : "");
        return;
    }
    const struct cn_attribute_names *names = &cn_attribute_names[path->attribute];
    switch (path->kind) {
    case CN_PATH_CLASS_ACTION:
        snprintf(text, CN_PATH_TEXT, ROUTE_MAP CN_MARK "%s']" ENTRY "/action", path->class_name);
        break;
    case CN_PATH_ATTRIBUTE:
        snprintf(text, CN_PATH_TEXT, ROUTE_MAP CN_MARK "%s']" SET_ACTION "%s']", path->class_name, names->action);
        break;
    case CN_PATH_ATTRIBUTE_VALUE:
        snprintf(
            text, CN_PATH_TEXT, ROUTE_MAP CN_MARK "%s']" SET_ACTION "%s" SET_VALUE "%s", path->class_name,
            names->action, names->leaf);
        break;
    default:
        snprintf(text, CN_PATH_TEXT, ROUTE_MAP CN_MARK "%s']", path->class_name);
    }
}
