// SPDX-License-Identifier: GPL-2.0-or-later
/// Between the files that implement bgpd.h inside of bgpd.

#ifndef CN_BGPD_FRR_H
#define CN_BGPD_FRR_H

#include "bgpd.h"

struct bgp;
struct prefix;

/// What FRR's own functions take.
struct bgp *bgpd_frr_bgp(struct bgpd_instance *instance);
afi_t bgpd_frr_afi(unsigned family);
void bgpd_frr_prefix(const struct cn_prefix *from, struct prefix *to);

/// Makes and frees the terminal that bgpd's commands report to.
void bgpd_networks_start(void);
void bgpd_networks_stop(void);

/// Calls a function whenever an instance may have come, as it got its router id, without which it has no session; and
/// when bgpd's configuration is read.
void bgpd_networks_watch(void (*function)(void));

#endif
