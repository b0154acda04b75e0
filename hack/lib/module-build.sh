# shellcheck shell=bash
# shellcheck disable=SC2154  # project and here are set in hack/frr-module
# Building bgpd_cosmolet.so: a root folder with FRR's build dependencies and its configured source, per Debian suite; in
# it the module is compiled. FRR itself is not built, only the few headers that its build generates.

# Raise it when the recipe of the root changes.
MODULE_RECIPE=1
MODULES_DIR="${COSMOLET_CACHE:-/var/cache/cosmolet}/frr-module"

# What FRR's configure looks for with the options of Debian's package, and what the module needs.
MODULE_PACKAGES=build-essential,autoconf,automake,libtool,pkgconf,bison,flex,python3-dev,libjson-c-dev,libyang-dev
MODULE_PACKAGES+=,libelf-dev,libcap-dev,libpam0g-dev,libreadline-dev,librtr-dev,libsnmp-dev,lua5.3,liblua5.3-dev
MODULE_PACKAGES+=,libprotobuf-c-dev,protobuf-c-compiler,libc-ares-dev,libzmq3-dev,libpcre2-dev,libatomic1,dpkg-dev

# suite_kind SUITE: which root of the lab has the FRR that the module is for.
suite_kind() {
    case $1 in
        trixie) echo protobuf ;;
        sid) echo native ;;
        *) die "no suite '$1' (trixie or sid)" ;;
    esac
}

# module_root SUITE, module_file SUITE: the folder to build in, and the module. Beside it is one for live tests, whose
# changes of bgpd can be made to fail; nothing installs that.
module_root() { printf '%s/root-%s.r%s' "$MODULES_DIR" "$1" "$MODULE_RECIPE"; }
module_file() { printf '%s/%s/bgpd_cosmolet.so' "$MODULES_DIR" "$1"; }

# build_module SUITE: prints the module's path. Two callers at once: the second waits for the first.
build_module() {
    local suite=$1 kind lock
    kind=$(suite_kind "$suite")
    ensure_roots
    mkdir -p "$MODULES_DIR"
    exec {lock}>"$MODULES_DIR/.lock"
    flock -w 900 "$lock" || die "another caller has been building for 15 minutes ($MODULES_DIR/.lock)"
    if [[ ! -e $(module_root "$suite")/.cosmolet-module-root ]]; then make_module_root "$suite" "$kind"; fi
    compile_module "$suite" "$kind"
    exec {lock}>&-
    module_file "$suite"
    echo
}

in_module_root() { chroot "$(module_root "$1")" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C HOME=/root "${@:2}"; }

make_module_root() {
    local suite=$1 kind=$2 root log frr_suite
    root=$(module_root "$suite")
    log="$MODULES_DIR/root-$suite.log"
    need_commands mmdebstrap flock readelf
    # The suite that the lab's FRR really came from.
    frr_suite=$(sed -n 's/^suite=//p' "$(root_path "$kind")/.cosmolet-root")
    say "making the root to build for Debian $frr_suite in (log: $log)"
    rm -rf --one-file-system "$root"
    if ! { bootstrap_module_root "$frr_suite" "$root" && fetch_frr "$suite" "$frr_suite" "$kind" &&
        configure_frr "$suite" "$kind"; } >"$log" 2>&1; then
        tail -n 15 "$log" >&2
        die "no root to build for $suite; log: $log"
    fi
    touch "$root/.cosmolet-module-root"
}

bootstrap_module_root() {
    local suite=$1 root=$2 mirror options=() packages=$MODULE_PACKAGES
    mirror=$(debian_mirror)
    # Debian's libraries headers of FRR, patched as the package is; trixie has none, and has its whole source.
    case $suite in
        sid | forky) options+=(--aptopt='Acquire::Check-Valid-Until "false"') packages+=,frr-dev ;;
    esac
    eval "$(apt-config shell proxy Acquire::http::Proxy)"
    # shellcheck disable=SC2154
    if [[ -n ${proxy:-} ]]; then options+=("--aptopt=Acquire::http::Proxy \"$proxy\""); fi
    mmdebstrap --variant=minbase --include="$packages" --keyring=/usr/share/keyrings/debian-archive-keyring.gpg \
        "${options[@]}" "$suite" "$root" "$mirror"
    cp /etc/resolv.conf "$root/etc/resolv.conf"
    echo "deb-src $mirror $suite main" >"$root/etc/apt/sources.list.d/source.list"
}

