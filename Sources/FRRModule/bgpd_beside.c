// SPDX-License-Identifier: GPL-2.0-or-later
// Log, version and clocks. FRR's headers come first: they want config.h in front.
#include <zebra.h>

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "lib/version.h"

#include "bgpd_frr.h"

void bgpd_log(enum bgpd_level level, const char *format, ...)
{
    char line[CN_STATUS_BYTES + 256];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof(line), format, arguments);
    va_end(arguments);
    switch (level) {
    case BGPD_ERROR:
        zlog_err("cosmolet northbound: %s", line);
        break;
    case BGPD_WARNING:
        zlog_warn("cosmolet northbound: %s", line);
        break;
    case BGPD_NOTICE:
        zlog_notice("cosmolet northbound: %s", line);
        break;
    }
}

const char *bgpd_version(void)
{
    return FRR_VERSION;
}

static uint64_t microseconds(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000000u + (uint64_t)now.tv_nsec / 1000u;
}

uint64_t bgpd_monotonic_us(void)
{
    return microseconds(CLOCK_MONOTONIC);
}

uint64_t bgpd_realtime_us(void)
{
    return microseconds(CLOCK_REALTIME);
}

uint64_t bgpd_boot_seconds(void)
{
    return microseconds(CLOCK_BOOTTIME) / 1000000u;
}

const char *bgpd_boot_id(void)
{
    static char id[CN_BOOT_BYTES + 1];
    if (id[0] != '\0')
        return id;
    int descriptor = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    if (descriptor < 0)
        return id;
    if (read(descriptor, id, CN_BOOT_BYTES) != (ssize_t)CN_BOOT_BYTES)
        id[0] = '\0';
    close(descriptor);
    return id;
}
