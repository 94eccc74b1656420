using PostfixNet.Configuration;
using PostfixNet.Mail;
using PostfixNet.Native;
using PostfixNet.Service;
using PostfixNet.Tables;

namespace PostfixNet.Posttool;

/// <summary>postmap and postalias: what lookup tables say.</summary>
internal static class Postmap
{
    private const int LongestKey = 102400;

    internal static int Run(string program, string[] arguments, CallerLog log)
    {
        string usage = $"{program} [-fsv] [-c config_dir] [-q key] [map_type:]file...";
        string? key = null, directory = null;
        bool all = false;
        Getopt options = new(arguments, "bc:d:fFhimnNopq:rsuUvw");
        while (options.Next() is { } letter)
        {
            switch (letter)
            {
                case 'c': directory = options.Value; break;
                case 'f' or 'v' or 'N' or 'n' or 'o' or 'p' or 'u' or 'U' or 'w': break;
                case 'q': key = options.Value; break;
                case 's': all = true; break;
                case 'd' or 'i' or 'r':
                    throw new UsageException($"-{letter}: tables are read as text and not changed by this program; edit the file itself");
                case Getopt.Bad:
                    throw UsageException.Of(options, log, usage);
                default:
                    throw new UsageException($"-{letter} is not supported; usage: {usage}");
            }
        }
        if (options.Operands.Count == 0 || (key is not null && all))
            throw new UsageException($"usage: {usage}");
        if (key is null && !all)
            throw new UsageException($"{options.Operands[0]}: tables are read as text here, and noticed when they change: there is nothing to make");

        IReadOnlyList<Table> tables = [.. options.Operands.Select(name => Open(name, isAliases: program == "postalias", MainConfig.FindDirectory(directory), log))];
        if (all)
            return List(tables, options.Operands);
        return key == "-" ? AskAll(tables) : Ask(tables, key!, withKey: false) ? ExitStatus.Ok : Program.Failure;
    }

    private static Table Open(string name, bool isAliases, string directory, CallerLog log)
    {
        TableReader reader = new(TableLimits.None)
        {
            ReadsAliases = isAliases,
            ExpandPath = path => Path.GetFullPath(path.Replace("$config_directory", directory, StringComparison.Ordinal)),
        };
        try
        {
            // Postfix's default_database_type.
            bool hasType = name.IndexOf(':', StringComparison.Ordinal) is > 0 and int colon && !name.AsSpan(0, colon).ContainsAny('/', '{');
            Table table = reader.Open(hasType ? name : $"hash:{name}");
            foreach (string warning in reader.Warnings)
                log.Warn(warning);
            return table;
        }
        catch (TableException e)
        {
            throw new UsageException(e.Message);
        }
    }

    private static bool Ask(IReadOnlyList<Table> tables, string key, bool withKey)
    {
        foreach (Table table in tables)
        {
            if (Find(table, key) is not { } value)
                continue;
            Program.Print(ByteText.Encode(withKey ? $"{key}\t{value}\n" : value + "\n"));
            return true;
        }
        return false;
    }

    private static string? Find(Table table, string key)
    {
        try
        {
            return table.Find(key);
        }
        catch (LookupException e)
        {
            throw new UsageException($"table lookup error: {e.Message}");
        }
    }

    private static int AskAll(IReadOnlyList<Table> tables)
    {
        bool found = false;
        while (StandardStreams.ReadLine(LongestKey) is { } line)
            found |= Ask(tables, ByteText.Decode(line), withKey: true);
        return found ? ExitStatus.Ok : Program.Failure;
    }

    private static int List(IReadOnlyList<Table> tables, IReadOnlyList<string> names)
    {
        bool any = false;
        for (int i = 0; i < tables.Count; i++)
        {
            IReadOnlyDictionary<string, string> entries = tables[i].Entries ?? throw new UsageException($"{names[i]}: this type of table does not tell its entries");
            foreach ((string key, string value) in entries)
                Program.Print(ByteText.Encode($"{key}\t{value}\n"));
            any |= entries.Count > 0;
        }
        return any ? ExitStatus.Ok : Program.Failure;
    }
}
