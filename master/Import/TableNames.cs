using System.Text.RegularExpressions;
using PostfixNet.Configuration;

namespace PostfixNet.Master.Import;

/// <summary>Finds tables in values, and what is in a value to be told.</summary>
internal static partial class TableNames
{
    private static readonly string[] s_types =
    [
        "btree", "cdb", "cidr", "dbm", "environ", "fail", "hash", "inline", "internal", "ldap", "lmdb", "memcache", "mongodb", "mysql", "netinfo", "nis", "nisplus",
        "pcre", "pgsql", "pipemap", "proxy", "randmap", "regexp", "sdbm", "socketmap", "sqlite", "static", "tcp", "texthash", "unionmap", "unix",
    ];

    /// <summary>A word of a value names a table.</summary>
    internal static bool IsTable(string word) => word.IndexOf(':', StringComparison.Ordinal) is > 0 and int colon && s_types.Contains(word[..colon]);

    /// <summary>The tables in a value, as they are named there.</summary>
    internal static IEnumerable<string> In(string value) => MainConfig.Words(value).Select(static word => word.TrimStart('!')).Where(IsTable);

    /// <summary>The files of tables in a value, also within unionmap: and its kin: the type and the path.</summary>
    internal static IEnumerable<(string Type, string Path)> FilesIn(string value) => FileOfTable().Matches(value).Select(static match => (match.Groups[1].Value, match.Groups[2].Value));

    /// <summary>The same value with another path for each file.</summary>
    internal static string WithFiles(string value, Func<string, string, string> path) =>
        FileOfTable().Replace(value, match => $"{match.Groups[1].Value}:{path(match.Groups[1].Value, match.Groups[2].Value)}");

    /// <summary>The text that a compiled table is made of is read in its place.</summary>
    internal static bool IsCompiled(string type) => type is "hash" or "btree" or "lmdb" or "cdb" or "dbm" or "sdbm";

    /// <summary>The name of a table as it may be shown: entries that stand in the configuration itself may be secrets.</summary>
    internal static string Shown(string table) => table.IndexOf(':', StringComparison.Ordinal) is > 0 and int colon
        && (table[..colon] is "static" or "inline" or "randmap" || table.Contains('{', StringComparison.Ordinal)) ? table[..colon] + ":..." : table;

    [GeneratedRegex(@"\b(hash|btree|lmdb|cdb|dbm|sdbm|texthash|regexp|pcre|cidr):(/[^\s,{}]+)")]
    private static partial Regex FileOfTable();
}
