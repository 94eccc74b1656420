using System.Text;
using System.Text.Json;

namespace PostfixNet.UnitTests.Sendmail;

/// <summary>What Postfix's sendmail and postdrop made of some calls, and what ours makes of the same.</summary>
public sealed class PostfixVectorTests
{
    private static readonly string s_vectors = Path.Join(AppContext.BaseDirectory, "vectors");

    public static TheoryData<string> Names()
    {
        TheoryData<string> names = [];
        foreach (string path in Directory.EnumerateFiles(s_vectors, "*.maildrop").Order(StringComparer.Ordinal))
            names.Add(Path.GetFileNameWithoutExtension(path));
        return names;
    }

    [Fact]
    public void There_are_vectors() => Assert.True(Names().Count >= 35);

    [Theory]
    [MemberData(nameof(Names))]
    public void Maildrop_file_equals_that_of_postfix(string name)
    {
        using JsonDocument cases = JsonDocument.Parse(File.ReadAllBytes(Path.Join(s_vectors, "cases.json")));
        JsonElement test = cases.RootElement.GetProperty(name);
        string[] arguments = [.. test.GetProperty("argv").EnumerateArray().Skip(1).Select(a => a.GetString()!)];
        byte[] input = test.TryGetProperty("stdin_base64", out JsonElement base64) ? Convert.FromBase64String(base64.GetString()!) : BodyOfOneMegabyte();

        using Drop drop = new();
        Assert.Equal((0, "", ""), drop.Run(input, arguments));
        List<string> expected = Comparable(DropRecord.Read(File.ReadAllBytes(Path.Join(s_vectors, name + ".maildrop"))), arguments, "root", "root");
        List<string> actual = Comparable(drop.Records, arguments, Environment.UserName, null);
        Assert.Equal(expected, actual);
    }

    /// <summary>Without what differs from account to account and from moment to moment.</summary>
    private static List<string> Comparable(List<DropRecord> records, string[] arguments, string login, string? fullName)
    {
        List<string> result = [];
        foreach (DropRecord record in records)
        {
            if (record.Type == 'T')
                result.Add(System.Text.RegularExpressions.Regex.IsMatch(record.Payload, "^[0-9]{10} [0-9]{1,6}$") ? "T" : record.ToString());
            else if (record.Type == 'F' && !arguments.Contains("-F"))
                Assert.True(fullName is null || record.Payload == fullName); // the account's
            else if (record.Type == 'S' && !arguments.Contains("-f"))
                result.Add(record.Payload == login ? "S login" : record.ToString());
            else
                result.Add(record.ToString());
        }
        return result;
    }

    private static byte[] BodyOfOneMegabyte()
    {
        StringBuilder text = new("From: alice@origin.test\nTo: bob@sink.test\nSubject: golden\n\n");
        for (int i = 0; i < 14364; i++)
            text.Append('x', 72).Append('\n');
        return Encoding.ASCII.GetBytes(text.ToString());
    }
}
