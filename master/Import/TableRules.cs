using System.Globalization;
using PostfixNet.Configuration;
using PostfixNet.Mail;
using PostfixNet.Native;
using PostfixNet.Tables;

namespace PostfixNet.Master.Import;

/// <summary>The tables that parameters name: what cannot be read here is told and left out; aliases and transports that lead nowhere here are taken out of a copy.</summary>
/// <param name="plan">Gets copies and findings.</param>
/// <param name="ways">The ways that mail can go.</param>
/// <param name="copies">Tables are copied into the new directory.</param>
internal sealed class TableRules(Plan plan, Ways ways, bool copies)
{
    private const int LargestCopy = 256 << 20;

    private readonly Dictionary<string, string> _copied = new(StringComparer.Ordinal);

    /// <summary>Looks at the tables of a parameter, and changes its value.</summary>
    internal void Examine(PlannedParameter parameter)
    {
        // Caches and the like are no tables that anybody looks something up in; a class is a list of restrictions.
        bool isClass = plan.Find("smtpd_restriction_classes") is { } classes && MainConfig.Words(classes.Expanded).Contains(parameter.Name);
        if (PostfixParameters.Form(parameter.Name) != ValueForm.List && !isClass)
            return;
        foreach (string table in TableNames.In(parameter.Expanded).ToArray())
        {
            string? problem = Problem(parameter, table);
            if (problem is not null)
                Drop(parameter, table, problem);
            else if (Rewritten(parameter.Name, table) is { } other && other != table)
                parameter.Change(parameter.Expanded.Replace(table, other, StringComparison.Ordinal));
        }
        if (copies)
            Copy(parameter);
    }

    private static string? Problem(PlannedParameter parameter, string table)
    {
        // Its entries are judged one by one.
        bool isAliases = parameter.Name == "alias_maps" && TableNames.FilesIn(table).Any(static file => TableNames.IsCompiled(file.Type));
        try
        {
            TableReader reader = new(TableLimits.None) { IsSecret = parameter.IsSecret };
            if (!isAliases || !HasText(table))
                _ = reader.Open(table);
        }
        catch (TableException e)
        {
            return e.Message;
        }
        foreach ((string type, string path) in TableNames.FilesIn(table))
        {
            if (TableNames.IsCompiled(type) && IsNewer(path))
                parameter.Finding.Remark($"{path} is newer than the compiled table that Postfix reads: here the text counts");
        }
        return null;
    }

    private static bool HasText(string table) => TableNames.FilesIn(table).All(static file => FileSystem.Status(file.Path, followLink: true) is { Kind: FileKind.Regular });

    private static bool IsNewer(string path)
    {
        try
        {
            return FileSystem.Status(path, followLink: true) is { } text && FileSystem.Status(path + ".db", followLink: true) is { } compiled
                && text.ModifiedSeconds > compiled.ModifiedSeconds;
        }
        catch (IOException)
        {
            return false;
        }
    }

    /// <summary>Takes a table, and the word that says what is looked up in it, out of a value.</summary>
    private static void Drop(PlannedParameter parameter, string table, string problem)
    {
        List<string> words = [.. MainConfig.Words(parameter.Expanded)];
        int at = words.FindIndex(word => word.TrimStart('!') == table);
        if (at < 0)
            return;
        words.RemoveAt(at);
        if (at > 0 && words[at - 1].StartsWith("check_", StringComparison.OrdinalIgnoreCase))
            words.RemoveAt(at - 1);
        parameter.Change(string.Join(", ", words));
        parameter.Finding.Lose($"{TableNames.Shown(table)}: {problem}; without it {TableConsequences.Of(parameter.Name)}", decides: true);
    }

    private string? Rewritten(string parameter, string table) => parameter switch
    {
        "alias_maps" => TableNames.WithFiles(table, (type, path) => TableNames.IsCompiled(type) ? Aliases(path) : path),
        "transport_maps" or "sender_dependent_default_transport_maps" => TableNames.WithFiles(table, Transports),
        _ => null,
    };

    // Without what only local delivery could do.
    private string Aliases(string path)
    {
        (IReadOnlyList<TableEntry> entries, FileStatus status) = TableText.Read(path);
        List<TableEntry> kept = [];
        bool isChanged = false;
        foreach (TableEntry entry in entries)
        {
            int colon = EndOfName(entry.Logical);
            string name = colon < 0 ? "" : entry.Logical[..colon].Trim(), value = colon < 0 ? "" : entry.Logical[(colon + 1)..].Trim();
            if (entry.Logical.Length == 0 || (name.Length > 0 && AliasMembers.Problem(value) is null))
            {
                kept.Add(entry);
                continue;
            }
            isChanged = true;
            Finding finding = new(path, entry.Line, name.Length > 0 ? name : "?");
            plan.Findings.Add(finding);
            List<string> members = SplitMembers(value), good = [.. members.Where(static member => AliasMembers.Problem(member) is null)];
            if (name.Length == 0 || members.Count == 0)
            {
                finding.Lose("it is no alias; Postfix passes over it, too", decides: false);
                continue;
            }
            string bad = string.Join(" and ", members.Except(good).Select(What));
            if (good.Count > 0)
                kept.Add(new TableEntry(entry.Line, [.. entry.Lines.Where(static line => line.TrimStart().StartsWith('#')), $"{name}: {string.Join(", ", good)}"], entry.Logical));
            finding.Lose(good.Count > 0 ? $"mail to {name} would go to its addresses only, not to {bad}"
                : $"mail to {name} would be returned as \"unknown user\", and not go to {bad}", decides: true);
        }
        return isChanged ? Write(path, TableText.Write(kept), status) : path;
    }

