#!/bin/sh
# Unpacks, without installing them, the Debian packages that serve the system tests as other people's mail servers and clients:
# they would stand in each other's way, and start daemons. Everything goes below artifacts/peers.
set -eu
cd "$(dirname "$0")/.."
peers=$PWD/artifacts/peers
packages="dovecot-core dovecot-lmtpd exim4-daemon-light gsasl libgsasl18 libgssglue1 libidn12 libntlm0 opensmtpd python3-aiosmtpd python3-attr python3-public python3-typing-extensions"
[ "$(cat "$peers/complete" 2>/dev/null || true)" != "$packages" ] || exit 0
rm -rf "$peers"
mkdir -p "$peers/deb" "$peers/root"
cd "$peers/deb"
# Root's apt would else download as a user of its own, who may not write here.
apt-get -qq -o APT::Sandbox::User=root download $packages ||
    { apt-get -qq update && apt-get -qq -o APT::Sandbox::User=root download $packages; }
for package in *.deb; do
    dpkg -x "$package" "$peers/root"
done
rm -r "$peers/deb"
echo "$packages" >"$peers/complete"
