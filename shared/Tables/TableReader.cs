using PostfixNet.Native;

namespace PostfixNet.Tables;

/// <summary>What the user of a table does not take.</summary>
[Flags]
public enum TableLimits
{
    /// <summary>Takes all.</summary>
    None = 0,
    /// <summary>No $1 in results of patterns: whoever sends mail could choose them.</summary>
    NoSubstitution = 1,
    /// <summary>No tables that ask a server: it cannot wait.</summary>
    NoServers = 2,
}

/// <summary>Opens tables by "type:name": the one place that knows the types.</summary>
/// <param name="limits">What is refused.</param>
public sealed class TableReader(TableLimits limits)
{
    /// <summary>For messages: what can be given.</summary>
    public const string Accepted = "give a table, \"texthash:/path\", \"inline:{key=value}\", \"static:value\", another of the types in docs/tables.md, or a list of these";

    /// <summary>Types that can be named.</summary>
    public static IReadOnlyList<string> Types { get; } =
    [
        "btree", "cdb", "cidr", "dbm", "fail", "hash", "inline", "lmdb", "pcre", "pipemap", "proxy", "randmap", "regexp", "sdbm", "socketmap", "static", "tcp", "texthash",
        "unionmap", "unix",
    ];

    private const int LargestFile = 256 << 20;
    private const int DeepestNesting = 8;

    private readonly List<TableFile> _files = [];
    private readonly List<string> _warnings = [];
    private int _depth;

    /// <summary>"hash:" and its like are alias files, aliases(5).</summary>
    public bool ReadsAliases { get; init; }

    /// <summary>What is asked for may be a slip of the pen for a password: no error quotes it.</summary>
    public bool IsSecret { get; init; }

    /// <summary>Completes the path of a file, for tables in which "$" stands for itself.</summary>
    public Func<string, string> ExpandPath { get; init; } = static path => path;

    /// <summary>Files that were read.</summary>
    public IReadOnlyList<TableFile> Files => _files;

    /// <summary>What is odd in what was read, with its place.</summary>
    public IReadOnlyList<string> Warnings => _warnings;

    /// <summary>Something stood in the configuration itself.</summary>
    public bool HasInline { get; private set; }

    /// <param name="specification">"type:name".</param>
    /// <exception cref="TableException">It cannot be used.</exception>
    public Table Open(string specification)
    {
        ArgumentNullException.ThrowIfNull(specification);
        int colon = specification.IndexOf(':', StringComparison.Ordinal);
        string type = colon < 0 ? "" : specification[..colon], name = specification[(colon + 1)..];
        return type switch
        {
            "texthash" => TextFile(type, name, TextHash.Read),
            "hash" or "btree" or "lmdb" or "cdb" or "dbm" or "sdbm" => Compiled(type, name),
            "regexp" => Patterns(type, name, new RegexpSyntax()),
            "pcre" => Pcre.IsAvailable ? Patterns(type, name, new PcreSyntax())
                : throw new TableException("\"pcre:\" needs the library libpcre2-8.so.0, and this system has none; install the package libpcre2-8-0, or use \"regexp:\""),
            "cidr" => Lines(type, name, (_, lines, warnings) => CidrTable.Read(lines, warnings)),
            "inline" => Inline(InlineTable.Read(name)),
            "static" => Inline(new StaticTable(name.StartsWith('{') ? Inside(type, name, BracedText.Inside).Trim() : name)),
            "fail" => new FailTable(name),
            "randmap" => Inline(new RandomTable(Members(type, name))),
            "unionmap" => new UnionTable(Tables(type, name)),
            "pipemap" => new PipeTable(Tables(type, name)),
            "socketmap" => Server(type, SocketMapTable.Open(name)),
            "tcp" => Server(type, TcpTable.Open(name)),
            "proxy" => Nested(name),
            "unix" => name switch
            {
                "passwd.byname" => new AccountTable(ofGroups: false),
                "group.byname" => new AccountTable(ofGroups: true),
                _ => throw new TableException("there are \"unix:passwd.byname\" and \"unix:group.byname\" only"),
            },
            _ => throw Unknown(type, IsSecret ? "this" : $"\"{specification}\""),
        };
    }

