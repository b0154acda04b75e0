// SPDX-License-Identifier: GPL-2.0-or-later
// For live tests only, in the file bgpd_cosmolet_failing.so beside the module: the module's objects, linked with
// `--wrap` so that what changes bgpd goes through here and fails on demand. The module itself has none of it. FRR's
// headers come first: they want config.h in front.
#include <zebra.h>

#include <string.h>

#include "command.h"
#include "hook.h"
#include "libfrr.h"
#include "vty.h"

#include "bgpd_frr.h"

/// The change with this number from now on fails, the others do not; 0 for none.
static unsigned long fail_at;

static bool may_change(struct cn_status *status)
{
    if (fail_at == 0 || --fail_at > 0)
        return true;
    return cn_fail(status, CN_INTERNAL, "this bgpd fails on demand");
}

bool __real_bgpd_network_set(
    struct bgpd_instance *instance, const struct cn_prefix *prefix, const char *route_map, struct cn_status *status);
bool __wrap_bgpd_network_set(
    struct bgpd_instance *instance, const struct cn_prefix *prefix, const char *route_map, struct cn_status *status);
bool __real_bgpd_network_remove(
    struct bgpd_instance *instance, const struct cn_prefix *prefix, struct cn_status *status);
bool __wrap_bgpd_network_remove(
    struct bgpd_instance *instance, const struct cn_prefix *prefix, struct cn_status *status);
bool __real_bgpd_class_write(const struct bgpd_class_change *changes, size_t count, struct cn_status *status);
bool __wrap_bgpd_class_write(const struct bgpd_class_change *changes, size_t count, struct cn_status *status);

bool __wrap_bgpd_network_set(
    struct bgpd_instance *instance, const struct cn_prefix *prefix, const char *route_map, struct cn_status *status)
{
    return may_change(status) && __real_bgpd_network_set(instance, prefix, route_map, status);
}

bool __wrap_bgpd_network_remove(
    struct bgpd_instance *instance, const struct cn_prefix *prefix, struct cn_status *status)
{
    return may_change(status) && __real_bgpd_network_remove(instance, prefix, status);
}

bool __wrap_bgpd_class_write(const struct bgpd_class_change *changes, size_t count, struct cn_status *status)
{
    return may_change(status) && __real_bgpd_class_write(changes, count, status);
}

/// Says how many changes were left until the last one that was to fail.
DEFUN(cosmolet_fail_at, cosmolet_fail_at_cmd, "cosmolet fail-at (0-100000)",
      "Cosmolet\n" "Fail on demand\n" "Number of the change from now on, 0 for none\n")
{
    vty_out(vty, "%lu\n", fail_at);
    fail_at = strtoul(argv[2]->arg, NULL, 10);
    return CMD_SUCCESS;
}

static int on_late_init(struct event_loop *master)
{
    (void)master;
    install_element(VIEW_NODE, &cosmolet_fail_at_cmd);
    return 0;
}

__attribute__((constructor)) static void on_load(void)
{
    hook_register(frr_late_init, on_late_init);
}
