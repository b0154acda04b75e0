// SPDX-License-Identifier: GPL-2.0-or-later
/// Attribute classes: what the route-map `COSMOLET-<class>` sets.
///
/// | attribute | set-action | leaf | value |
/// |---|---|---|---|
/// | community | frr-bgp-route-map:set-community | frr-bgp-route-map:community-string | `65001:100 graceful-shutdown` |
/// | large community | frr-bgp-route-map:set-large-community | frr-bgp-route-map:large-community-string | `65001:1:2` |
/// | local preference | frr-bgp-route-map:set-local-preference | frr-bgp-route-map:local-pref | `200` |
/// | MED | frr-route-map:set-metric | value | `10` |
/// | prepended path | frr-bgp-route-map:as-path-prepend | frr-bgp-route-map:prepend-as-path | `65001 65001` |
/// | origin | frr-bgp-route-map:set-origin | frr-bgp-route-map:origin | `igp`, `egp`, `incomplete` |

#ifndef CN_ATTRIBUTES_H
#define CN_ATTRIBUTES_H

#include <stdbool.h>
#include <stddef.h>

#include "cn_limits.h"

enum cn_attribute {
    CN_COMMUNITY,
    CN_LARGE_COMMUNITY,
    CN_LOCAL_PREFERENCE,
    CN_MED,
    CN_PREPEND,
    CN_ORIGIN,
};
#define CN_ATTRIBUTES 6

/// Names of an attribute in FRR's YANG modules.
struct cn_attribute_names {
    const char *action;
    const char *leaf;
};

extern const struct cn_attribute_names cn_attribute_names[CN_ATTRIBUTES];

/// The definition of a class; an attribute with an empty value is not set. Zeroed it is a class that does not exist.
struct cn_class {
    bool exists;
    char values[CN_ATTRIBUTES][CN_VALUE_BYTES + 1];
};

/// The attribute of a set-action; -1 for one that is not ours to set.
int cn_attribute_of(const char *action, size_t length);

/// What is wrong with a value, NULL when bgpd will take it. bgpd itself would report a bad value only after the commit.
const char *cn_attribute_problem(enum cn_attribute attribute, const char *value);

/// Whether two definitions say the same.
bool cn_class_equal(const struct cn_class *a, const struct cn_class *b);

#endif
