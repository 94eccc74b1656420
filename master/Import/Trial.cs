using System.Text.RegularExpressions;
using PostfixNet.Configuration;
using PostfixNet.Native;

namespace PostfixNet.Master.Import;

/// <summary>The programs themselves say what they do not take: the plan is written to a directory for the while and checked, until nothing is wrong any more.</summary>
/// <param name="source">Where main.cf is.</param>
internal sealed partial class Trial(Plan plan, string source)
{
    private const int MostRounds = 50;

    private static readonly string[] s_serverTls = ["smtpd_tls_security_level", "smtpd_use_tls", "smtpd_enforce_tls", "smtpd_tls_wrappermode"];

    private readonly HashSet<string> _told = [];

    /// <summary>Changes the plan so that "master check" takes what it makes.</summary>
    internal void Run()
    {
        string directory = Make();
        try
        {
            for (int round = 0; round < MostRounds; round++)
            {
                Meanings.Settle(plan, directory);
                TargetDirectory.Write(plan, directory, source);
                IReadOnlyList<string> problems = Problems(directory);
                TargetDirectory.Remove(plan, directory);
                bool isChanged = false;
                foreach (string problem in problems)
                    isChanged |= Resolve(problem.Replace(directory, "$config_directory", StringComparison.Ordinal));
                if (!isChanged)
                    return;
            }
        }
        finally
        {
            TargetDirectory.Remove(plan, directory);
            FileSystem.TryRemoveEmptyDirectory(directory);
        }
    }

    private static string Make()
    {
        string parent = System.IO.Path.GetTempPath().TrimEnd('/');
        while (true)
        {
            string path = $"{parent}/postfix.net-import-{RandomNumber()}";
            if (FileSystem.MakeDirectory(path, 0x1ED /* 0755: services look at it with the rights that they will have */))
                return path;
        }
    }

    private static string RandomNumber() => Convert.ToHexString(System.Security.Cryptography.RandomNumberGenerator.GetBytes(8));

    private static IReadOnlyList<string> Problems(string directory)
    {
        try
        {
            MainConfig config = MainConfig.Load(directory);
            ProblemList problems = new();
            MasterConfig? master = null;
            problems.Try(() => config.Validate());
            problems.Try(() => master = MasterConfig.Load(directory, config));
            problems.ThrowIfAny();
            MasterSettings settings = MasterSettings.Read(config);
            if (FileSystem.Status(System.IO.Path.Join(settings.Programs, "cleanup")) is not null)
                _ = ProgramChecks.Run(directory, settings, master!.Services);
            return [];
        }
        catch (ConfigurationException e)
        {
            return e.Problems;
        }
    }

    /// <returns>The plan is another one now.</returns>
    private bool Resolve(string problem)
    {
        Match match = Place().Match(problem);
        string name = match.Groups["name"].Value, text = match.Groups["text"].Value;
        if (match.Groups["service"] is { Success: true } given && plan.Services.Find(service => service.Name == given.Value) is { } service
            && service.Options.Find(option => option.Name == name) is { } option)
            return Drop(option, () => service.Options.Remove(option), text, $"-o {name}: ");
        if (plan.Find(name) is { } parameter)
            return Drop(parameter, () => plan.Parameters.Remove(parameter), text, "");
        if (Switch(name))
            return true;
        if (OfClass(match) is { } member)
            return Drop(member, () => plan.Parameters.Remove(member), text, "");
        if (ListenProblem().Match(problem) is { Success: true } listen && plan.Services.Find(other => other.Listen is not null && problem.Contains(other.Listen, StringComparison.Ordinal)) is { } server)
        {
            plan.Services.Remove(server);
            server.Finding.Lose($"{listen.Groups["text"].Value}: no mail would be taken there", decides: true);
            return true;
        }
        if (_told.Add(problem))
            plan.Notes.Add($"\"master check\" will say: {problem}");
        return false;
    }

    // What asks for something that main.cf does not give, or not so that it could be taken.
    private bool Switch(string missing)
    {
        (string[] Switches, string Consequence, bool Decides) asking = missing switch
        {
            // Postfix offers no TLS without a certificate, either.
            "smtpd_tls_cert_file" or "smtpd_tls_chain_files" when plan.Findings.Exists(finding => finding is { File: "main.cf", Fate: Fate.Lost } && finding.Subject == missing) =>
                (s_serverTls, $"without {missing} clients are offered no TLS", true),
            "smtpd_tls_cert_file" or "smtpd_tls_chain_files" => (s_serverTls, $"there is no {missing}, so that Postfix offers no TLS, either", false),
            "smtpd_sasl_password_file" => (["smtpd_sasl_auth_enable"],
                "clients could not log in, and their mail would be refused: logins by Cyrus SASL are not known here; make users with \"master passwd\", or ask Dovecot (smtpd_sasl_type = dovecot)", true),
            "smtp_sasl_password_maps" => (["smtp_sasl_auth_enable"], "there are no passwords, so that mail to servers that want a login waits", true),
            _ => ([], "", false),
        };
        foreach (string name in asking.Switches)
        {
            if (plan.Find(name) is { } parameter)
            {
                plan.Parameters.Remove(parameter);
                parameter.Finding.Lose(asking.Consequence, asking.Decides);
                return true;
            }
            foreach (PlannedService service in plan.Services)
            {
                if (service.Options.Find(option => option.Name == name && option.Expanded is not ("no" or "none" or "")) is not { } option)
                    continue;
                // Where TLS is demanded nothing is to be taken without.
                bool isDemanded = name == "smtpd_tls_wrappermode" || option.Expanded == "encrypt";
                option.Finding.Lose($"-o {name}: {asking.Consequence}{(isDemanded ? "; nothing is taken at this service" : "")}", asking.Decides);
                _ = isDemanded ? plan.Services.Remove(service) : service.Options.Remove(option);
                return true;
            }
        }
        return false;
    }

