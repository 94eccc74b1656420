#!/bin/bash
# The steps of the Containerfile, read from that file and done in a system made with debootstrap, and the result run as a container would be:
# read-only root, a user number without an account, own network, no /dev/log, one volume. As root; without podman or docker.
#   container.sh [BASE]
# The last line is "N passed, N failed".
set -u
cd "$(dirname "$0")/../.."
base=${1:-/var/tmp/postfix.net-debian}
[ -e "$base/etc/debian_version" ] || debootstrap --variant=minbase --include=ca-certificates bookworm "$base" >/dev/null || exit 69
[ "${PFN_INSIDE:-}" ] || PFN_INSIDE=1 exec unshare -m --propagation private "$0" "$base"

user=12345
work=$(mktemp -d)
mount -t tmpfs tmpfs "$work"
container=
leave() {
    [ -z "$container" ] || kill -9 "$container" 2>/dev/null
    umount -R -l "$work"
    rmdir "$work" 2>/dev/null
}
trap leave EXIT
trap 'exit 130' INT TERM HUP
mkdir "$work/upper" "$work/over" "$work/root" "$work/volume"
root=$work/root
mount -t overlay overlay -o "lowerdir=$base,upperdir=$work/upper,workdir=$work/over" "$root" || exit 69
cp -L /etc/resolv.conf "$root/etc/resolv.conf"
passed=0 failed=0
ok() {
    what=$1
    shift
    if "$@" >"$work/said" 2>&1; then passed=$((passed + 1)); echo "ok      $what"
    else failed=$((failed + 1)); echo "FAILED  $what"; sed 's/^/        /' "$work/said" | tail -n 20; fi
}
eventually() { for _ in $(seq 200); do "$@" && return; sleep 0.1; done; return 1; }

# What the file says. A step continues behind a backslash; comments do not count.
steps=$(sed '/^#/d; /^$/d' package/container/Containerfile | sed -e ':a' -e '/\\$/{N; s/\\\n//; ba' -e '}')
entry= signal=SIGTERM
while read -r step rest; do
    case $step in
    FROM) ok "FROM $rest is the system that is here" grep -q "^VERSION_CODENAME=$(echo "$rest" | sed 's/.*:\([a-z]*\).*/\1/')" "$root/etc/os-release" ;;
    RUN)
        mount -t proc proc "$root/proc"
        ok "RUN $(echo "$rest" | cut -c1-60)" env DEBIAN_FRONTEND=noninteractive chroot "$root" sh -ec "$rest"
        umount "$root/proc" ;;
    COPY)
        set -- $rest
        target=${!#}
        mkdir -p "$root/$target"
        while [ $# -gt 1 ]; do
            if [ -d "$1" ]; then ok "COPY $1" cp -a "$1/." "$root/$target/"; else ok "COPY $1" cp "$1" "$root/$target"; fi
            shift
        done ;;
    USER) ok "USER $rest has an account" chroot "$root" getent passwd "$rest" ;;
    VOLUME) volume=$rest ;;
    EXPOSE) port=$rest ;;
    STOPSIGNAL) signal=$rest ;;
    HEALTHCHECK) health=$(echo "$rest" | sed 's/.*CMD \[//; s/\]//; s/[",]//g') ;;
    ENTRYPOINT) entry=$(echo "$rest" | sed 's/[][",]//g') ;;
    *) ok "step $step is known here" false ;;
    esac
done <<<"$steps"

# A receiver outside of it, in the container's network.
cat >"$work/main.toml" <<'TOML'
myhostname = "relay.example.org"
relayhost = "[127.0.0.1]:10025"
maillog_file = "/dev/stdout"
inet_protocols = "ipv4"
disable_dns_lookups = true
smtp_tls_security_level = "none"
TOML
chmod 644 "$work/main.toml"
mount --bind "$work/main.toml" "$root/etc/postfix.net/main.toml"
chown $user "$work/volume"
mount --bind "$work/volume" "$root$volume"
mkdir -p "$root/dev"
mount -t tmpfs -o mode=755 tmpfs "$root/dev"
mknod -m 666 "$root/dev/null" c 1 3; mknod -m 666 "$root/dev/urandom" c 1 9; mknod -m 666 "$root/dev/random" c 1 8
ln -s /proc/self/fd "$root/dev/fd"; ln -s /proc/self/fd/1 "$root/dev/stdout"; ln -s /proc/self/fd/2 "$root/dev/stderr"
mount -o remount,ro "$root"

unshare --net --pid --ipc --uts --fork --kill-child --mount-proc="$root/proc" \
    sh -c 'ip link set lo up 2>/dev/null; exec chroot "$2" setpriv --reuid="$1" --regid="$1" --clear-groups --no-new-privs --bounding-set=-all env -i PATH=/usr/sbin:/usr/bin '"$entry" \
    sh $user "$root" >"$work/log" 2>&1 &
container=$!
inner() { pgrep -P "$container"; }
eventually inner | grep -q . || { cat "$work/log"; exit 1; }
within() { nsenter --target "$(inner)" --net "$@"; }
healthy() { nsenter --target "$(inner)" --net --pid --mount chroot "$root" setpriv --reuid=$user --regid=$user --clear-groups env -i PATH=/usr/sbin:/usr/bin $health; }
says() { grep -q "$1" "$work/log"; }

within smtp-sink -u nobody -c 127.0.0.1:10025 100 >"$work/sink" 2>&1 &
ok "starts with a read-only root, as number $user" eventually says 'daemon started'
ok "is healthy" eventually healthy
ok "runs as that number, without privileges" sh -c "grep -q '^Uid:.$user.$user' /proc/$(inner)/status && grep -q '^CapEff:.*0000000000000000' /proc/$(inner)/status"
ok "nothing can be written beside the volume" sh -c "! touch $root/etc/x && ! touch $root/tmp/x"
send() { printf 'Subject: %s\n\ntext\n' "$1" | within curl -sS --url "smtp://127.0.0.1:$port" --mail-from app@example.org --mail-rcpt "$1@example.net" --upload-file -; }
ok "takes mail at port $port" send first
ok "delivers it, and says so" eventually says 'to=<first@example.net>.*status=sent'
stopped() { ! kill -0 "$container" 2>/dev/null; }
pkill -f 'smtp-sink -u nobody -c 127.0.0.1:10025' -n
ok "takes mail while the relay is down" send second
ok "says why it waits" eventually says 'to=<second@example.net>.*status=deferred.*Connection refused'
kill -s "${signal#SIG}" "$(inner)"
ok "ends at $signal" eventually stopped
ok "keeps the mail in the volume" sh -c "find $work/volume/deferred -type f | grep -q ."
ok "wrote nothing that is not its own" sh -c "! find $work/volume ! -uid $user | grep -q ."
container=

[ "$failed" = 0 ] || { echo "-- what the container said:"; tail -n 30 "$work/log"; }
echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