    private static TableException Unknown(string type, string shown) => new(type switch
    {
        "ldap" or "mysql" or "pgsql" or "sqlite" or "memcache" or "mongodb" =>
            $"\"{type}:\" is not supported; let a server answer for the database, \"socketmap:unix:/path:name\", or write its entries to a file for \"texthash:/path\"",
        "nis" or "nisplus" or "netinfo" or "environ" or "internal" => $"\"{type}:\" is not supported; write its entries to a file for \"texthash:/path\"",
        _ => $"{shown} is not a lookup table; {Accepted}",
    });

    private Table Server(string type, Table table) => !limits.HasFlag(TableLimits.NoServers) ? table
        : throw new TableException($"\"{type}:\" asks a server, and whoever needs this parameter cannot wait for it; write the entries to a file for \"texthash:/path\"");

    private Table Inline(Table table)
    {
        HasInline = true;
        return table;
    }

    private Table Nested(string specification)
    {
        if (++_depth > DeepestNesting)
            throw new TableException($"tables are nested more than {DeepestNesting} deep");
        Table table = Open(specification);
        _depth--;
        return table;
    }

    private IReadOnlyList<Table> Tables(string type, string name) => [.. Members(type, name).Select(Nested)];

    private static List<string> Members(string type, string name) => Inside(type, name, BracedText.WordsIn) is { Count: > 0 } members
        ? members : throw new TableException($"\"{type}:\" has nothing in its braces");

    private static T Inside<T>(string type, string name, Func<string, T> read)
    {
        try
        {
            return read(name);
        }
        catch (FormatException e)
        {
            throw new TableException($"\"{type}:\" is not understood: {e.Message}; accepted is \"{type}:{{...}}\"");
        }
    }

    private Table Compiled(string type, string name)
    {
        string path = ExpandPath(name);
        string? end = Exists(path) ? null : Array.Find([".db", ".lmdb", ".cdb", ".pag"], ending => Exists(path + ending));
        return end is null ? TextFile(type, name, ReadsAliases ? AliasFile.Read : TextHash.Read)
            : throw new TableException($"only {path}{end} is there, which is not read here, and not its text {path}; make that with Postfix's \"postmap -s {type}:{path} > {path}\"");
    }

    private static bool Exists(string path)
    {
        try
        {
            return path.StartsWith('/') && FileSystem.Status(path, followLink: true) is not null;
        }
        catch (IOException)
        {
            return false;
        }
    }

    private Table Patterns(string type, string name, IPatternSyntax syntax) => Lines(type, name,
        (place, lines, warnings) => PatternTable.Read(place, lines, syntax, !limits.HasFlag(TableLimits.NoSubstitution), warnings));

    // Of a file, or of rules within braces.
    private Table Lines(string type, string name, Func<string, IEnumerable<LogicalLine>, List<string>, Table> read)
    {
        if (!name.StartsWith('{'))
            return TextFile(type, name, (bytes, warnings) => read(ExpandPath(name) + ":", LogicalLines.Of(bytes), warnings));
        HasInline = true;
        List<LogicalLine> rules = [];
        foreach (string member in Inside(type, name, BracedText.WordsIn))
        {
            string rule = Inside(type, member, BracedText.Inside).Trim();
            if (rule.Length > 0 && rule[0] != '#')
                rules.Add(new LogicalLine(rules.Count + 1, rule));
        }
        return Read($"{type}:{{...}}, rule ", warnings => read($"{type}:{{...}}, rule ", rules, warnings));
    }

    private Table TextFile(string type, string name, Func<byte[], List<string>, Table> read)
    {
        string path = ExpandPath(name);
        if (!path.StartsWith('/'))
            throw new TableException($"\"{type}:\" needs a path from the root; accepted is \"{type}:/path\" or \"{type}:$config_directory/file\"");
        byte[] bytes;
        try
        {
            bytes = FileSystem.ReadAll(path, LargestFile, out FileStatus status);
            _files.Add(new TableFile(path, status));
        }
        catch (SystemCallException e)
        {
            throw new TableException($"the table {path} cannot be read: {e.Reason}", e.IsForbidden);
        }
        return Read(path + ":", warnings => read(bytes, warnings));
    }

    private Table Read(string place, Func<List<string>, Table> read)
    {
        List<string> warnings = [];
        try
        {
            return read(warnings);
        }
        catch (FormatException e)
        {
            throw new TableException(place + e.Message);
        }
        finally
        {
            _warnings.AddRange(warnings.Select(warning => place + warning));
        }
    }
}
