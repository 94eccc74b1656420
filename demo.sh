#!/bin/sh
# Builds the mail system and shows it at work: a private instance in a temporary directory, mail submitted with
# sendmail, delivered over SMTP to a small receiver of ours, refused mail returned to its sender.
# Runs as an ordinary user or as root, uses no network but loopback, and leaves no process and no file behind.
set -eu
cd "$(dirname "$0")"
top=$PWD
bin=$top/artifacts/postfix.net/bin
export TZ=UTC LC_ALL=C

title() { printf '\n== %s\n' "$1"; }
fail() {
    echo "demo.sh: $1" >&2
    [ ! -s "$work/maillog" ] || { echo "demo.sh: the mail log says:" >&2; cat "$work/maillog" >&2; }
    exit 1
}
# wait_for SECONDS WHAT COMMAND...: runs the command until it succeeds.
wait_for() {
    tries=$(($1 * 10)) what=$2
    shift 2
    until "$@" >/dev/null 2>&1; do
        tries=$((tries - 1))
        [ "$tries" -gt 0 ] || fail "waited in vain for $what"
        sleep 0.1
    done
}

work=$(mktemp -d)
receiver=
leave() {
    status=$?
    trap - EXIT
    [ ! -e "$work/conf/main.toml" ] || "$bin/master" -c "$work/conf" abort >/dev/null 2>&1 || true
    [ -z "$receiver" ] || { kill "$receiver" 2>/dev/null || true; wait "$receiver" 2>/dev/null || true; }
    rm -rf "$work"
    exit $status
}
trap leave EXIT
trap 'exit 130' INT TERM HUP

title "Building"
./build.sh

title "A private mail system in $work"
# Started by root, the services give root up and run as the mail owner; else they are whoever starts them.
if [ "$(id -u)" = 0 ]; then
    owner=nobody group=nogroup
else
    owner=$(id -un) group=$(id -gn)
fi
chmod 755 "$work"
mkdir "$work/conf" "$work/queue" "$work/data" "$work/mail"
"$top/artifacts/postfix.net/test/smtp-receiver" --listen 127.0.0.1:0 --port-file "$work/port" --dir "$work/mail" \
    --rule 'rcpt nobody.here@example.test 550 5.1.1 there is no such mailbox' >"$work/receiver.out" 2>&1 &
receiver=$!
wait_for 20 "the SMTP receiver" test -s "$work/port"
cp conf/master.toml "$work/conf/"
cat >"$work/conf/main.toml" <<END
myhostname = "mail.demo.test"
myorigin = "demo.test"
relayhost = "[127.0.0.1]:$(cat "$work/port")"
queue_directory = "$work/queue"
data_directory = "$work/data"
maillog_file = "$work/maillog"
mail_owner = "$owner"
setgid_group = "$group"
inet_protocols = "ipv4"
END
# The log belongs to the services, which are not root.
: >"$work/maillog"
[ "$owner" != nobody ] || chown "$owner" "$work/maillog" "$work/data"
cat "$work/conf/main.toml"
"$bin/master" -c "$work/conf" check
"$bin/master" -c "$work/conf" start || fail "the mail system did not start"
"$bin/master" -c "$work/conf" status || fail "the mail system is not running"

title "Submitting: one message to bob; one to carol and to a mailbox that does not exist"
"$bin/sendmail" -C "$work/conf" -f alice@demo.test bob@example.test <<'END'
From: Alice <alice@demo.test>
To: Bob <bob@example.test>
Subject: Hello, Bob

Good morning. The line below begins with a dot:
.profile
END
"$bin/sendmail" -C "$work/conf" -f alice@demo.test carol@example.test nobody.here@example.test <<'END'
From: Alice <alice@demo.test>
To: carol@example.test, nobody.here@example.test
Subject: To two people

One of you is not there.
END
echo "accepted by sendmail, exit status 0"

# Three messages come: bob's, carol's, and the notice to alice about the mailbox that does not exist.
received() { test -e "$work/mail/$1.env"; }
wait_for 30 "three messages at the receiver" received 3
queue_is_empty() { test "$("$bin/postqueue" -c "$work/conf" -p)" = "Mail queue is empty"; }
wait_for 20 "an empty queue" queue_is_empty
three_removed() { test "$(grep -c ': removed$' "$work/maillog")" -ge 3; }
wait_for 5 "three removed lines in the log" three_removed

number_of() { grep -l "$1" "$work"/mail/*.env | head -n 1; }
bob=$(number_of '^rcpt <bob@example.test>') && carol=$(number_of '^rcpt <carol@example.test>') \
    && notice=$(number_of '^rcpt <alice@demo.test>') || fail "a message is missing at the receiver"
show() { tr -d '\r' <"${1%.env}.eml" | sed 's/^/    /'; }

title "What the receiver got for bob"
grep -E '^(helo|mail|rcpt)' "$bob" | sed 's/^/  /'
show "$bob"
tr -d '\r' <"${bob%.env}.eml" | grep -q '^\.profile$' || fail "the line with a dot did not arrive as it was"

title "What it got for carol"
show "$carol"

title "The notice that went back to alice"
grep -E '^(mail|rcpt)' "$notice" | sed 's/^/  /'
show "$notice"
tr -d '\r' <"${notice%.env}.eml" | grep -qi '^Final-Recipient: *rfc822; *nobody.here@example.test' \
    || fail "the notice does not name the refused recipient"

title "The mail log, from submission to removal"
cat "$work/maillog"

title "The queue (postqueue -p)"
"$bin/postqueue" -c "$work/conf" -p

title "Stopping"
"$bin/master" -c "$work/conf" stop || fail "the mail system did not stop"
if "$bin/master" -c "$work/conf" status 2>/dev/null; then fail "the mail system still runs"; fi
echo "all of it happened: two messages delivered, one refusal returned, the queue is empty"
