// SPDX-License-Identifier: GPL-2.0-or-later
/// The command `show cosmolet northbound [json]` of bgpd's terminal.

#ifndef CN_SHOW_H
#define CN_SHOW_H

/// Adds the command. Once, before bgpd's loop runs.
void cn_show_install(void);

#endif
