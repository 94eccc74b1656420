using System.Text.RegularExpressions;

namespace PostfixNet.Master.Import;

/// <summary>Sockets of other programs, where Postfix sees them: a service in a chroot begins all paths at the queue directory, and relative ones begin there for all.</summary>
/// <param name="plan">Its parameters are changed.</param>
/// <param name="settings">main.cf.</param>
/// <param name="services">master.cf.</param>
internal sealed partial class SocketRules(Plan plan, PostfixSettings settings, IReadOnlyList<MasterCfEntry> services)
{
    /// <param name="hasOwnQueue">The queue directory is not that of Postfix any more.</param>
    internal void Run(bool hasOwnQueue)
    {
        string queue = settings.Value("queue_directory").TrimEnd('/');
        foreach (PlannedParameter parameter in plan.Parameters.Concat(plan.Services.SelectMany(static service => service.Options)).Where(static parameter => parameter.Expanded.Contains(':', StringComparison.Ordinal)))
        {
            bool isInChroot = IsInChroot(parameter.Name);
            string value = Socket().Replace(parameter.Expanded, match => (match.Groups[1].Value, match.Groups[2].Value) switch
            {
                (var kind, ['/', ..] path) when isInChroot && !path.StartsWith(queue + "/", StringComparison.Ordinal) => $"{kind}:{queue}{path}",
                (var kind, [not '/', ..] path) when hasOwnQueue && path is not ("passwd.byname" or "group.byname") => $"{kind}:{queue}/{path}",
                _ => match.Value,
            });
            if (value == parameter.Expanded)
                continue;
            parameter.Change(value);
            parameter.Finding.Remark(isInChroot ? $"its sockets are below {queue}, where Postfix's service in a chroot finds them" : $"its sockets are below {queue}");
        }
        if (hasOwnQueue && plan.Find("smtpd_sasl_path") is { Expanded: [not '/', ..] } login && settings.Value("smtpd_sasl_type") == "dovecot" && !login.Expanded.StartsWith("inet:", StringComparison.Ordinal))
            login.Change($"{queue}/{login.Expanded}");
    }

    // Who opens it.
    private bool IsInChroot(string parameter)
    {
        string? command = parameter == "non_smtpd_milters" ? "cleanup" : parameter.StartsWith("smtpd_", StringComparison.Ordinal) ? "smtpd"
            : parameter is "local_transport" or "relay_transport" or "default_transport" ? "lmtp" : null;
        return command is not null && services.Any(service => service.Command == command && (service.Chroot == "y" || (service.Chroot == "-" && settings.IsBefore("1"))));
    }

    [GeneratedRegex(@"(?<![\w:])((?:lmtp:)?unix|local):([^\s,{}]+)")]
    private static partial Regex Socket();
}
