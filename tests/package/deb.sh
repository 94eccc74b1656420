#!/bin/bash
# The Debian package in a system made with debootstrap: installed, in place of Postfix, upgraded, removed, purged. As root.
#   deb.sh PACKAGE.deb [BASE]     BASE: a system to start from, made when missing; it is not changed
# The last line is "N passed, N failed".
set -u
package=$(realpath "$1")
base=${2:-/var/tmp/postfix.net-debian}
version=$(dpkg-deb -f "$package" Version)
[ -e "$base/etc/debian_version" ] || debootstrap --variant=minbase --include=ca-certificates bookworm "$base" >/dev/null || exit 69

# In a mount namespace of our own: nothing is left mounted, whatever happens.
[ "${PFN_INSIDE:-}" ] || PFN_INSIDE=1 exec unshare -m --propagation private "$0" "$package" "$base"

work=$(mktemp -d)
mount -t tmpfs tmpfs "$work"
leave() { umount -R -l "$work"; rmdir "$work" 2>/dev/null; }
trap leave EXIT
trap 'exit 130' INT TERM HUP
mkdir "$work/upper" "$work/over" "$work/root"
root=$work/root
mount -t overlay overlay -o "lowerdir=$base,upperdir=$work/upper,workdir=$work/over" "$root" || exit 69
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
cp -L /etc/resolv.conf "$root/etc/resolv.conf"
printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
chmod 755 "$root/usr/sbin/policy-rc.d"
cp "$package" "$root/root/postfix.net.deb"
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8

in_it() { chroot "$root" "$@"; }
passed=0 failed=0
ok() { # ok WHAT COMMAND...
    what=$1
    shift
    if "$@" >"$work/said" 2>&1; then
        passed=$((passed + 1)); echo "ok      $what"
    else
        failed=$((failed + 1)); echo "FAILED  $what"; sed 's/^/        /' "$work/said" | tail -n 20
    fi
}
no() { ! "$@"; }
is() { [ "$(cat "$work/is" 2>/dev/null; "${@:2}" 2>/dev/null)" = "$1" ] || { echo "wanted: $1"; echo "got: $("${@:2}" 2>&1)"; return 1; }; }
state() { in_it dpkg-query -W -f '${db:Status-Abbrev}' "$1" 2>/dev/null | tr -d ' '; }
mode() { stat -c '%a %U:%G' "$1" | sed "s/UNKNOWN/$2/g"; }
apt() { in_it apt-get -qq -y --no-install-recommends "$@" </dev/null; }
waiting() { in_it postqueue -j | grep -c queue_id; }

ok "apt knows its archive" apt update
ok "installs into a small system" apt install /root/postfix.net.deb
ok "is installed" is ii state postfix.net
ok "made the account" in_it getent passwd postfix
ok "made the group" in_it getent group postdrop
ok "the group has no members" is "" sh -c "chroot $root getent group postdrop | cut -d: -f4"
ok "sendmail is where programs look" in_it test -x /usr/sbin/sendmail -a -x /usr/lib/sendmail -a -x /usr/bin/mailq -a -x /usr/bin/newaliases
ok "check finds nothing that stops it" in_it sh -c 'master check; [ $? -le 1 ]'
ok "maildrop is for everybody to write, for nobody to read" is 3733 in_it stat -c %a /var/spool/postfix.net/maildrop
ok "its configuration is two files" in_it test -f /etc/postfix.net/main.toml -a -f /etc/postfix.net/master.toml
ok "names of the host have a file" in_it test -s /etc/mailname -a -s /etc/aliases
echo 'relayhost = "[127.0.0.1]:1"' >>"$root/etc/postfix.net/main.toml"
ok "an ordinary user submits while it is down" in_it su -s /bin/sh nobody -c 'printf "Subject: one\n\ntext\n" | /usr/sbin/sendmail -f nobody@example.org ann@down.invalid'
ok "starts" in_it master start
ok "says that it runs" in_it master status
ok "postfix is another name of it" in_it postfix status
ok "mail is in the queue" sh -c "for i in \$(seq 100); do chroot $root postqueue -p | grep -q ann@down.invalid && exit; sleep 0.1; done; exit 1"
ok "mailq lists it" in_it sh -c 'mailq | grep -q ann@down.invalid'
ok "manual pages are there" in_it sh -c 'zcat /usr/share/man/man8/master.8.gz | grep -q "^.SH NAME"'
ok "logrotate's words are right" sh -c "! command -v logrotate || logrotate -d $root/etc/logrotate.d/postfix.net"

