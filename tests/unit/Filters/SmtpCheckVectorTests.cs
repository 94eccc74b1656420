using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.Win32.SafeHandles;
using PostfixNet.Checks;
using PostfixNet.Configuration;
using PostfixNet.Mail;
using PostfixNet.Queue;
using PostfixNet.Smtp;
using PostfixNet.UnitTests.Checks;
using PostfixNet.UnitTests.Queue;
using SmtpLog = PostfixNet.Smtp.Log;

namespace PostfixNet.UnitTests.Filters;

/// <summary>What smtp_header_checks and its kin make of messages on their way out is what Postfix's client makes of them: the octets on the wire, and the log
/// (vectors/smtp-checks.txt; tests/load/smtp-checks-beside-postfix.py makes it).</summary>
public sealed partial class SmtpCheckVectorTests
{
    private sealed record Case(int Number, string Scene)
    {
        internal bool IsEightBit { get; set; }
        internal List<(char Type, string Text)> Content { get; } = [];
        internal List<string> Log { get; } = [];
        internal List<string> Wire { get; } = [];
    }

    [Fact]
    public void Tables_do_as_in_Postfix()
    {
        List<Case> cases = Read();
        Assert.True(cases.Count > 150);
        using TemporaryDirectory directory = new();
        StringBuilder report = new();
        foreach (IGrouping<string, Case> scene in cases.GroupBy(static c => c.Scene))
        {
            MainConfig config = ConfigOf(CheckCases.Scenes[scene.Key], directory);
            CheckTables tables = CheckTables.ReadOutgoing(config, "smtp")!;
            foreach (Case test in scene)
                Compare(test, tables, config.Get(Parameters.LineLengthLimit), config.Get(Parameters.SmtpLineLengthLimit), directory, report);
        }
        Assert.True(report.Length == 0, report.ToString());
    }

    [Fact] // What is looked at is what would go out.
    public void Content_that_is_converted_is_looked_at_line_by_line()
    {
        using TemporaryDirectory directory = new();
        MainConfig config = MainConfig.FromText("myhostname = 'a.test'\nsmtp_header_checks = 'regexp:{{/^Content-Transfer-Encoding: quoted/ PREPEND X-Changed: yes}}'\nsmtp_mime_header_checks = '$smtp_header_checks'\nsmtp_body_checks = 'regexp:{{/^caf=C3=A9/ REPLACE coffee}}'\n");
        Case test = new(1, "");
        test.Content.AddRange([('N', "Subject: s"), ('N', "Content-Transfer-Encoding: 8bit"), ('N', ""), ('L', "caf"), ('N', "\u00c3\u00a9"), ('N', ".")]);
        test.Wire.AddRange(["Subject: s", "X-Changed: yes", "Content-Transfer-Encoding: quoted-printable", "", "coffee", ".."]);
        test.Log.AddRange(["prepend: header Content-Transfer-Encoding: quoted-printable: X-Changed: yes", "replace: body caf=C3=A9: coffee"]);
        StringBuilder report = new();
        Compare(test, CheckTables.ReadOutgoing(config, "smtp")!, 2048, 998, directory, report);
        Assert.Equal("", report.ToString());
    }

    [Fact]
    public void A_line_that_went_out_in_part_has_its_end()
    {
        using TemporaryDirectory directory = new();
        MainConfig config = MainConfig.FromText("myhostname = 'a.test'\nsmtp_body_checks = 'regexp:{{/end/ IGNORE}}'\n");
        Case test = new(1, "") { IsEightBit = true };
        test.Content.AddRange([('N', "Subject: s"), ('N', ""), ('L', "begin"), ('N', "end"), ('N', "end"), ('N', "x")]);
        test.Wire.AddRange(["Subject: s", "", "begin", "x"]);
        StringBuilder report = new();
        Compare(test, CheckTables.ReadOutgoing(config, "smtp")!, 2048, 998, directory, report);
        Assert.Equal("", report.ToString());
    }