# The source package; where its Debian part is gone from the mirror, the upstream tarball alone.
fetch_frr() {
    local suite=$1 frr_suite=$2 kind=$3 root version source
    root=$(module_root "$suite")
    version=$(root_version "$kind")
    in_module_root "$suite" apt-get -o Acquire::Check-Valid-Until=false -o APT::Sandbox::User=root update
    mkdir -p "$root/src"
    in_module_root "$suite" sh -c 'cd /src && apt-get -o APT::Sandbox::User=root source frr' || true
    source=$(find "$root/src" -mindepth 1 -maxdepth 1 -type d -name 'frr-*')
    if [[ -z $source ]]; then
        source="$root/src/frr-$version"
        mkdir "$source"
        tar -xf "$root/src/frr_$version.orig.tar.xz" -C "$source" --strip-components=1
    fi
    mv -T "$source" "$root/src/frr"
    if ! grep -q "^AC_INIT.*$version" "$root/src/frr/configure.ac"; then
        echo "the source of $frr_suite is not FRR $version, which the lab has"
        return 1
    fi
}

# Structures depend on the options; so they are those of the packaged bgpd, but for the documentation.
configure_frr() {
    local suite=$1 kind=$2 root
    root=$(module_root "$suite")
    chroot "$(root_path "$kind")" /usr/lib/frr/bgpd --version | sed -n '/configured with/,$p' | tail -n +2 |
        sed "s/'--enable-doc[a-z-]*'//g" >"$root/src/options"
    # shellcheck disable=SC2016
    in_module_root "$suite" sh -ec 'cd /src/frr; ./bootstrap.sh; eval "./configure $(cat ../options)"
        make lib/version.h lib/route_types.h
        make lib/gitversion.h || true
        if grep -q mgmt.proto lib/subdir.am; then make lib/mgmt.pb-c.h; fi'
}

build_id() { readelf -n "$1" | sed -n 's/.*Build ID: //p'; }

compile_module() {
    local suite=$1 kind=$2 root frr stamp table log bgpd libfrr
    root=$(module_root "$suite")
    frr=$(root_path "$kind")
    log="$MODULES_DIR/compile-$suite.log"
    bgpd=$(build_id "$frr/usr/lib/frr/bgpd")
    libfrr=$(build_id "$frr/usr/lib/x86_64-linux-gnu/frr/libfrr.so.0")
    # Without them the module would take any build for its own.
    [[ $bgpd =~ ^[0-9a-f]{16,}$ ]] || die "no build id in $frr/usr/lib/frr/bgpd"
    [[ $libfrr =~ ^[0-9a-f]{16,}$ ]] || die "no build id in $frr/usr/lib/x86_64-linux-gnu/frr/libfrr.so.0"
    stamp=$({ cat "$project"/Sources/FRRModule/* "$project"/Sources/CMessages/cosmolet_northbound.pb-c.c \
        "$project"/Sources/CMessages/include/cosmolet_northbound.pb-c.h "$here"/lib/module-{build,compile}.sh \
        "$project/Tests/FRRModuleTests/failing_bgpd.c"
        echo "$bgpd $libfrr"; } | sha256sum)
    if [[ -e $(module_file "$suite") && $(cat "$MODULES_DIR/$suite/stamp" 2>/dev/null) == "$stamp" ]]; then return; fi
    rm -rf "$root/module"
    mkdir -p "$root/module/test" "$MODULES_DIR/$suite"
    cp "$project/Tests/FRRModuleTests/failing_bgpd.c" "$root/module/test"
    cp "$project"/Sources/FRRModule/*.[ch] "$project"/Sources/CMessages/cosmolet_northbound.pb-c.c \
        "$project"/Sources/CMessages/include/cosmolet_northbound.pb-c.h "$root/module"
    cp "$here/lib/module-compile.sh" "$root/module.sh"
    # The table of network statements was renamed between 10.3 and 10.7.
    table=route
    if grep -q 'static_routes\[AFI_MAX\]' "$root/src/frr/bgpd/bgpd.h"; then table=static_routes; fi
    if ! in_module_root "$suite" bash /module.sh "$table" "$bgpd" "$libfrr" >"$log" 2>&1; then
        grep -E 'error|warning' -A 4 "$log" >&2 || tail -n 15 "$log" >&2
        die "the module does not compile for $suite; log: $log"
    fi
    mv "$root/module/bgpd_cosmolet_failing.so" "$MODULES_DIR/$suite/"
    mv "$root/module/bgpd_cosmolet.so" "$(module_file "$suite")"
    printf '%s' "$stamp" >"$MODULES_DIR/$suite/stamp"
    say "built for FRR $(root_version "$kind")"
}
