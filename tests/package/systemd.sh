#!/bin/bash
# The package's unit under a real systemd, with all its restrictions: systemd is the first process of a system made with debootstrap, in
# namespaces of its own. As root.
#   systemd.sh PACKAGE.deb [BASE]
# The last line is "N passed, N failed".
set -u
package=$(realpath "$1")
base=${2:-/var/tmp/postfix.net-debian}
[ -e "$base/etc/debian_version" ] || debootstrap --variant=minbase --include=ca-certificates bookworm "$base" >/dev/null || exit 69
[ "${PFN_INSIDE:-}" ] || PFN_INSIDE=1 exec unshare -m --propagation private "$0" "$package" "$base"

work=$(mktemp -d)
mount -t tmpfs tmpfs "$work"
leave() { umount -R -l "$work"; rmdir "$work" 2>/dev/null; }
trap leave EXIT
trap 'exit 130' INT TERM HUP
mkdir "$work/upper" "$work/over" "$work/root"
root=$work/root
mount -t overlay overlay -o "lowerdir=$base,upperdir=$work/upper,workdir=$work/over" "$root" || exit 69
cp -L /etc/resolv.conf "$root/etc/resolv.conf"
cp "$package" "$root/root/postfix.net.deb"
printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
chmod 755 "$root/usr/sbin/policy-rc.d"
mount -t proc proc "$root/proc"
DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 chroot "$root" sh -ec 'apt-get -qq update
    apt-get -qq -y --no-install-recommends install systemd systemd-sysv dbus procps /root/postfix.net.deb' >"$work/apt" 2>&1 ||
    { tail "$work/apt"; echo "0 passed, 1 failed"; exit 1; }
umount "$root/proc"
rm "$root/usr/sbin/policy-rc.d"
cat >>"$root/etc/postfix.net/main.toml" <<'TOML'
relayhost = "[127.0.0.1]:1"
maillog_file = "/var/log/postfix.net.log"
TOML
cat >>"$root/etc/postfix.net/master.toml" <<'TOML'
[service.smtpd]
type = "inet"
listen = ["127.0.0.1:25"]
command = "smtpd"
TOML

# What is looked at from within, once it is up.
cat >"$root/root/look" <<'LOOK'
#!/bin/bash
passed=0 failed=0
ok() {
    what=$1
    shift
    if "$@" >/tmp/said 2>&1; then passed=$((passed + 1)); echo "ok      $what"
    else failed=$((failed + 1)); echo "FAILED  $what"; tail -n 20 /tmp/said | sed 's/^/        /'; fi
}
eventually() { for _ in $(seq 100); do "$@" && return; sleep 0.1; done; return 1; }
pid() { tr -d ' \n' </var/spool/postfix.net/pid/master.pid; }
submit() { su -s /bin/sh nobody -c "printf 'Subject: x\n\ntext\n' | /usr/sbin/sendmail -f nobody@example.org $1"; }
smtp() {
    exec 3<>/dev/tcp/127.0.0.1/25
    for line in "" "EHLO client" "MAIL FROM:<a@example.org>" "RCPT TO:<smtp@example.net>" DATA "Subject: y
." QUIT; do
        [ -z "$line" ] || printf '%s\n' "$line" | sed 's/$/\r/' >&3
        while read -r -t 10 answer <&3 && [ "${answer:3:1}" = - ]; do :; done
        case $answer in [23]*) ;; *) echo "$line: $answer"; return 1 ;; esac
    done
}
ok "systemd was told that it is ready" eventually systemctl -q is-active postfix.net
ok "it runs where systemd thinks" test "$(pid)" = "$(systemctl show -P MainPID postfix.net)"
ok "system calls are filtered, rights are few" grep -q '^CapEff:.*00000000000004cb' "/proc/$(pid)/status"
ok "nobody submits" submit ann@example.net
ok "the message is tried" eventually grep -q 'to=<ann@example.net>.*status=deferred' /var/log/postfix.net.log
ok "port 25 is served" smtp
ok "that message is tried, too" eventually grep -q 'to=<smtp@example.net>.*status=deferred' /var/log/postfix.net.log
ok "services run as their account" sh -c 'ps -o user= -C qmgr | grep -q postfix'
ok "reload succeeds" systemctl reload postfix.net
ok "it goes on" eventually grep -q 'reload -- version' /var/log/postfix.net.log
echo 'queue_run_delay = "soon"' >/tmp/bad; cat /tmp/bad >>/etc/postfix.net/main.toml
ok "a reload with a mistake fails, and says where" sh -c '! systemctl reload postfix.net && journalctl -u postfix.net | grep -q "main.toml:.*queue_run_delay"'
sed -i '$d' /etc/postfix.net/main.toml
ok "it still runs" systemctl -q is-active postfix.net
before=$(pid)
kill -9 "$before"
again() { [ "$(pid)" ] && [ "$(pid)" != "$before" ] && systemctl -q is-active postfix.net; }
ok "it is started again when it was killed" eventually again
ok "mail is still there" sh -c 'mailq | grep -q ann@example.net'
ok "it stops" systemctl stop postfix.net
ok "nothing is left of it" sh -c '! pgrep -x qmgr && ! pgrep -x master'
echo "$passed passed, $failed failed"
LOOK
chmod 755 "$root/root/look"
cat >"$root/etc/systemd/system/look.service" <<'UNIT'
[Unit]
After=postfix.net.service
[Service]
Type=oneshot
ExecStart=/bin/sh -c '/root/look >/root/report 2>&1; systemctl exit 0'
UNIT
ln -s ../look.service "$root/etc/systemd/system/multi-user.target.wants/look.service"

cat >"$work/boot" <<'BOOT'
set -e
root=$1
mount --make-rprivate /
mount --rbind "$root" "$root"
ip link set lo up 2>/dev/null || true
mount -t proc proc "$root/proc"
mount -t sysfs -o ro sysfs "$root/sys"
for place in run tmp sys/fs/cgroup; do mount -t tmpfs tmpfs "$root/$place"; done
mkdir "$root/sys/fs/cgroup/systemd"
mount -t cgroup -o none,name=systemd cgroup "$root/sys/fs/cgroup/systemd"
mount -t tmpfs -o mode=755 tmpfs "$root/dev"
cd "$root/dev"
for node in null:3 zero:5 full:7 random:8 urandom:9; do mknod -m 666 "${node%:*}" c 1 "${node#*:}"; done
mknod -m 666 tty c 5 0
mkdir shm pts mqueue hugepages
mount -t devpts -o newinstance,ptmxmode=0666 devpts pts
ln -s pts/ptmx ptmx; ln -s /proc/self/fd fd
for n in 0:stdin 1:stdout 2:stderr; do ln -s "/proc/self/fd/${n%:*}" "${n#*:}"; done
touch console
mkdir "$root/old"
cd "$root"
pivot_root . old
umount -l /old
exec env -i container=other PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd --log-level=warning --show-status=0
BOOT
timeout 120 unshare --mount --pid --uts --ipc --net --cgroup --fork --kill-child bash "$work/boot" "$root" >"$work/said" 2>&1
if [ -s "$root/root/report" ]; then cat "$root/root/report"; else tail -n 20 "$work/said"; echo "systemd did not start here"; echo "0 passed, 1 failed"; fi
tail -n 1 "$root/root/report" 2>/dev/null | grep -q ' 0 failed$'