    [Fact]
    public void Without_tables_there_is_nothing_to_do()
    {
        Assert.Null(CheckTables.ReadOutgoing(MainConfig.FromText("myhostname = 'a.test'\nsmtp_header_checks = 'regexp:{{/x/ IGNORE}}'\nlmtp_header_checks = ''"), "lmtp"));
        Assert.Equal("lmtp_body_checks", CheckTables.ReadOutgoing(MainConfig.FromText("myhostname = 'a.test'\nlmtp_body_checks = 'regexp:{{/x/ IGNORE}}'"), "lmtp")!.Body!.Name);
    }

    private static void Compare(Case test, CheckTables tables, int lineLimit, int wireLimit, TemporaryDirectory directory, StringBuilder report)
    {
        LogRecord log = new();
        using MemoryStream wire = new();
        MessageBody body = new(wire.Write, wireLimit, static () => { });
        using (SafeFileHandle file = File.OpenHandle(directory.File("mail", Records(test))))
        {
            body.Copy(new ContentReader(file, 0), new ContentSteps(ToSevenBit: !test.IsEightBit, Checks: output => new CheckedContent(tables, output, new SmtpLog(log), "ID", test.IsEightBit ? 0 : lineLimit)));
        }
        body.SendAll();
        List<string> sent = [.. Encoding.Latin1.GetString(wire.ToArray()).Split("\r\n").SkipLast(1).Select(Escaped)];
        List<string> said = [.. log.Lines.Select(static line => Escaped(Encoding.Latin1.GetString(ByteText.Encode(line))).Replace("ID: ", "", StringComparison.Ordinal))];
        if (sent.SequenceEqual(test.Wire) && said.SequenceEqual(test.Log))
            return;
        report.Append(CultureInfo.InvariantCulture, $"case {test.Number}, {test.Scene}, {(test.IsEightBit ? "8bit" : "7bit")}\n");
        report.AppendJoin("", test.Wire.Concat(test.Log).Except(sent.Concat(said)).Select(static line => $"  expected {line}\n"));
        report.AppendJoin("", sent.Concat(said).Except(test.Wire.Concat(test.Log)).Select(static line => $"  found    {line}\n"));
    }

    private static byte[] Records(Case test)
    {
        using MemoryStream stream = new();
        RecordWriter records = new(stream.Write);
        foreach ((char type, string text) in test.Content)
            records.Write((RecordType)type, Encoding.Latin1.GetBytes(text));
        records.Write(RecordType.Extracted);
        records.Write(RecordType.End);
        records.Flush();
        return stream.ToArray();
    }

    private static MainConfig ConfigOf(CheckScene scene, TemporaryDirectory directory)
    {
        StringBuilder toml = new("myhostname = 'mta.golden.test'\n");
        foreach ((string name, string value) in scene.Values)
            toml.Append(CultureInfo.InvariantCulture, $"{name} = {value}\n");
        foreach ((string name, string lines) in scene.Tables)
            toml.Append(CultureInfo.InvariantCulture, $"smtp_{name} = 'regexp:{directory.File(name, Encoding.Latin1.GetBytes(lines))}'\n");
        return MainConfig.FromText(toml.ToString());
    }

    private static List<Case> Read()
    {
        List<Case> cases = [];
        foreach (string line in File.ReadLines(Vectors.PathOf("smtp-checks.txt"), Encoding.Latin1))
        {
            string rest = line[2..];
            switch (line[0])
            {
                case 'c':
                    string[] words = line.Split(' ', 3);
                    cases.Add(new Case(int.Parse(words[1], CultureInfo.InvariantCulture), words[2]));
                    break;
                case 'E':
                    cases[^1].IsEightBit = rest == "8bit";
                    break;
                case 'I':
                    cases[^1].Content.Add((rest[0], Plain(rest[2..])));
                    break;
                case 'G':
                    cases[^1].Log.Add(rest);
                    break;
                default:
                    cases[^1].Wire.Add(rest);
                    break;
            }
        }
        return cases;
    }

    private static string Escaped(string text) => string.Concat(text.Select(static c => c is >= ' ' and <= '~' and not '\\' ? c.ToString() : $"\\x{(int)c:x2}"));

    private static string Plain(string text) => Octet().Replace(text, static match => ((char)int.Parse(match.Groups[1].Value, NumberStyles.HexNumber, CultureInfo.InvariantCulture)).ToString());

    [GeneratedRegex(@"\\x([0-9a-f]{2})")]
    private static partial Regex Octet();
}
