# Makes a manual page, troff with man macros, of the comment with which a program's Program.cs opens.
#   awk -v section=8 -v version=0.1.0 -v date=2026-11-27 -f manual.awk Program.cs
# The comment has parts in capitals, as manual pages have. A line that is a word or option, two or more blanks and a text is an entry of a
# list; what is indented more belongs to it.

function escape(text) {
    gsub(/&lt;/, "<", text); gsub(/&gt;/, ">", text); gsub(/&amp;/, "\\&", text)
    gsub(/\\/, "\\e", text)
    gsub(/-/, "\\-", text)
    if (text ~ /^[.']/) text = "\\\&" text
    return text
}

function indent(line) { match(line, /^ */); return RLENGTH }

# Words of a list's entry: at most a few, followed by a gap.
function gap(line) { return match(line, /[^ ]   *[^ ]/) && RSTART < 48 ? RSTART : 0 }

function part(name,    i, line, depth, base, at, next_depth) {
    if (n == 0) return
    print ".SH " name
    base = 0; depth = -1
    for (i = 1; i <= n; i++) {
        line = lines[i]
        if (name == "NAME") { sub(/ - /, " \\- ", line); print line; continue }
        if (name == "SYNOPSIS") { if (i == 1) print ".nf"; print escape(line); if (i == n) print ".fi"; continue }
        at = gap(line); next_depth = i < n ? indent(lines[i + 1]) : 0
        if (depth >= 0 && indent(line) > depth && !(at && indent(line) <= depth + 1)) {
            sub(/^ +/, "", line); print escape(line)
        } else if (at) {
            depth = indent(line)
            print ".TP"; print ".B " escape(substr(line, depth + 1, at - depth)); line = substr(line, at + 1); sub(/^ +/, "", line); print escape(line)
        } else if (next_depth > indent(line) + 2 && length(line) < 60) {
            depth = indent(line); sub(/^ +/, "", line)
            print ".TP"; print ".B " escape(line)
        } else {
            if (depth >= 0 || i == 1) print ".PP"
            depth = -1; sub(/^ +/, "", line); print escape(line)
        }
    }
    n = 0
}

/^\/\/\/ NAME/ { open = 1 }
open && /^\/\/\/ <\/summary>/ { part(name); exit }
open && /^\/\/\/ [A-Z][A-Z ]+$/ {
    part(name); name = substr($0, 5); next
}
open {
    line = substr($0, 7)
    if (name == "NAME" && !titled) {
        title = line; sub(/[ ,].*/, "", title)
        printf ".TH \"%s\" %s \"%s\" \"Postfix.Net %s\" \"Postfix.Net\"\n", toupper(title), section, date, version
        print ".nh"; titled = 1
    }
    lines[++n] = line
}
