using System.Diagnostics;
using System.Text;

namespace PostfixNet.UnitTests.Sendmail;

/// <summary>One record of a maildrop file, read by the test itself: type letter and payload, one character per byte.</summary>
internal sealed record DropRecord(char Type, string Payload)
{
    internal static List<DropRecord> Read(byte[] file)
    {
        List<DropRecord> records = [];
        for (int at = 0; at < file.Length;)
        {
            char type = (char)file[at++];
            int length = 0, shift = 0;
            byte b;
            do
            {
                b = file[at++];
                length |= (b & 0x7f) << shift;
                shift += 7;
            }
            while (b >= 0x80);
            records.Add(new DropRecord(type, Encoding.Latin1.GetString(file, at, length)));
            at += length;
        }
        return records;
    }

    public override string ToString() => $"{Type} {Payload}";
}

/// <summary>A configuration, a maildrop directory, and the real program run on them.</summary>
internal sealed class Drop : IDisposable
{
    internal Drop(string configuration = "", bool withMaildrop = true)
    {
        Root = Directory.CreateTempSubdirectory("sendmail").FullName;
        Directory.CreateDirectory(Path.Join(Root, "public"));
        if (withMaildrop)
            Directory.CreateDirectory(Maildrop);
        // A log of its own: tests do not write to the log of the machine.
        File.WriteAllText(Path.Join(Root, "main.toml"), $"queue_directory = '{Root}'\nmaillog_file = '{Root}/log'\n{configuration}");
    }

    internal string Root { get; }

    internal string Maildrop => Path.Join(Root, "maildrop");

    internal string[] Files => Directory.Exists(Maildrop) ? Directory.GetFiles(Maildrop) : [];

    /// <summary>The records of the only file.</summary>
    internal List<DropRecord> Records => DropRecord.Read(File.ReadAllBytes(Assert.Single(Files)));

    /// <summary>Payloads of one type.</summary>
    internal List<string> Of(char type) => [.. Records.Where(r => r.Type == type).Select(r => r.Payload)];

    internal (int Status, string Output, string Error) Run(byte[] input, params string[] arguments) => Run(input, arguments, null);

    /// <summary>Starts it, for a test that talks with it.</summary>
    internal Process Start(params string[] arguments) => Start(arguments, null);

    internal (int Status, string Output, string Error) Run(byte[] input, string[] arguments, IReadOnlyDictionary<string, string>? environment)
    {
        using Process process = Start(arguments, environment);
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        try
        {
            process.StandardInput.BaseStream.Write(input);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It ended without reading all, as it should after the dot or an error.
        }
        string error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output.Result, error);
    }

    private Process Start(string[] arguments, IReadOnlyDictionary<string, string>? environment)
    {
        ProcessStartInfo start = new(Path.Join(AppContext.BaseDirectory, "sendmail"))
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.ArgumentList.Add("-C");
        start.ArgumentList.Add(Root);
        foreach (string argument in arguments)
            start.ArgumentList.Add(argument);
        start.Environment.Remove("NAME");
        foreach ((string name, string value) in environment ?? new Dictionary<string, string>())
            start.Environment[name] = value;
        return Process.Start(start)!;
    }

    public void Dispose() => Directory.Delete(Root, recursive: true);
}