before=$(in_it sh -c 'cat /var/spool/postfix.net/pid/master.pid' | tr -d ' ')
rebuild() { # the same with a later version
    in_it sh -c "cd /root && rm -rf next && dpkg-deb -R postfix.net.deb next && sed -i 's/^Version:.*/Version: $version+1/' next/DEBIAN/control && dpkg-deb -Znone -b next next.deb"
}
ok "a later version can be made" rebuild
ok "upgrades while it runs" apt install /root/next.deb
ok "is of the later version" is "$version+1" in_it dpkg-query -W -f '${Version}' postfix.net
ok "runs again, the new programs" sh -c "[ \"\$(tr -d ' ' <$root/var/spool/postfix.net/pid/master.pid)\" != '$before' ] && chroot $root master status"
ok "kept the configuration that was changed" grep -q 'relayhost = "\[127.0.0.1\]:1"' "$root/etc/postfix.net/main.toml"
ok "kept the mail" in_it sh -c 'mailq | grep -q ann@down.invalid'

ok "another mail system takes its place: removed" apt install postfix
ok "its configuration is kept" is rc state postfix.net
ok "no process of it is left" no sh -c "for p in /proc/[0-9]*; do [ \"\$(readlink \$p/root)\" = $root ] && readlink \$p/exe | grep -q postfix.net && exit 0; done; exit 1"
ok "its mail is kept" sh -c "find $root/var/spool/postfix.net -type f | grep -q deferred"
ok "Postfix is installed" is ii state postfix
in_it sh -c 'postconf -e myhostname=old.example.org relayhost=; postfix check' >/dev/null 2>&1
in_it sh -c 'printf "Subject: two\n\ntext\n" | /usr/sbin/sendmail -f nobody@example.org bob@down.invalid' >/dev/null 2>&1
spool=$(cd "$root/var/spool/postfix" && find . -type f -path '*maildrop*' -exec md5sum {} + | sort)
old=$(cd "$root/etc/postfix" && find . -type f -exec md5sum {} + | sort)
ok "there is mail in Postfix's spool" test -n "$spool"
ok "takes the place of Postfix" apt install /root/postfix.net.deb --allow-downgrades
ok "Postfix is removed, not purged" is rc state postfix
ok "Postfix's spool is as it was" is "$spool" sh -c "cd $root/var/spool/postfix && find . -type f -path '*maildrop*' -exec md5sum {} + | sort"
ok "what an administrator wrote into /etc/postfix is as it was" sh -c "cd $root/etc/postfix && md5sum main.cf master.cf | while read sum file; do echo '$old' | grep -q \"\$sum  ./\$file\" || exit 1; done"
ok "our configuration and mail are there again" in_it sh -c 'grep -q 127.0.0.1 /etc/postfix.net/main.toml && master start && mailq | grep -q ann@down.invalid'
ok "is removed, and stops before" apt remove postfix.net
ok "nothing runs" no sh -c "for p in /proc/[0-9]*; do [ \"\$(readlink \$p/root)\" = $root ] && readlink \$p/exe | grep -q postfix.net && exit 0; done; exit 1"
ok "no command is left" no in_it test -e /usr/sbin/sendmail
ok "purging leaves a queue with mail in it" apt purge postfix.net
ok "the mail is there" sh -c "find $root/var/spool/postfix.net -type f | grep -q deferred"
ok "the configuration is not" no in_it test -e /etc/postfix.net
ok "installs once more" apt install /root/postfix.net.deb
ok "deletes the mail" in_it postsuper -d ALL
ok "purged without mail" apt purge postfix.net
ok "leaves no queue" no in_it test -e /var/spool/postfix.net
ok "leaves no file of its own" is "" sh -c "cd $root && find etc usr var/lib/systemd lib -iname '*postfix.net*' ! -path '*/dpkg/*' | head"

echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
