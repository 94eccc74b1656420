using System.Text;
using PostfixNet.Configuration;
using PostfixNet.Service;
using PostfixNet.Tables;

namespace PostfixNet.Posttool;

/// <summary>postconf: parameters as main.cf would have them.</summary>
internal static class Postconf
{
    private const string Usage = "postconf [-c config_dir] [-d (parameter defaults)] [-f (fold lines)] [-h (no names)] [-H (no values)] [-m (map types)] "
        + "[-n (non-default parameters)] [-o name=value (override parameter value)] [-p (main.toml, default)] [-v (verbose)] [-x (expand parameter values)] [name...]";

    // Folded lines are shorter than this, and their continuations begin so.
    private const int LineLimit = 80;
    private const string Indent = "    ";

    private sealed class Wanted
    {
        internal string? Directory { get; set; }
        internal bool Defaults { get; set; }
        internal bool GivenOnly { get; set; }
        internal bool Expanded { get; set; }
        internal bool NoNames { get; set; }
        internal bool NoValues { get; set; }
        internal bool Folded { get; set; }
        internal bool TableTypes { get; set; }
        internal List<KeyValuePair<string, string>> Overrides { get; } = [];
        internal IReadOnlyList<string> Names { get; set; } = [];
    }

    internal static int Run(string[] arguments, CallerLog log)
    {
        Wanted wanted = Parse(arguments, log);
        if (wanted.TableTypes)
        {
            Program.Print(Encoding.UTF8.GetBytes(string.Concat(TableReader.Types.Select(static type => type + "\n"))));
            return ExitStatus.Ok;
        }
        SettingList settings = MainConfig.Load(MainConfig.FindDirectory(wanted.Directory)).With("command line", wanted.Overrides).AllSettings();
        StringBuilder text = new();
        foreach (Setting setting in Select(settings, wanted, log))
            text.Append(Line(settings, setting, wanted)).Append('\n');
        Program.Print(Encoding.UTF8.GetBytes(text.ToString()));
        if (!wanted.Defaults)
        {
            foreach (Setting setting in settings.All().Where(settings.IsUnused))
                log.Warn($"{settings.File}: unused parameter: {setting.Name}={setting.Written}");
        }
        return ExitStatus.Ok;
    }

    private static Wanted Parse(string[] arguments, CallerLog log)
    {
        Wanted wanted = new();
        Getopt options = new(arguments, "aAbc:C:deEfFhHlmMno:pPtT:vxX#");
        while (options.Next() is { } letter)
        {
            switch (letter)
            {
                case 'c': wanted.Directory = options.Value; break;
                case 'd': wanted.Defaults = true; break;
                case 'f': wanted.Folded = true; break;
                case 'h': wanted.NoNames = true; break;
                case 'H': wanted.NoValues = true; break;
                case 'm': wanted.TableTypes = true; break;
                case 'n': wanted.GivenOnly = true; break;
                case 'o': wanted.Overrides.Add(Override(options.Value)); break;
                case 'p' or 'v': break;
                case 'x': wanted.Expanded = true; break;
                case 'e' or 'E' or 'X' or '#':
                    throw new UsageException($"-{letter}: main.toml is not changed by this program; edit it, then \"master check\" and \"master reload\"");
                case 'M' or 'F' or 'P':
                    throw new UsageException($"-{letter}: there is no master.cf here; the services stand in master.toml");
                case Getopt.Bad:
                    throw UsageException.Of(options, log, Usage);
                default:
                    throw new UsageException($"-{letter} is not supported; usage: {Usage}");
            }
        }
        if (wanted is { Defaults: true, GivenOnly: true })
            throw new UsageException("specify one of -d -n");
        wanted.Names = options.Operands;
        if (wanted.Names.FirstOrDefault(static name => name.Contains('=', StringComparison.Ordinal)) is { } change)
            throw new UsageException($"{change}: main.toml is not changed by this program; edit it, then \"master check\" and \"master reload\"");
        return wanted;
    }

    private static KeyValuePair<string, string> Override(string text) => text.IndexOf('=', StringComparison.Ordinal) is > 0 and int equals
        ? new(text[..equals].Trim(), text[(equals + 1)..].Trim()) : throw new UsageException($"invalid parameter override: {text}: missing '=' after attribute name");

    private static IEnumerable<Setting> Select(SettingList settings, Wanted wanted, CallerLog log)
    {
        bool Shown(Setting setting) => !settings.IsUnused(setting) && (!wanted.GivenOnly || setting.Place is not null);
        if (wanted.Names.Count == 0)
            return settings.All().Where(setting => Shown(setting) && !(wanted.Defaults && SettingList.IsMadeUp(setting)));
        List<Setting> found = [];
        foreach (string name in wanted.Names)
        {
            if (settings.Find(name) is not { } setting || settings.IsUnused(setting) || (wanted.Defaults && SettingList.IsMadeUp(setting)))
                log.Warn($"{name}: unknown parameter");
            else if (Shown(setting))
                found.Add(setting);
        }
        return found;
    }

    private static string Line(SettingList settings, Setting setting, Wanted wanted)
    {
        if (wanted.NoValues)
            return setting.Name;
        string value = wanted.Defaults ? setting.Default : setting.Written;
        if (wanted.Expanded)
            value = wanted.Defaults ? settings.ExpandDefault(value) : settings.Expand(value);
        string line = wanted.NoNames ? value : value.Length == 0 ? $"{setting.Name} =" : $"{setting.Name} = {value}";
        return wanted.Folded ? Fold(line) : line;
    }

    private static string Fold(string line)
    {
        StringBuilder folded = new();
        int length = 0;
        foreach (string word in line.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries))
        {
            if (length > 0 && length + 1 + word.Length >= LineLimit)
            {
                folded.Append('\n').Append(Indent);
                length = Indent.Length;
            }
            else if (length > 0)
            {
                folded.Append(' ');
                length++;
            }
            folded.Append(word);
            length += word.Length;
        }
        return folded.ToString();
    }
}
