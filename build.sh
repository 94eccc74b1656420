#!/bin/sh
# Builds every program into artifacts/postfix.net/bin, ahead-of-time compiled, on the shared .NET runtime;
# the default configuration goes to artifacts/postfix.net/conf, the test SMTP receiver to artifacts/postfix.net/test.
# Needs the .NET 10 SDK and nothing else. A second run rebuilds only what changed.
set -eu
cd "$(dirname "$0")"
out=$PWD/artifacts/postfix.net

command -v dotnet >/dev/null || {
    echo "build.sh: the .NET 10 SDK is missing: no dotnet command found" >&2
    exit 69
}

# No compiler or build server stays behind when the build is done.
export MSBUILDDISABLENODEREUSE=1 DOTNET_CLI_USE_MSBUILD_SERVER=0 UseSharedCompilation=false
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_CLI_UI_LANGUAGE=en

# The programs find a runtime in its registered or usual place by themselves. When the SDK lives elsewhere,
# say in a home directory, they are told the way to it, so that they run with an empty environment too.
root=$(dirname "$(readlink -f "$(command -v dotnet)")")
usual=/usr/share/dotnet
[ ! -r /etc/dotnet/install_location ] || usual=$(head -n 1 /etc/dotnet/install_location)
set --
if [ "$root" != "$(readlink -f "$usual")" ]; then
    set -- -p:AppHostDotNetSearch=AppRelative%3BEnvironmentVariable%3BGlobal \
        "-p:AppHostRelativeDotNet=$(realpath --relative-to="$out/bin" "$root")"
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! dotnet publish build/build.csproj -c Release -v q -nodeReuse:false "$@" >"$log" 2>&1; then
    sort -u "$log" >&2
    echo "build.sh: the build failed" >&2
    exit 1
fi
# The same program under its other names, as mail software expects them.
ln -sf sendmail "$out/bin/mailq"
ln -sf sendmail "$out/bin/newaliases"
mkdir -p "$out/conf"
for file in conf/*.toml; do
    [ ! -e "$file" ] || cp -f "$file" "$out/conf/"
done
echo "built: $out/bin"
