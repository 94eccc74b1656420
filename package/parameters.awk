# Makes the manual page of a configuration file, troff with man macros, of the file that comes with the programs, whose comments explain
# each parameter and whose lines, commented out, show its default.
#   awk -v title=main.toml -v what="parameters of the Postfix.Net mail system" -v version=0.1.0 -v date=2026-11-27 -f parameters.awk main.toml

function escape(text) {
    gsub(/\\/, "\\e", text); gsub(/-/, "\\-", text)
    if (text ~ /^[.']/) text = "\\\&" text
    return text
}

function flush(    i) {
    for (i = 1; i <= n; i++) {
        if (text[i] ~ /^  / && !literal) { print ".br"; print ".nf"; literal = 1 }
        if (text[i] !~ /^  / && literal) { print ".fi"; literal = 0 }
        print escape(text[i])
    }
    if (literal) print ".fi"
    n = literal = 0
}

NR == 1 {
    printf ".TH \"%s\" 5 \"%s\" \"Postfix.Net %s\" \"Postfix.Net\"\n.nh\n.SH NAME\n%s \\- %s\n.SH DESCRIPTION\n", toupper(title), date, version, title, what
}
# Examples, and the services of master.toml, are shown as they stand.
shown { line = $0; if (line ~ /^#[^ ]/) sub(/^#/, "", line); print escape(line); next }
/^# -------- Examples/ { flush(); print ".SH EXAMPLES"; print ".nf"; shown = 1; next }
/^\[/ {
    print ".SH SERVICES"; print ".nf"; shown = 1
    for (i = 1; i <= n; i++) print escape("# " text[i])
    n = 0; print escape($0); next
}
/^# -------- / { flush(); sub(/^# -------- /, ""); print ".SH " escape(toupper(substr($0, 1, 1)) substr($0, 2)); next }
/^#[A-Za-z0-9_]+ += / {
    name = substr($0, 2); sub(/ .*/, "", name); value = $0; sub(/^[^=]*= */, "", value)
    print ".TP"; print ".B " escape(name); print "(default: " escape(value) ")"; print ".br"; flush(); next
}
/^# ?/ { line = $0; sub(/^# ?/, "", line); text[++n] = line; next }
/^$/ { if (n) { print ".PP"; flush() } }
END { flush(); if (shown) print ".fi" }
