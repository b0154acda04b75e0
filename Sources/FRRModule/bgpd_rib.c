// SPDX-License-Identifier: GPL-2.0-or-later
// What BGP has of a prefix, as FRR 10.3 to 10.7 have it. FRR's headers come first: they want config.h in front.
#include <zebra.h>

#include "bgpd/bgpd.h"
#include "bgpd/bgp_route.h"
#include "bgpd/bgp_table.h"
#include "linklist.h"
#include "prefix.h"
#include "routemap.h"

#include "bgpd_frr.h"

struct bgpd_paths bgpd_paths(struct bgpd_instance *instance, const struct cn_prefix *prefix)
{
    struct bgp *bgp = bgpd_frr_bgp(instance);
    struct bgpd_paths found = {false, false};
    struct prefix wanted;
    bgpd_frr_prefix(prefix, &wanted);
    struct bgp_dest *dest = bgp_node_lookup(bgp->rib[bgpd_frr_afi(prefix->family)][SAFI_UNICAST], &wanted);
    if (dest == NULL)
        return found;
    for (struct bgp_path_info *path = bgp_dest_get_bgp_path_info(dest); path != NULL; path = path->next) {
        // One that goes stays in the list until BGP has told of it.
        if (path->peer != bgp->peer_self || !CHECK_FLAG(path->flags, BGP_PATH_VALID)
            || CHECK_FLAG(path->flags, BGP_PATH_REMOVED))
            continue;
        found.by_network |= path->type == ZEBRA_ROUTE_BGP && path->sub_type == BGP_ROUTE_STATIC;
        // Its table is not looked at: BGP keeps one path for all tables, with the number of the first.
        found.by_redistribution |= path->type == ZEBRA_ROUTE_TABLE_DIRECT && path->sub_type == BGP_ROUTE_REDISTRIBUTE;
    }
    bgp_dest_unlock_node(dest);
    return found;
}

size_t bgpd_redistributions(struct bgpd_instance *instance, struct bgpd_redistribution *redistributions, size_t maximum)
{
    size_t count = 0;
    for (int family = 0; family < CN_FAMILIES; family++) {
        struct list *list = bgpd_frr_bgp(instance)->redist[bgpd_frr_afi((unsigned)family)][ZEBRA_ROUTE_TABLE_DIRECT];
        struct listnode *node;
        struct bgp_redist *line;
        if (list == NULL)
            continue;
        for (ALL_LIST_ELEMENTS_RO(list, node, line)) {
            if (count < maximum)
                redistributions[count] = (struct bgpd_redistribution){
                    .family = (enum cn_family)family,
                    .table = line->instance,
                    .route_map = line->rmap.name,
                    .route_map_exists = line->rmap.name == NULL || route_map_lookup_by_name(line->rmap.name) != NULL};
            count++;
        }
    }
    return count;
}
