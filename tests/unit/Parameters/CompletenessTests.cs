using System.Text.RegularExpressions;
using PostfixNet.Configuration;
using PostfixNet.UnitTests.Queue;

namespace PostfixNet.UnitTests.ChangedParameters;

/// <summary>No parameter is accepted in silence: each is changed somewhere, and a program behaves otherwise.</summary>
public sealed class CompletenessTests
{
    private static readonly Row[] s_rows =
        [.. BounceRows.All, .. CleanupRows.All, .. EventsRows.All, .. HistoryRows.All, .. MasterRows.All, .. MetricsRows.All, .. MilterRows.All, .. MtaStsRows.All, .. QmgrRows.All, .. SmtpRows.All, .. SmtpTlsRows.All, .. SmtpdAccessRows.All, .. SmtpdRows.All, .. SmtpdRows.Security, .. SmtpdSaslRows.All, .. SubmissionRows.All, .. TlsrptRows.All, .. TraceRows.All, .. WebhooksRows.All, .. WebRows.All];

    // What only whole processes show: parameter, class and method among the tests of the whole system.
    private static readonly (string Parameter, string Class, string Method)[] s_shownBy =
    [
        ("application_event_drain_time", "ParametersOfProcesses", "AStopWithoutPatienceLeavesMailForLater"),
        ("cleanup_service_name", "ParametersOfProcesses", "EachServiceCanHaveAnotherName"),
        ("command_directory", "ParametersOfProcesses", "ProgramsAndCommandsComeFromTheirDirectories"),
        ("confirm_delay_cleared", "SendersAreTold", "TheEndOfADelayIsTold"),
        ("daemon_directory", "ParametersOfProcesses", "ProgramsAndCommandsComeFromTheirDirectories"),
        ("dns_nameservers", "WhatSmtpTellsAndWaitsFor", "TheMessageGoesToTheServerAloneAndEveryWaitHasItsLimit"),
        ("error_notice_recipient", "MisbehavingServers", "TheTranscriptReachesThePostmaster"),
        ("fork_attempts", "ParametersOfProcesses", "AProgramThatCannotBeStartedIsTriedAgain"),
        ("fork_delay", "ParametersOfProcesses", "AProgramThatCannotBeStartedIsTriedAgain"),
        ("ipc_idle", "ParametersOfProcesses", "AProcessEndsWhenNobodyComes"),
        ("mail_version", "ParametersOfProcesses", "ProgramsAndCommandsComeFromTheirDirectories"),
        ("max_idle", "ParametersOfProcesses", "AProcessEndsWhenNobodyComes"),
        ("max_use", "ParametersOfProcesses", "AProcessEndsAfterItsClients"),
        ("qmgr_ipc_timeout", "ParametersOfProcesses", "AServiceThatDoesNotAnswerIsGivenUp"),
        ("queue_service_name", "ParametersOfProcesses", "EachServiceCanHaveAnotherName"),
        ("service_throttle_time", "ParametersOfProcesses", "ProgramsAndCommandsComeFromTheirDirectories"),
        ("smtpd_sasl_password_file", "UsersOfTheServer", "UsersAreMadeListedAndRemoved"),
        ("tls_append_default_CA", "MailGoesOverTls", "TheCertificatesOfTheSystemAreTrustedBesides"),
    ];

    private static IEnumerable<string> Declared => PostfixNet.Configuration.Parameters.All.Select(static parameter => parameter.Name);

    private static IEnumerable<string> Shown => s_rows.Select(static row => row.Parameter).Concat(s_shownBy.Select(static test => test.Parameter));

    [Fact]
    public void Each_parameter_is_changed_and_makes_a_difference()
    {
        string[] silent = [.. Declared.Except(Shown)];
        Assert.Empty(silent);
    }

    [Fact]
    public void Each_row_is_about_a_parameter()
    {
        string[] unknown = [.. Shown.Except(Declared)];
        Assert.Empty(unknown);
    }

    [Fact]
    public void Nothing_works_and_is_refused_at_once() =>
        Assert.Empty(Declared.Intersect(UnsupportedParameters.All.Select(static parameter => parameter.Name)));

    // A test that is cited is there, and sets the parameter.
    [Fact]
    public void Each_test_that_is_cited_changes_the_parameter()
    {
        List<string> untrue = [];
        foreach ((string parameter, string name, string method) in s_shownBy)
        {
            string path = Path.Combine(Vectors.Directory, "..", "..", "tests", "system", $"{name}.cs");
            string text = File.Exists(path) ? File.ReadAllText(path) : "";
            Match body = Regex.Match(text, $@"\bvoid {method}\(.*?(?=\n    \[(Fact|Theory)|\n}})", RegexOptions.Singleline);
            if (!body.Value.Contains($"\"{parameter}\"", StringComparison.Ordinal))
                untrue.Add($"{name}.{method}: {parameter}");
        }
        Assert.Empty(untrue);
    }
}
