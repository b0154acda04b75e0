#!/bin/bash
# Compiles the module in /module against the FRR in /src/frr; and for live tests a second one, whose changes of bgpd can
# be made to fail. Runs inside the build's root (see module-build.sh).
# Usage: module-compile.sh TABLE BGPD_BUILD_ID LIBFRR_BUILD_ID
set -euo pipefail
table=$1 bgpd=$2 libfrr=$3
cd /module

own=(-std=gnu11 -O2 -g -fPIC -fvisibility=hidden -fstack-protector-strong -D_FORTIFY_SOURCE=2 -D_GNU_SOURCE
    -Wall -Wextra -Werror -I.)
read -ra yang <<<"$(pkg-config --cflags libyang)"
# Debian's headers of FRR's library, where there are, are patched like its binaries; the source is not.
frr=(-DHAVE_CONFIG_H -fms-extensions -Wno-unused-parameter -Wno-sign-compare -Wno-missing-field-initializers
    -isystem /usr/include/frr -isystem /usr/include/frr/lib -isystem /src/frr -isystem /src/frr/lib "${yang[@]}"
    -DCN_FRR_STATIC_ROUTES="$table" -DCN_BGPD_BUILD_ID="\"$bgpd\"" -DCN_LIBFRR_BUILD_ID="\"$libfrr\"")

objects=()
for file in *.c test/*.c; do
    flags=("${own[@]}")
    if grep -q '^#include <zebra.h>' "$file"; then flags+=("${frr[@]}"); fi
    gcc "${flags[@]}" -c "$file" -o "$file.o"
    if [[ $file != test/* ]]; then objects+=("$file.o"); fi
done

# protobuf-c goes in whole and hidden: FRR may have another version of it, or none. What FRR has stays undefined here.
link() { # FILE ARGUMENT...
    gcc -shared -fPIC -Wl,-z,now,-z,relro,-z,noexecstack -Wl,--exclude-libs,ALL -o "$1" "${objects[@]}" "${@:2}" \
        -l:libprotobuf-c.a -lzmq
}

link bgpd_cosmolet.so
link bgpd_cosmolet_failing.so test/failing_bgpd.c.o -Wl,--wrap=bgpd_network_set,--wrap=bgpd_network_remove \
    -Wl,--wrap=bgpd_class_write
