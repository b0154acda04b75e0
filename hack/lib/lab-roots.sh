# shellcheck shell=bash
# FRR root folders: a Debian package set with FRR in it, extracted but not installed. Nothing runs in one until
# lab-enter.sh binds a member's own folders over it, read-only below, so any number of members share one.

# Raise it when the recipe below changes; older roots then stay for the labs that use them.
ROOT_RECIPE=2
ROOTS_DIR="${COSMOLET_CACHE:-/var/cache/cosmolet}/roots"

# FRR's user and groups, as its package would make them. The management socket is for this user only (and root).
FRR_UID=920
FRR_GID=920
FRRVTY_GID=921

# root_suites KIND: Debian suites that may have the FRR of this kind, best first.
root_suites() {
    case $1 in
        protobuf) echo trixie ;;
        native) echo sid forky ;;
    esac
}

root_path() { printf '%s/frr-%s.r%s' "$ROOTS_DIR" "$1" "$ROOT_RECIPE"; }

root_version() { sed -n 's/^frr=//p' "$(root_path "$1")/.cosmolet-root"; }

# The dialect of the management socket follows from the release alone: native from 10.4 on.
version_dialect() {
    local major minor
    IFS=. read -r major minor _ <<<"$1"
    minor=${minor%%[!0-9]*}
    if ((major > 10 || (major == 10 && minor >= 4))); then echo native; else echo protobuf; fi
}

# The Debian mirror that this machine's own apt uses.
debian_mirror() {
    local mirror=${COSMOLET_DEBIAN_MIRROR:-}
    if [[ -z $mirror ]]; then
        # shellcheck disable=SC2016  # apt expands these
        mirror=$(apt-get indextargets --format '$(REPO_URI) $(LABEL)' 'Created-By: Packages' |
            awk '$2 == "Debian" || ($2 == "" && $1 !~ /security/) { print $1; exit }')
    fi
    [[ -n $mirror ]] || die "no Debian mirror in this machine's apt sources (set COSMOLET_DEBIAN_MIRROR)"
    printf '%s' "$mirror"
}

# ensure_roots: builds what is not there. Two callers at once: the second waits for the first.
ensure_roots() {
    local kind
    if [[ -e $(root_path protobuf)/.cosmolet-root && -e $(root_path native)/.cosmolet-root ]]; then return; fi
    need_commands mmdebstrap flock
    mkdir -p "$ROOTS_DIR"
    exec {roots_lock}>"$ROOTS_DIR/.lock"
    flock -w 600 "$roots_lock" || die "another caller has been building FRR roots for 10 minutes ($ROOTS_DIR/.lock)"
    for kind in protobuf native; do
        [[ -e $(root_path "$kind")/.cosmolet-root ]] || build_root "$kind"
    done
    exec {roots_lock}>&-
}

build_root() {
    local kind=$1 suite version log
    log="$ROOTS_DIR/build-$kind.log"
    rm -rf "$ROOTS_DIR/.building-$kind".*
    for suite in $(root_suites "$kind"); do
        building=$(mktemp -d "$ROOTS_DIR/.building-$kind.XXXXXX")
        say "building the FRR root '$kind' from Debian $suite (log: $log)"
        if extract_root "$suite" "$building" >"$log" 2>&1 && complete_root "$building" >>"$log" 2>&1; then
            version=$(chroot "$building" /usr/lib/frr/mgmtd --version | sed -n '1s/^mgmtd version //p')
            if [[ $kind == "$(version_dialect "${version:-0.0}")" ]]; then
                printf 'suite=%s\nfrr=%s\n' "$suite" "$version" >"$building/.cosmolet-root"
                mv -T "$building" "$(root_path "$kind")"
                return
            fi
            say "$suite has FRR ${version:-unknown}, which does not speak the $kind dialect"
        else
            tail -n 5 "$log" >&2
        fi
        rm -rf "$building"
    done
    die "no Debian suite ($(root_suites "$kind")) gave an FRR for '$kind'; see $log"
}

extract_root() {
    local suite=$1 root=$2 mirror options=()
    mirror=$(debian_mirror)
    # A mirror that is a frozen snapshot has Release files past their date. The signature is checked all the same.
    case $suite in sid | forky) options+=(--aptopt='Acquire::Check-Valid-Until "false"') ;; esac
    # mmdebstrap does not read this machine's apt configuration.
    eval "$(apt-config shell proxy Acquire::http::Proxy)"
    # shellcheck disable=SC2154
    if [[ -n ${proxy:-} ]]; then options+=("--aptopt=Acquire::http::Proxy \"$proxy\""); fi
    # libzmq5 is for modules loaded into FRR's daemons; nothing of FRR's needs it.
    mmdebstrap --variant=extract --include=frr,libzmq5 --keyring=/usr/share/keyrings/debian-archive-keyring.gpg \
        "${options[@]}" "$suite" "$root" "$mirror"
}

# What the maintainer scripts would have done, as far as FRR's daemons and vtysh need it.
complete_root() {
    local root=$1 link service
    chmod 0755 "$root"
    for link in bin sbin lib lib64; do
        [[ -e $root/$link || ! -d $root/usr/$link ]] || ln -s "usr/$link" "$root/$link"
    done
    # The folders that lab-enter.sh mounts onto.
    mkdir -p "$root"/{run,proc,sys,dev,tmp,etc/frr,var/tmp,var/lib/frr}
    [[ -e $root/var/run || -L $root/var/run ]] || ln -s /run "$root/var/run"
    printf '%s\n' "root:x:0:0:root:/:/bin/false" "frr:x:$FRR_UID:$FRR_GID:FRR:/run/frr:/bin/false" >"$root/etc/passwd"
    printf '%s\n' "root:x:0:" "frr:x:$FRR_GID:" "frrvty:x:$FRRVTY_GID:frr" >"$root/etc/group"
    for service in frr other; do
        printf '%s required pam_permit.so\n' auth account session password >"$root/etc/pam.d/$service"
    done
    ldconfig -r "$root"
}
