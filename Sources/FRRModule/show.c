// SPDX-License-Identifier: GPL-2.0-or-later
// FRR's headers come first: they want config.h in front.
#include <zebra.h>

#include <string.h>

#include "command.h"
#include "json.h"
#include "vty.h"

#include "module_state.h"
#include "show.h"

struct field {
    const char *name;
    const char *words;
    uint64_t value;
};

static void show_text(struct vty *vty, const struct field *fields, size_t count)
{
    const struct cn_service *service = &cn_module.service;
    vty_out(vty, "Cosmolet northbound %s for FRR %s\n", CN_MODULE_VERSION, bgpd_version());
    vty_out(
        vty, "  Socket %s%s\n", cn_module.options.socket, cn_module.server.socket != NULL ? "" : " (not listening)");
    if (service->state.path[0] == '\0')
        vty_out(vty, "  State file off\n");
    else
        vty_out(
            vty, "  State file %s%s\n", service->state.path,
            service->state.is_broken ? " (cannot be written)" : "");
    for (size_t index = 0; index < count; index++)
        vty_out(vty, "  %s %" PRIu64 "\n", fields[index].words, fields[index].value);
}

static void show_json(struct vty *vty, const struct field *fields, size_t count)
{
    const struct cn_service *service = &cn_module.service;
    struct json_object *json = json_object_new_object();
    json_object_string_add(json, "version", CN_MODULE_VERSION);
    json_object_string_add(json, "frrVersion", bgpd_version());
    json_object_string_add(json, "socket", cn_module.options.socket);
    json_object_boolean_add(json, "listening", cn_module.server.socket != NULL);
    json_object_string_add(json, "stateFile", service->state.path);
    json_object_boolean_add(json, "stateFileBroken", service->state.is_broken);
    for (size_t index = 0; index < count; index++)
        json_object_object_add(json, fields[index].name, json_object_new_int64((int64_t)fields[index].value));
    vty_json(vty, json);
}

DEFUN(show_cosmolet_northbound, show_cosmolet_northbound_cmd, "show cosmolet northbound [json]",
      SHOW_STR "Cosmolet\n" "Transactions on BGP networks\n" JSON_STR)
{
    const struct cn_service *service = &cn_module.service;
    const struct cn_counters *counters = &service->counters;
    const struct field fields[] = {
        {"generation", "Generation", service->running.generation},
        {"networks", "Networks of ours", service->running.count},
        {"maximumNetworks", "  at most", service->running.maximum},
        {"waiting", "  waiting to be restored",
         service->state.restore != NULL ? cn_restore_count(service->state.restore) : 0},
        {"notRestored", "  not restored", service->running.not_restored},
        {"stateFileFailures", "State file not written, times", service->state.failures},
        {"requests", "Requests", counters->requests},
        {"refused", "  refused", counters->refused},
        {"repliesDropped", "  replies dropped", cn_module.server.replies_dropped},
        {"commits", "Commits applied", counters->commits},
        {"commitsRejected", "  rejected", counters->rejected},
        {"commitsRepeated", "  asked for again", counters->repeated},
        {"foreignChanges", "Changes of ours by others", service->running.foreign_changes},
        {"lastTurnMicroseconds", "Last turn in bgpd's loop (us)", counters->last_turn_us},
        {"longestTurnMicroseconds", "  longest", counters->longest_turn_us},
    };
    if (argc > 3)
        show_json(vty, fields, array_size(fields));
    else
        show_text(vty, fields, array_size(fields));
    return CMD_SUCCESS;
}

void cn_show_install(void)
{
    install_element(VIEW_NODE, &show_cosmolet_northbound_cmd);
}
