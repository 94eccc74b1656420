using PostfixNet.Configuration;
using PostfixNet.Log;
using PostfixNet.Mail;
using PostfixNet.Service;

namespace PostfixNet.Sendmail;

/// <summary>What main.toml says to this program.</summary>
internal sealed record SubmissionSettings
{
    internal required LogOptions Log { get; init; }

    /// <summary>Where the message goes, and who may send any.</summary>
    internal required Maildrop Maildrop { get; init; }

    /// <summary>For local parts whose quotes would be lost: myorigin, append_at_myorigin.</summary>
    internal required AddressCompletion Completion { get; init; }

    /// <summary>header_size_limit: bytes of a header with recipients.</summary>
    internal required int HeaderSizeLimit { get; init; }

    /// <summary>line_length_limit: bytes of a record.</summary>
    internal required int LineLengthLimit { get; init; }

    /// <summary>message_size_limit: bytes; 0: no limit.</summary>
    internal required long MessageSizeLimit { get; init; }

    /// <summary>sendmail_fix_line_endings.</summary>
    internal required LineEnding LineEnding { get; init; }

    /// <summary>requiretls_enable.</summary>
    internal required bool KnowsRequireTls { get; init; }

    /// <summary>future_release_limit; zero: mail goes out at once.</summary>
    internal required TimeSpan FutureReleaseLimit { get; init; }

    /// <summary>traces_enable.</summary>
    internal required bool KnowsTraces { get; init; }

    /// <summary>default_verp_delimiters: what -XV stands for.</summary>
    internal required string VerpDelimiters { get; init; }

    /// <summary>verp_delimiter_filter: characters that may be such.</summary>
    internal required string VerpDelimiterFilter { get; init; }

    /// <exception cref="ConfigurationException">A value cannot be used.</exception>
    internal static SubmissionSettings Read(MainConfig config) => new()
    {
        Log = LogOptions.Read(config),
        Maildrop = Maildrop.Read(config),
        Completion = new AddressCompletion(config.Get(Parameters.MyOrigin), AppendAtMyOrigin: config.Get(Parameters.AppendAtMyorigin)),
        HeaderSizeLimit = config.Get(Parameters.HeaderSizeLimit),
        LineLengthLimit = config.Get(Parameters.LineLengthLimit),
        MessageSizeLimit = config.Get(Parameters.MessageSizeLimit),
        LineEnding = config.Get(Parameters.SendmailFixLineEndings) switch
        {
            "strict" => LineEnding.AsFirstLine,
            "never" => LineEnding.Never,
            _ => LineEnding.Always,
        },
        KnowsRequireTls = config.Get(Parameters.RequiretlsEnable),
        FutureReleaseLimit = config.Get(Parameters.FutureReleaseLimit),
        KnowsTraces = config.Get(Parameters.TracesEnable),
        VerpDelimiters = config.Get(Parameters.DefaultVerpDelimiters),
        VerpDelimiterFilter = config.Get(Parameters.VerpDelimiterFilter),
    };
}
