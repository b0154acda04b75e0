#!/bin/bash
# Runs a command inside a member's root. Started by `ip netns exec`, which has made a private mount namespace for it:
# everything mounted here is invisible outside and gone with the process.
# Usage: lab-enter.sh ROOT STATE COMMAND [ARGUMENT...]
set -euo pipefail
root=$1 state=$2
shift 2
mount --bind "$root" "$root"
mount -o remount,bind,ro "$root"
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mount --bind "$state/run" "$root/run"
mount --bind "$state/etc" "$root/etc/frr"
mount --bind "$state/lib" "$root/var/lib/frr"
mount --bind "$state/tmp" "$root/tmp"
mount --bind "$state/tmp" "$root/var/tmp"
exec chroot "$root" "$@"
