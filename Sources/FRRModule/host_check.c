// SPDX-License-Identifier: GPL-2.0-or-later
// FRR's headers come first: they want config.h in front.
#include <zebra.h>

#include <elf.h>
#include <link.h>
#include <string.h>

#include "module.h"
#include "lib/version.h"

#include "host_check.h"

// The build says them: hexadecimal build ids of bgpd and of libfrr. A build by other means may leave them out, and takes
// any build of the version.
#ifndef CN_BGPD_BUILD_ID
#define CN_BGPD_BUILD_ID ""
#endif
#ifndef CN_LIBFRR_BUILD_ID
#define CN_LIBFRR_BUILD_ID ""
#endif

struct build {
    const char *file;
    const char *expected;
    char found[2 * 64 + 1];
};

/// Reads the GNU build id out of notes in memory.
static void read_notes(const char *notes, size_t size, struct build *build)
{
    while (size >= sizeof(ElfW(Nhdr))) {
        const ElfW(Nhdr) *note = (const void *)notes;
        size_t name = (note->n_namesz + 3u) & ~3u, value = (note->n_descsz + 3u) & ~3u;
        size_t length = sizeof(*note) + name + value;
        if (length > size)
            return;
        const uint8_t *bytes = (const uint8_t *)notes + sizeof(*note) + name;
        if (note->n_type == NT_GNU_BUILD_ID && note->n_namesz == 4
            && memcmp(notes + sizeof(*note), "GNU", 4) == 0 && note->n_descsz <= 64) {
            for (size_t index = 0; index < note->n_descsz; index++)
                snprintf(build->found + 2 * index, 3, "%02x", bytes[index]);
            return;
        }
        notes += length;
        size -= length;
    }
}

static int look_at(struct dl_phdr_info *object, size_t size, void *argument)
{
    struct build *build = argument;
    const char *slash = strrchr(object->dlpi_name, '/');
    const char *name = slash != NULL ? slash + 1 : object->dlpi_name;
    (void)size;
    // The program itself has no name.
    if (strncmp(name, build->file, strlen(build->file)) != 0 || (*build->file == '\0' && *name != '\0'))
        return 0;
    for (int index = 0; index < object->dlpi_phnum; index++) {
        const ElfW(Phdr) *header = &object->dlpi_phdr[index];
        if (header->p_type == PT_NOTE && build->found[0] == '\0')
            read_notes((const char *)(object->dlpi_addr + header->p_vaddr), header->p_memsz, build);
    }
    return 1;
}

static bool is_expected(struct build *build)
{
    dl_iterate_phdr(look_at, build);
    return build->expected[0] == '\0' || strcmp(build->expected, build->found) == 0;
}

const char *cn_host_problem(bool any_build)
{
    static char problem[512];
    struct build bgpd = {.file = "", .expected = CN_BGPD_BUILD_ID};
    struct build library = {.file = "libfrr.so", .expected = CN_LIBFRR_BUILD_ID};
    for (struct frrmod_runtime *module = frrmod_list; module != NULL; module = module->next) {
        const char *version = module->info != NULL ? module->info->version : NULL;
        bool is_frr = module->load_name == NULL;
        if (is_frr && version != NULL && strcmp(version, FRR_VERSION) != 0) {
            snprintf(
                problem, sizeof(problem), "this module was built for FRR %s, not for FRR %s: it does nothing here",
                FRR_VERSION, version);
            return problem;
        }
    }
    if (any_build)
        return NULL;
    struct build *other = !is_expected(&bgpd) ? &bgpd : !is_expected(&library) ? &library : NULL;
    if (other == NULL)
        return NULL;
    snprintf(
        problem, sizeof(problem),
        "this module was built for another build of FRR %s (%s is %.12s, not %.12s): it does nothing here; "
        "build it anew, or give it builds=any if only the packaging differs",
        FRR_VERSION, other == &bgpd ? "bgpd" : "libfrr", other->found[0] ? other->found : "unknown", other->expected);
    return problem;
}
