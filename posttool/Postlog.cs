using PostfixNet.Configuration;
using PostfixNet.Log;
using PostfixNet.Mail;
using PostfixNet.Native;
using PostfixNet.Service;

namespace PostfixNet.Posttool;

/// <summary>postlog: lines for the mail log.</summary>
internal static class Postlog
{
    private const string Usage = "postlog [-c config_directory] [-i] [-p priority] [-t tag] [-v] [text...]";
    private const int LongestLine = 32768;

    internal static int Run(string[] arguments, CallerLog log)
    {
        string? directory = null, tag = null;
        Severity severity = Severity.Info;
        // Words that follow the first one are text, dashes or not.
        Getopt options = new(arguments, "c:ip:t:v", permute: false);
        while (options.Next() is { } letter)
        {
            switch (letter)
            {
                case 'c': directory = options.Value; break;
                case 'p': severity = SeverityOf(options.Value); break;
                case 't': tag = options.Value; break;
                case Getopt.Bad: throw UsageException.Of(options, log, Usage);
            }
        }
        LogOptions place = LogOptions.Read(MainConfig.Load(MainConfig.FindDirectory(directory)));
        MailLog.Open(place, "postlog", mustBeSomewhere: false);
        if (tag is not null)
            MailLog.Rename(tag);
        if (options.Operands.Count > 0)
            Write(string.Join(' ', options.Operands));
        else
        {
            while (StandardStreams.ReadLine(LongestLine) is { } line)
                Write(ByteText.Decode(line));
        }
        return ExitStatus.Ok;

        void Write(string text)
        {
            MailLog.Lines.Write(severity, text);
            if (Terminal.IsError)
                StandardStreams.WriteError($"{tag ?? "postlog"}: {PrintableText.Of(text)}\n");
        }
    }

    private static Severity SeverityOf(string word) => word switch
    {
        "info" => Severity.Info,
        "warn" or "warning" => Severity.Warning,
        "error" => Severity.Error,
        "fatal" => Severity.Fatal,
        "panic" => Severity.Panic,
        _ => throw new UsageException($"unknown priority \"{word}\"; known are info, warn, error, fatal, panic"),
    };
}
