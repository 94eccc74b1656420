#!/bin/sh
# Makes a Debian package of what build.sh has built: artifacts/postfix.net_VERSION_ARCHITECTURE.deb.
set -eu
cd "$(dirname "$0")/.."
built=$PWD/artifacts/postfix.net
command -v dpkg-deb >/dev/null || {
    echo "build.sh: --deb needs dpkg-deb, the package tools of Debian" >&2
    exit 69
}
[ "$(cat "$built/kind")" = native ] || {
    echo "build.sh: --deb needs native programs; install gcc and zlib1g-dev, and build again" >&2
    exit 69
}
version=$(sed -n 's,.*<Version>\(.*\)</Version>.*,\1,p' Directory.Build.props)
case $(od -An -t u2 -j 18 -N 2 "$built/bin/master" | tr -d ' ') in
62) architecture=amd64 ;;
183) architecture=arm64 ;;
*) echo "build.sh: --deb: the programs are for a machine that has no name here" >&2; exit 70 ;;
esac
# Of the sources, so that the same sources make the same package.
: "${SOURCE_DATE_EPOCH:=$(git log -1 --format=%ct 2>/dev/null || date +%s)}"
export SOURCE_DATE_EPOCH

# Whom Debian's tools name as the one who made the package: $DEBEMAIL, as for its other tools.
maintainer="${DEBFULLNAME:-The Postfix.Net authors} <${DEBEMAIL:-postfix.net@example.org}>"

root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
trap 'exit 130' INT TERM HUP
umask 022
chmod 755 "$root"
into() { # into DIRECTORY MODE FILE...
    directory=$root/$1 mode=$2
    shift 2
    install -d "$directory"
    install -m "$mode" "$@" "$directory"
}
as() { # as PATH MODE FILE
    install -D -m "$2" "$3" "$root/$1"
}
link() { # link PATH TARGET
    install -d "$root/$(dirname "$1")"
    ln -s "$2" "$root/$1"
}

for program in "$built"/bin/*; do
    [ ! -L "$program" ] || continue
    case $program in
    *.pdb | *.dbg) ;;
    *.so)
        into usr/lib/postfix.net/bin 644 "$program"
        # Some come from their makers with symbols.
        ! command -v strip >/dev/null || strip --strip-unneeded "$root/usr/lib/postfix.net/bin/${program##*/}" ;;
    *) into usr/lib/postfix.net/bin 755 "$program" ;;
    esac
done
for program in "$built"/bin/*; do # their other names
    [ ! -L "$program" ] || link "usr/lib/postfix.net/bin/$(basename "$program")" "$(readlink "$program")"
done
into usr/lib/postfix.net/conf 644 conf/main.toml conf/master.toml
for command in master sendmail postqueue postsuper postconf postcat postmap postalias postlog; do
    [ ! -e "$built/bin/$command" ] || link "usr/sbin/$command" "../lib/postfix.net/bin/$command"
done
# The command that Postfix's users type: start, stop, reload, status, check, flush.
link usr/sbin/postfix ../lib/postfix.net/bin/master
link usr/lib/sendmail ../sbin/sendmail
link usr/bin/mailq ../sbin/sendmail
link usr/bin/newaliases ../sbin/sendmail

as etc/postfix.net/main.toml 644 package/debian/main.toml
as etc/postfix.net/master.toml 644 conf/master.toml
as etc/logrotate.d/postfix.net 644 package/debian/logrotate
as etc/rsyslog.d/postfix.net.conf 644 package/debian/rsyslog.conf
into lib/systemd/system 644 package/systemd/postfix.net.service
as usr/lib/sysusers.d/postfix.net.conf 644 package/systemd/sysusers.conf
as usr/lib/tmpfiles.d/postfix.net.conf 644 package/systemd/tmpfiles.conf
as usr/share/bash-completion/completions/master 644 package/completion/postfix.net.bash
for command in postfix postqueue postsuper mailq; do
    link "usr/share/bash-completion/completions/$command" master
done
as usr/share/zsh/vendor-completions/_postfix_net 644 package/completion/_postfix_net

doc=usr/share/doc/postfix.net
into $doc 644 README.md docs/*.md
into $doc/examples 644 conf/main.toml conf/master.toml package/prometheus-rules.yml package/grafana-dashboard.json
{
    printf 'postfix.net (%s) unstable; urgency=medium\n\n  * See CHANGELOG.md.\n\n' "$version"
    printf ' -- %s  %s\n' "$maintainer" "$(date -u -R -d "@$SOURCE_DATE_EPOCH")"
} | gzip -9n >"$root/$doc/changelog.gz"
gzip -9n <CHANGELOG.md >"$root/$doc/CHANGELOG.md.gz"
license=$(sed '1,4d; s/^$/./; s/^/ /' LICENSE)
awk -v text="$license" '$0 == "@LICENSE@" { print text; next } { print }' package/debian/copyright >"$root/$doc/copyright"
as usr/share/lintian/overrides/postfix.net 644 package/debian/lintian-overrides
[ ! -d "$built/man" ] || for page in "$built"/man/*; do
    section=${page##*.}
    install -d "$root/usr/share/man/man$section"
    if [ -L "$page" ]; then ln -s "$(readlink "$page").gz" "$root/usr/share/man/man$section/$(basename "$page").gz"
    else gzip -9n <"$page" >"$root/usr/share/man/man$section/$(basename "$page").gz"; fi
done
find "$root" -type f ! -perm -u+x -exec chmod 644 {} +

size=$(du -k -s --apparent-size "$root" | cut -f1)
install -d "$root/DEBIAN"
sed "s/@VERSION@/$version/; s/@ARCHITECTURE@/$architecture/; s/@SIZE@/$size/; s/@MAINTAINER@/$maintainer/" package/debian/control >"$root/DEBIAN/control"
install -m 644 package/debian/conffiles "$root/DEBIAN/"
install -m 755 package/debian/postinst package/debian/prerm package/debian/postrm "$root/DEBIAN/"
(cd "$root" && find . -path ./DEBIAN -prune -o -type f -printf '%P\n' | LC_ALL=C sort | xargs -d '\n' md5sum) >"$root/DEBIAN/md5sums"
find "$root" -newermt "@$SOURCE_DATE_EPOCH" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
package=artifacts/postfix.net_${version}_$architecture.deb
dpkg-deb --root-owner-group -Zxz --build "$root" "$package" >/dev/null
echo "built: $PWD/$package"
