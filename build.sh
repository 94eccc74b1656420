#!/bin/sh
# Builds every program, as native executables, into artifacts/postfix.net: programs in bin, the default configuration in
# conf, debug symbols in symbols, the SMTP receiver of tests and demo in test. A second run rebuilds only what changed.
# Needs the .NET 10 SDK and, for native executables, a linker: gcc or clang (with zlib1g-dev), which root gets by apt.
# Without a linker the programs are compiled ahead of time for the runtime of the SDK, and need it to run.
# ./build.sh --deb makes a Debian package of them, too.
# RUNTIME=linux-arm64 ./build.sh builds for another machine (with a linker for it: LINKER=aarch64-linux-gnu-gcc).
set -eu
cd "$(dirname "$0")"
out=$PWD/artifacts/postfix.net
package=
case $* in
'') ;;
--deb) package=yes ;;
*) echo "usage: ./build.sh [--deb]" >&2; exit 64 ;;
esac

command -v dotnet >/dev/null || {
    echo "build.sh: the .NET 10 SDK is missing: no dotnet command found" >&2
    exit 69
}

. build/compiler.sh

linker() {
    if [ -n "${LINKER:-}" ]; then echo "$LINKER"
    elif command -v gcc >/dev/null; then echo gcc
    elif command -v clang >/dev/null; then echo clang
    fi
}

log=$(mktemp)
trap 'compiler_stop; rm -f "$log" "$log.status"' EXIT
trap 'exit 130' INT TERM HUP
if [ -z "$(linker)" ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "build.sh: installing a linker: gcc, libc6-dev, zlib1g-dev"
    install() { DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends install gcc libc6-dev zlib1g-dev >"$log" 2>&1; }
    install || { apt-get -qq update >"$log" 2>&1 && install; } || cat "$log" >&2
fi

linker=$(linker)
set -- "-p:RuntimeIdentifier=${RUNTIME:-}"
[ -n "${RUNTIME:-}" ] || set --
kind=native
if [ -n "$linker" ]; then
    set -- "$@" -p:Native=true "-p:CppCompilerAndLinker=$linker"
else
    echo "build.sh: no linker found (Debian: apt install gcc zlib1g-dev): the programs will need the .NET runtime, and start more slowly" >&2
    kind=runtime
    set -- "$@" -p:Native=false
    # These programs find a runtime in its registered or usual place by themselves. When the SDK lives elsewhere,
    # say in a home directory, they are told the way to it, so that they run with an empty environment too.
    root=$(dirname "$(readlink -f "$(command -v dotnet)")")
    usual=/usr/share/dotnet
    [ ! -r /etc/dotnet/install_location ] || usual=$(head -n 1 /etc/dotnet/install_location)
    if [ "$root" != "$(readlink -f "$usual")" ]; then
        set -- "$@" -p:AppHostDotNetSearch=AppRelative%3BEnvironmentVariable%3BGlobal \
            "-p:AppHostRelativeDotNet=$(realpath --relative-to="$out/bin" "$root")"
    fi
fi

# Programs of the other kind would be left over, or found first.
mkdir -p "$out"
[ "$(cat "$out/kind" 2>/dev/null || true)" = "$kind" ] || rm -rf "$out/bin" "$out/test" "$out/symbols"
echo "$kind" >"$out/kind"

compiler_start
echo "build.sh: building; a first build takes a minute or two"
{
    dotnet msbuild build/all.proj -restore -nologo -v:m -nr:false -m:2 -p:_IsPublishing=true "$@" 2>&1 &&
        echo 0 >"$log.status" || echo 1 >"$log.status"
} | tee "$log" | sed -u -n 's,^ *\([a-z-]*\) -> .*/\(bin\|test\)/$,  \1,p'
if [ "$(cat "$log.status")" != 0 ]; then
    grep -E '(error|warning) ' "$log" | sort -u >&2 || cat "$log" >&2
    echo "build.sh: the build failed" >&2
    exit 1
fi
mkdir -p "$out/symbols"
find "$out/bin" "$out/test" \( -name '*.dbg' -o -name '*.pdb' \) -exec mv -f {} "$out/symbols/" \;
# The same program under its other names, as mail software expects them.
ln -sf sendmail "$out/bin/mailq"
ln -sf sendmail "$out/bin/newaliases"
for name in postconf postcat postmap postalias postlog; do ln -sf posttool "$out/bin/$name"; done
mkdir -p "$out/conf"
cp -f conf/*.toml "$out/conf/"
package/manual.sh "$out/man"
echo "built: $out/bin"
[ -z "$package" ] || package/deb.sh
