#!/bin/sh
# Builds everything and runs all tests; arguments go to "dotnet test", e.g. ./test.sh --filter ByteExact.
# --long as the first argument: more fuzzing, more random kills, 10,000 orders of an operator while mail is delivered, and the Debian package and the container tried in systems made with
# debootstrap (as root); about a quarter of an hour longer.
# As root, installs the Debian packages that serve as independent peers, if they are missing.
# The last line is "N passed, N failed". Exit status: 0 only when tests ran and none failed.
set -eu
cd "$(dirname "$0")"
export PATH="$PATH:/usr/sbin:/sbin"
. build/compiler.sh

long=
if [ "${1:-}" = --long ]; then
    shift
    long=yes
    export FUZZ_SECONDS="${FUZZ_SECONDS:-60}" PFN_CRASH_MESSAGES="${PFN_CRASH_MESSAGES:-2000}" RACE_OPERATIONS="${RACE_OPERATIONS:-10000}" PFN_EVENT_MESSAGES="${PFN_EVENT_MESSAGES:-10000}"
fi

missing=
need() { command -v "$1" >/dev/null 2>&1 || missing="$missing $2"; }
need smtp-sink postfix
need promtool prometheus
need postcat postfix
need nsd nsd
need unbound unbound
need ldns-signzone ldnsutils
need python3 python3
/usr/bin/python3 -c "import flufl.bounce" 2>/dev/null || missing="$missing python3-flufl.bounce"
need strace strace
need pflogsumm pflogsumm
need fail2ban-regex fail2ban
need logwatch logwatch
need prometheus-postfix-exporter prometheus-postfix-exporter
[ -e /usr/lib/nagios/plugins/check_mailq ] || missing="$missing monitoring-plugins-standard"
need opendkim opendkim
need rspamd rspamd
/usr/bin/python3 -c "import dkim" 2>/dev/null || missing="$missing python3-dkim"
/usr/bin/python3 -c "import jsonschema" 2>/dev/null || missing="$missing python3-jsonschema"
need curl curl
need chromium chromium
ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || missing="$missing postgresql"
need git git
need msmtp msmtp
need bsd-mailx bsd-mailx
need mutt mutt
need s-nail s-nail
need swaks swaks
need php php-cli
[ -e /usr/share/php/Symfony/Component/Mailer/autoload.php ] || missing="$missing php-symfony-mailer"
[ -e /usr/lib/git-core/git-send-email ] || missing="$missing git-email libmailtools-perl libio-socket-ssl-perl libauthen-sasl-perl"
/usr/bin/python3 -c "import aiosmtplib" 2>/dev/null || missing="$missing python3-aiosmtplib"
# What swaks needs for TLS.
/usr/bin/perl -MNet::SSLeay -e 1 2>/dev/null || missing="$missing libnet-ssleay-perl"
need openssl openssl
# Tables of type pcre.
/sbin/ldconfig -p 2>/dev/null | grep -q libpcre2-8.so.0 || missing="$missing libpcre2-8-0"
need unshare util-linux
[ -z "$long" ] || need debootstrap debootstrap
missing=$(printf '%s\n' $missing | sort -u | tr '\n' ' ')
missing=${missing% }

work=$(mktemp -d)
policy=
leave() {
    compiler_stop
    [ -z "$policy" ] || rm -f "$policy"
    rm -rf "$work"
}
trap leave EXIT
trap 'exit 1' INT TERM HUP

if [ -n "$missing" ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "installing for the tests: $missing"
    # We want the commands; a mail or name server of the distribution must not start because of us.
    if [ ! -e /usr/sbin/policy-rc.d ]; then
        policy=/usr/sbin/policy-rc.d
        printf '#!/bin/sh\nexit 101\n' >"$policy"
        chmod 755 "$policy"
    fi
    install() { DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends install $missing >"$work/apt" 2>&1; }
    if ! install; then
        apt-get -qq update >"$work/update" 2>&1 || true
        install || { cat "$work/apt" >&2; echo "test.sh: could not install $missing; the tests that need them will fail" >&2; }
    fi
elif [ -n "$missing" ]; then
    echo "test.sh: missing Debian packages: $missing (run once as root, or install them); the tests that need them will fail" >&2
fi

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    tests/peers.sh || echo "test.sh: could not fetch other mail servers; the tests that need them are skipped" >&2
fi

compiler_start
./build.sh

passed=0
failed=0
for project in tests/unit tests/system; do
    echo "== $project"
    # The exit status of a pipe is its last command's; what counts is read from the summary.
    { dotnet test "$project" -c Release -nodeReuse:false --logger "console;verbosity=minimal" "$@" 2>&1 || echo "exit status $?"; } | tee "$work/log"
    counts=$(sed -n 's/^\(Passed\|Failed\|Skipped\)!  *- Failed: *\([0-9]*\), Passed: *\([0-9]*\),.*/\3 \2/p' "$work/log" | tail -n 1)
    if [ -n "$counts" ]; then
        passed=$((passed + ${counts% *}))
        failed=$((failed + ${counts#* }))
    fi
    # A test run that broke off before or after its summary is a failure of its own.
    if grep -q '^exit status' "$work/log" && [ "${counts#* }" = "${counts:+0}" ]; then
        failed=$((failed + 1))
        echo "test.sh: $project did not run to its end" >&2
    fi
done

if [ -n "$long" ] && [ "$(id -u)" = 0 ] && command -v debootstrap >/dev/null; then
    package/deb.sh
    for try in "deb.sh artifacts/postfix.net_*.deb" container.sh "systemd.sh artifacts/postfix.net_*.deb"; do
        echo "== tests/package/${try%% *}"
        tests/package/$try | tee "$work/log" || true
        counts=$(sed -n 's/^\([0-9]*\) passed, \([0-9]*\) failed$/\1 \2/p' "$work/log" | tail -n 1)
        counts=${counts:-0 1}
        passed=$((passed + ${counts% *}))
        failed=$((failed + ${counts#* }))
    done
elif [ -n "$long" ]; then
    echo "test.sh: without root's rights and debootstrap the package and the container are not tried" >&2
fi

echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