    // A word that stands in the list of a class.
    private PlannedParameter? OfClass(Match match)
    {
        string word = Quoted().Match(match.Groups["text"].Value).Groups[1].Value;
        return word.Length == 0 || match.Groups["name"].Value != "smtpd_restriction_classes" || plan.Find("smtpd_restriction_classes") is not { } classes ? null
            : MainConfig.Words(classes.Expanded).Select(plan.Find).FirstOrDefault(parameter => parameter is not null && MainConfig.Words(parameter.Expanded).Contains(word));
    }

    private bool Drop(PlannedParameter parameter, Action remove, string problem, string place)
    {
        string word = Quoted().Match(problem).Groups[1].Value;
        List<string> words = [.. MainConfig.Words(parameter.Expanded)];
        bool isList = parameter.Name.EndsWith("_restrictions", StringComparison.Ordinal) || PostfixParameters.Standing(parameter.Name) == PostfixStanding.Unknown;
        if (parameter.Name == "smtpd_restriction_classes" && OfClass(Place().Match($"main.toml: {parameter.Name}: {problem}")) is { } member)
            return Drop(member, () => plan.Parameters.Remove(member), problem, "");
        if (isList && words.Contains(word))
        {
            string shown = Take(words, word);
            parameter.Change(string.Join(", ", words));
            parameter.Finding.Lose($"{place}{shown}: {Reason(problem)}; {(word.StartsWith("permit", StringComparison.OrdinalIgnoreCase) ? "whom it lets in would be refused" : "whom it refuses would be let in")} by what else stands in the list", decides: true);
            return true;
        }
        remove();
        string consequence = PostfixParameters.IsTable(parameter.Name) ? $"; without it {TableConsequences.Of(parameter.Name)}" : $"; it would be {Default(parameter.Name)}";
        parameter.Finding.Lose(place + problem + consequence, decides: true);
        return true;
    }

    private static string Default(string name) => PostfixParameters.Defaults(name) is [{ Length: > 0 } text] ? $"\"{text}\", the default" : "left out";

    private static string Reason(string problem) => problem.IndexOf("\" ", StringComparison.Ordinal) is >= 0 and int end ? problem[(end + 2)..] : problem;

    // All places of a restriction, with what belongs to it.
    private static string Take(List<string> words, string word)
    {
        List<string> taken = [];
        for (int at = words.IndexOf(word); at >= 0; at = words.IndexOf(word))
        {
            int count = 1;
            if (TableNames.IsTable(word) && at > 0 && words[at - 1].StartsWith("check_", StringComparison.OrdinalIgnoreCase))
                (at, count) = (at - 1, 2);
            else if (at + 1 < words.Count && NeedsMore(word))
                count = 2;
            taken.Add(string.Join(' ', words.Skip(at).Take(count).Select(TableNames.Shown)));
            words.RemoveRange(at, count);
            if (at > 0 && words[at - 1].Equals("warn_if_reject", StringComparison.OrdinalIgnoreCase))
                words.RemoveAt(at - 1);
        }
        return string.Join(", ", taken);
    }

    private static bool NeedsMore(string word) => word.StartsWith("check_", StringComparison.OrdinalIgnoreCase) || word.Contains("rbl", StringComparison.OrdinalIgnoreCase)
        || word.Contains("dnswl", StringComparison.OrdinalIgnoreCase) || word.Contains("rhswl", StringComparison.OrdinalIgnoreCase) || word.Equals("sleep", StringComparison.OrdinalIgnoreCase);

    [GeneratedRegex("^(?:service (?<service>[^ :]+): -o |(?:.*?main\\.toml(?::\\d+:\\d+)?: )?)(?<name>[A-Za-z0-9_]+): (?<text>.*)$", RegexOptions.Singleline)]
    private static partial Regex Place();

    [GeneratedRegex("\\blisten: (?<text>.*)$", RegexOptions.Singleline)]
    private static partial Regex ListenProblem();

    [GeneratedRegex("^\"([^\"]+)\"")]
    private static partial Regex Quoted();
}
