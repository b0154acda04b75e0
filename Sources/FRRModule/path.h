// SPDX-License-Identifier: GPL-2.0-or-later
/// The YANG instance paths that the module serves.
///
/// ```
/// /frr-routing:routing/control-plane-protocols
///   /control-plane-protocol[type='frr-bgp:bgp'][name='bgp'][vrf='VRF']/frr-bgp:bgp/global/afi-safis
///   /afi-safi[afi-safi-name='frr-routing:ipv4-unicast']/ipv4-unicast/network-config[prefix='PREFIX']
///   /rmap-policy-export
///
/// /frr-route-map:lib/route-map[name='COSMOLET-CLASS']
///   /entry[sequence='10']/action
///   /entry[sequence='10']/set-action[action='ACTION']/rmap-set-action/LEAF
/// ```

#ifndef CN_PATH_H
#define CN_PATH_H

#include "attributes.h"
#include "cn_prefix.h"

/// The sequence number of the one entry of our route-maps.
#define CN_ROUTE_MAP_SEQUENCE "10"

enum cn_path_kind {
    /// A list entry `network-config`.
    CN_PATH_NETWORK,
    /// Its leaf `rmap-policy-export`.
    CN_PATH_NETWORK_CLASS,
    /// A route-map of ours.
    CN_PATH_CLASS,
    /// The leaf `action` of its entry.
    CN_PATH_CLASS_ACTION,
    /// A set-action of its entry.
    CN_PATH_ATTRIBUTE,
    /// The leaf of a set-action.
    CN_PATH_ATTRIBUTE_VALUE,
};

struct cn_path {
    enum cn_path_kind kind;
    /// Of a network.
    char vrf[CN_VRF_BYTES + 1];
    struct cn_prefix prefix;
    /// Of a class.
    char class_name[CN_CLASS_BYTES + 1];
    enum cn_attribute attribute;
};

/// Reads a path. NULL when it is one of the above, else what is wrong with it.
const char *cn_path_read(const char *text, struct cn_path *path);

/// Whether a path is that of a node, or of one below it.
bool cn_path_is_within(const char *path, const char *node);

/// Whether a path is one of the above, or of a node above them.
bool cn_path_is_subtree(const char *text);

/// Room for the longest of our paths and NUL.
#define CN_PATH_TEXT 512

/// Writes a path.
void cn_path_write(const struct cn_path *path, char text[CN_PATH_TEXT]);

#endif
