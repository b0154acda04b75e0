// SPDX-License-Identifier: GPL-2.0-or-later
// Instances and networks, as FRR 10.3 to 10.7 have them. FRR's headers come first: they want config.h in front.
#include <zebra.h>

#include "bgpd/bgpd.h"
#include "bgpd/bgp_route.h"
#include "bgpd/bgp_table.h"
#include "bgpd/bgp_vty.h"
#include "buffer.h"
#include "command.h"
#include "linklist.h"
#include "prefix.h"
#include "vty.h"

#include "bgpd_frr.h"
#include "text.h"

#ifndef CN_FRR_STATIC_ROUTES
#error "the build says where bgpd keeps its network statements"
#endif

/// bgpd's commands report to a terminal; this one has no connection.
static struct vty *terminal;
static void (*watcher)(void);
static bool is_configured;

static int on_router_id(struct bgp *bgp, bool withdraw)
{
    (void)bgp;
    if (!withdraw && watcher != NULL)
        watcher();
    return 0;
}

// libfrr keeps the declaration to itself.
DECLARE_KOOH(cmd_execute_done, (struct vty *vty, const char *command), (vty, command));

/// The last line that `vtysh -b` sends. From the first one on, and for some seconds behind the last one, bgpd holds its
/// peers back.
static int on_command(struct vty *vty, const char *command)
{
    (void)vty;
    if (is_configured || strcmp(command, "XFRR_end_configuration") != 0)
        return 0;
    is_configured = true;
    if (watcher != NULL)
        watcher();
    return 0;
}

bool bgpd_is_configured(void)
{
    // A bgpd with a file of its own has read it in one event, and no line came from vtysh.
    if (!is_configured)
        is_configured = !bgp_config_inprocess() && bgpd_instances(NULL, 0) > 0;
    return is_configured;
}

void bgpd_networks_watch(void (*function)(void))
{
    if (watcher == NULL)
        hook_register(bgp_routerid_update, on_router_id);
    watcher = function;
}

void bgpd_networks_start(void)
{
    hook_register(cmd_execute_done, on_command);
    terminal = vty_new();
    terminal->type = VTY_TERM;
}

void bgpd_networks_stop(void)
{
    if (watcher != NULL)
        hook_unregister(bgp_routerid_update, on_router_id);
    hook_unregister(cmd_execute_done, on_command);
    watcher = NULL;
    if (terminal == NULL)
        return;
    buffer_reset(terminal->obuf);
    vty_close(terminal);
    terminal = NULL;
}

struct bgp *bgpd_frr_bgp(struct bgpd_instance *instance)
{
    return (struct bgp *)instance;
}

static bool takes_networks(const struct bgp *bgp)
{
    return (bgp->inst_type == BGP_INSTANCE_TYPE_DEFAULT || bgp->inst_type == BGP_INSTANCE_TYPE_VRF)
           && !CHECK_FLAG(bgp->flags, BGP_FLAG_DELETE_IN_PROGRESS)
           && !CHECK_FLAG(bgp->flags, BGP_FLAG_INSTANCE_HIDDEN) && !CHECK_FLAG(bgp->vrf_flags, BGP_VRF_AUTO)
           // A name with a quote could be written into a path, and not be read back.
           && (bgp->name == NULL || (strlen(bgp->name) <= CN_VRF_BYTES && strchr(bgp->name, '\'') == NULL));
}

struct bgpd_instance *bgpd_instance(const char *vrf)
{
    struct bgp *bgp = bgp_lookup_by_name(strcmp(vrf, VRF_DEFAULT_NAME) == 0 ? NULL : vrf);
    return bgp != NULL && takes_networks(bgp) ? (struct bgpd_instance *)bgp : NULL;
}

size_t bgpd_instances(struct bgpd_instance_facts *facts, size_t maximum)
{
    struct listnode *node;
    struct bgp *bgp;
    size_t count = 0;
    for (int is_default = 1; is_default >= 0; is_default--) {
        for (ALL_LIST_ELEMENTS_RO(bm->bgp, node, bgp)) {
            if (!takes_networks(bgp) || (bgp->name == NULL) != is_default)
                continue;
            if (count < maximum) {
                facts[count] = (struct bgpd_instance_facts){
                    .as_number = bgp->as, .import_check = CHECK_FLAG(bgp->flags, BGP_FLAG_IMPORT_CHECK) != 0};
                strlcpy(facts[count].vrf, bgp->name ? bgp->name : VRF_DEFAULT_NAME, sizeof(facts[count].vrf));
            }
            count++;
        }
    }
    return count;
}