    // What follows a "|" may be a secret of its command.
    private static string What(string member) => member.Trim('"', ' ') is var bare && bare.StartsWith('|') ? $"the command {bare[1..].Trim().Split(' ')[0].Trim('"')}"
        : bare.StartsWith(":include:", StringComparison.OrdinalIgnoreCase) ? $"the addresses in {bare[9..]}" : bare.StartsWith('\\') ? $"the mailbox {bare[1..]}" : $"the file {bare}";

    private static int EndOfName(string text)
    {
        bool isQuoted = false;
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] == '"')
                isQuoted = !isQuoted;
            else if (text[i] == ':' && !isQuoted)
                return i;
        }
        return -1;
    }

    private static List<string> SplitMembers(string value)
    {
        List<string> members = [];
        bool isQuoted = false;
        int start = 0;
        for (int i = 0; i <= value.Length; i++)
        {
            if (i < value.Length && value[i] == '"')
                isQuoted = !isQuoted;
            if (i == value.Length || (value[i] == ',' && !isQuoted))
            {
                if (value[start..i].Trim() is { Length: > 0 } member)
                    members.Add(member);
                start = i + 1;
            }
        }
        return members;
    }

    // What goes by a transport that is not there waits, and goes nowhere else.
    private string Transports(string type, string path)
    {
        (IReadOnlyList<TableEntry> entries, FileStatus status) = TableText.Read(path);
        List<TableEntry> kept = [];
        bool isChanged = false;
        foreach (TableEntry entry in entries)
        {
            int blank = entry.Logical.LastIndexOfAny([' ', '\t']);
            string value = blank < 0 ? "" : entry.Logical[(blank + 1)..];
            if (value.IndexOf(':', StringComparison.Ordinal) is not (> 0 and int colon) || ways.Missing(value[..colon]) is not { } missing)
            {
                kept.Add(entry);
                continue;
            }
            isChanged = true;
            string key = entry.Logical[..blank].Trim();
            Finding finding = new(path, entry.Line, key);
            finding.Lose($"mail to {key} would wait in the queue, and not go by {value}: {missing.Why}", missing.Decides);
            plan.Findings.Add(finding);
            kept.Add(new TableEntry(entry.Line, [.. entry.Lines.Where(static line => line.TrimStart().StartsWith('#')), $"{key} {Ways.Waiting(value[..colon])}"], entry.Logical));
        }
        return isChanged ? Write(path, TableText.Write(kept), status) : path;
    }

    private void Copy(PlannedParameter parameter)
    {
        string value = TableNames.WithFiles(parameter.Expanded, (_, path) => CopyOf(path));
        // A list of hosts or domains names plain files, too.
        if (PostfixParameters.Form(parameter.Name) == ValueForm.List && !PostfixParameters.IsTable(parameter.Name))
            value = string.Join(", ", MainConfig.Words(value).Select(word => word.StartsWith('/') && FileSystem.Status(word, followLink: true) is { Kind: FileKind.Regular } ? CopyOf(word) : word));
        if (value != parameter.Expanded)
            parameter.Change(value);
    }

    private string CopyOf(string path)
    {
        if (path.StartsWith(Plan.Target, StringComparison.Ordinal))
            return path;
        byte[] content = FileSystem.ReadAll(path, LargestCopy, out FileStatus status);
        return Write(path, content, status);
    }

    private string Write(string path, byte[] content, FileStatus status)
    {
        if (_copied.TryGetValue(path, out string? known))
            return known;
        string name = System.IO.Path.GetFileName(path), free = name;
        for (int i = 2; free is "main.toml" or "master.toml" || plan.Files.Exists(file => file.Name == free); i++)
            free = string.Create(CultureInfo.InvariantCulture, $"{name}.{i}");
        // Never more than its owner and readers had.
        plan.Files.Add(new PlannedFile(free, content, status.Mode & 0x1B4 /* 0664 */, status.Uid, status.Gid));
        string target = $"{Plan.Target}/{free}";
        _copied.Add(path, target);
        plan.Notes.Add($"{path} is copied to {free}");
        return target;
    }
}
