using System.Text.RegularExpressions;

namespace PostfixNet.SystemTests;

/// <summary>DKIM: other people's verifiers look at what servers got.</summary>
public sealed class SignaturesAreGood
{
    private const string Verifier = "/usr/lib/python3/dist-packages/dkim/__init__.py";

    // 100 awkward messages to servers with and without 8BITMIME, in all four forms, by RSA and Ed25519: python3-dkim looks at each signature, and opendkim as well where it is installed. The script ends with
    // 1 where one is not good, or is good for other content, too.
    [ProgramFact(Verifier)]
    public void ForPythonAndOpendkimOverTheOctetsThatServersGot()
    {
        string script = Path.Combine(Repository.Root, "tests", "load", "dkim-beside-debian.py");
        CommandResult result = Command.Run("/usr/bin/python3", [script, Path.GetDirectoryName(Repository.Program("smtp"))!]);
        Assert.True(result.Status == 0, result.Output + result.Error);
        Match found = Regex.Match(result.Output, @"^200 messages; signatures found good: \{'python3-dkim': (\d+), 'opendkim': (\d+),", RegexOptions.Multiline);
        Assert.True(found.Success, result.Output);
        Assert.Equal("400", found.Groups[1].Value);
        if (File.Exists("/usr/sbin/opendkim"))
            Assert.Equal("400", found.Groups[2].Value);
    }
}