afi_t bgpd_frr_afi(unsigned family)
{
    return family == CN_IPV4 ? AFI_IP : AFI_IP6;
}

void bgpd_frr_prefix(const struct cn_prefix *from, struct prefix *to)
{
    memset(to, 0, sizeof(*to));
    to->family = from->family == CN_IPV4 ? AF_INET : AF_INET6;
    to->prefixlen = from->length;
    memcpy(&to->u.prefix, from->bytes, from->family == CN_IPV4 ? 4 : 16);
}

static void from_frr(const struct prefix *from, struct cn_prefix *to)
{
    memset(to, 0, sizeof(*to));
    to->family = from->family == AF_INET ? CN_IPV4 : CN_IPV6;
    to->length = (uint8_t)from->prefixlen;
    memcpy(to->bytes, &from->u.prefix, from->family == AF_INET ? 4 : 16);
}

static void describe(const struct bgp_static *statement, struct bgpd_network *network)
{
    network->route_map = statement->rmap.name;
    network->has_options = statement->backdoor || statement->label_index != BGP_INVALID_LABEL_INDEX;
}

bool bgpd_network_find(struct bgpd_instance *instance, const struct cn_prefix *prefix, struct bgpd_network *network)
{
    struct prefix wanted;
    bgpd_frr_prefix(prefix, &wanted);
    afi_t afi = bgpd_frr_afi(prefix->family);
    struct bgp_dest *dest =
        bgp_node_lookup(bgpd_frr_bgp(instance)->CN_FRR_STATIC_ROUTES[afi][SAFI_UNICAST], &wanted);
    if (dest == NULL)
        return false;
    struct bgp_static *statement = bgp_dest_get_bgp_static_info(dest);
    if (statement != NULL) {
        network->prefix = *prefix;
        describe(statement, network);
    }
    bgp_dest_unlock_node(dest);
    return statement != NULL;
}

void bgpd_network_each(
    struct bgpd_instance *instance, enum cn_family family, bool (*function)(const struct bgpd_network *, void *),
    void *argument)
{
    struct bgp_table *table = bgpd_frr_bgp(instance)->CN_FRR_STATIC_ROUTES[bgpd_frr_afi(family)][SAFI_UNICAST];
    for (struct bgp_dest *dest = bgp_table_top(table); dest != NULL; dest = bgp_route_next(dest)) {
        struct bgp_static *statement = bgp_dest_get_bgp_static_info(dest);
        struct bgpd_network network;
        if (statement == NULL)
            continue;
        from_frr(bgp_dest_get_prefix(dest), &network.prefix);
        describe(statement, &network);
        if (!function(&network, argument)) {
            bgp_dest_unlock_node(dest);
            return;
        }
    }
}

/// The words that bgpd wrote to the terminal, on one line.
static void take_words(struct cn_status *status, const char *prefix)
{
    char *words = buffer_getstr(terminal->obuf);
    const char *start = words + strspn(words, "% \r\n");
    cn_fail(
        status, CN_INTERNAL, "bgpd refused network %s: %.*s", prefix, (int)strcspn(start, "\r\n"),
        *start ? start : "without a reason");
    XFREE(MTYPE_TMP, words);
}

static bool change(
    struct bgpd_instance *instance, const struct cn_prefix *prefix, bool negate, const char *route_map,
    struct cn_status *status)
{
    char text[CN_PREFIX_TEXT];
    cn_prefix_write(prefix, text);
    terminal->node = prefix->family == CN_IPV4 ? BGP_IPV4_NODE : BGP_IPV6_NODE;
    terminal->qobj_index = QOBJ_ID(bgpd_frr_bgp(instance));
    int result = bgp_static_set(
        terminal, negate, text, NULL, NULL, bgpd_frr_afi(prefix->family), SAFI_UNICAST, route_map, 0,
        BGP_INVALID_LABEL_INDEX, 0, NULL, NULL, NULL, NULL);
    if (result != CMD_SUCCESS)
        take_words(status, text);
    // Never flushed: there is nobody to read it.
    buffer_reset(terminal->obuf);
    return result == CMD_SUCCESS;
}

bool bgpd_network_set(
    struct bgpd_instance *instance, const struct cn_prefix *prefix, const char *route_map, struct cn_status *status)
{
    return change(instance, prefix, false, route_map, status);
}

bool bgpd_network_remove(
    struct bgpd_instance *instance, const struct cn_prefix *prefix, struct cn_status *status)
{
    return change(instance, prefix, true, NULL, status);
}
