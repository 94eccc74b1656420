#!/bin/sh
# Makes the manual pages of all programs, and of the two configuration files: manual.sh DIRECTORY
set -eu
cd "$(dirname "$0")/.."
out=$1
rm -rf "$out"
mkdir -p "$out"
version=$(sed -n 's,.*<Version>\(.*\)</Version>.*,\1,p' Directory.Build.props)
date=$(date -u -d "@${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || date +%s)}" +%Y-%m-%d)
for source in */Program.cs; do
    program=${source%/Program.cs}
    # Commands for everybody, or services and what only an administrator needs.
    case $program in
    sendmail | postqueue | postsuper | posttool) section=1 ;;
    *) section=8 ;;
    esac
    awk -v section=$section -v version="$version" -v date="$date" -f package/manual.awk "$source" >"$out/$program.$section"
done
# Other names of the same programs.
link() {
    for name in $2; do ln -s "$1" "$out/$name.${1##*.}"; done
}
link sendmail.1 "mailq newaliases"
link posttool.1 "postconf postcat postmap postalias postlog"
link master.8 postfix
awk -v title=main.toml -v what="the parameters of the Postfix.Net mail system" -v version="$version" -v date="$date" \
    -f package/parameters.awk conf/main.toml >"$out/main.toml.5"
awk -v title=master.toml -v what="the services of the Postfix.Net mail system" -v version="$version" -v date="$date" \
    -f package/parameters.awk conf/master.toml >"$out/master.toml.5"
