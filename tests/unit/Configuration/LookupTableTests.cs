using System.Runtime.Versioning;
using System.Text;
using PostfixNet.Configuration;

namespace PostfixNet.UnitTests.Configuration;

public sealed class LookupTableTests
{
    private static LookupTable Table(string toml) => MainConfig.FromText(toml).Get(Parameters.TransportMaps);

    [Theory]
    [InlineData("[transport_maps]\n'example.com' = 'smtp:[x]'", "EXAMPLE.com", "smtp:[x]")]
    [InlineData("[transport_maps]\n'Example.COM' = 'smtp:'", "example.com", "smtp:")]
    [InlineData("[transport_maps]\n'a@b' = ['c@d', 'e@f']", "a@b", "c@d, e@f")]
    [InlineData("[transport_maps]\n'a' = 'smtp:$mydomain'", "a", "smtp:example.net")]
    [InlineData("[transport_maps]\n'a' = 'x'", "b", null)]
    [InlineData("transport_maps = { a = 25 }", "a", "25")]
    [InlineData("transport_maps = 'inline:{a=x, {b = y}, d={p q}}'", "a", "x")]
    [InlineData("transport_maps = 'inline:{a=x, {c = x y}, d={p q}}'", "c", "x y")]
    [InlineData("transport_maps = 'inline:{a=x, {c = x y}, d={p q}}'", "D", "{p q}")]
    [InlineData("transport_maps = 'static:retry:'", "anything", "retry:")]
    [InlineData("transport_maps = 'inline:{a=x} static:z'", "a", "x")]
    [InlineData("transport_maps = 'inline:{a=x}, static:z'", "b", "z")]
    [InlineData("transport_maps = [{ a = '1' }, 'inline:{a=2,b=3}']", "a", "1")]
    [InlineData("transport_maps = [{ a = '1' }, 'inline:{a=2,b=3}']", "b", "3")]
    public void Finds(string toml, string key, string? value) => Assert.Equal(value, Table("mydomain = 'example.net'\n" + toml).Find(key));

    [Theory]
    [InlineData("", true)]
    [InlineData("[transport_maps]", true)]
    [InlineData("transport_maps = 'static:x'", false)]
    [InlineData("transport_maps = { a = 'x' }", false)]
    public void Knows_when_nothing_can_be_found(string toml, bool isEmpty) => Assert.Equal(isEmpty, Table(toml).IsEmpty);

    // S4-23
    [Fact]
    public void A_file_that_changed_is_noticed()
    {
        string directory = Directory.CreateTempSubdirectory("texthash").FullName;
        string path = Path.Join(directory, "table"), link = Path.Join(directory, "link");
        File.WriteAllText(path, "a x\n");
        File.CreateSymbolicLink(link, path);
        MainConfig config = MainConfig.FromText($"transport_maps = 'texthash:{link}'");
        Assert.Null(config.ChangedTable());
        _ = config.Get(Parameters.TransportMaps);
        Assert.Null(config.ChangedTable());
        File.WriteAllText(path + ".new", "a y\n");
        File.Move(path + ".new", path, overwrite: true);
        Assert.Equal(link, config.ChangedTable());
        // Somebody is about to write it anew.
        File.Delete(path);
        Assert.Null(config.ChangedTable());
        Directory.Delete(directory, recursive: true);
    }

    [Theory]
    [SupportedOSPlatform("linux")]
    [InlineData(0, true, "table", "lmtp_sasl_password_maps = 'texthash:{0}/table'")]
    [InlineData(0, false, null, "smtp_sasl_password_maps = 'texthash:{0}/table'")]
    [InlineData(0, true, null, "")]
    [InlineData(4, false, "main.toml", "smtp_sasl_password_maps = { a = 'b:c' }")]
    [InlineData(4, false, "main.toml", "smtp_sasl_password_maps = 'texthash:{0}/table static:b:c'")]
    [InlineData(0, true, null, "smtp_sasl_password_maps = { a = 'b:c' }")]
    [InlineData(4, false, null, "smtp_sasl_password_maps = {}")]
    public void Passwords_that_all_can_read_are_warned_of(int mainMode, bool tableIsOpen, string? want, string line)
    {
        string directory = Directory.CreateTempSubdirectory("texthash").FullName;
        const UnixFileMode Own = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        File.WriteAllText(directory + "/table", "a b:c\n");
        File.SetUnixFileMode(directory + "/table", tableIsOpen ? Own | UnixFileMode.OtherRead : Own);
        File.WriteAllText(directory + "/main.toml", line.Replace("{0}", directory, StringComparison.Ordinal));
        File.SetUnixFileMode(directory + "/main.toml", Own | (UnixFileMode)mainMode);
        IReadOnlyList<string> warnings = MainConfig.Load(directory).Validate();
        Assert.Equal(want is null ? [] : [want], warnings.Select(w => w.Split(" passwords in ")[1].Split(';')[0][(directory.Length + 1)..]));
        Directory.Delete(directory, recursive: true);
    }

    [Fact]
    public void Text_files_are_read_as_postfix_reads_them()
    {
        string path = Path.Join(Directory.CreateTempSubdirectory("texthash").FullName, "transport");
        File.WriteAllBytes(path, Encoding.Latin1.GetBytes("# comment\n\n  # another\nExample.com\tsmtp:[a]  \r\nb  one,\n # between\n\n\ttwo\nb later\n\xe9 x\nlast y"));
        LookupTable table = Table($"transport_maps = 'texthash:{path}'");
        Assert.Equal("smtp:[a]", table.Find("example.COM"));
        Assert.Equal("one,\ttwo", table.Find("b"));
        Assert.Equal("x", table.Find("\uDCE9"));
        Assert.Equal("y", table.Find("last"));
        Assert.Null(table.Find("#"));
    }

    [Theory]
    [InlineData("a b\n\nc\nd e\n", "3: no value; accepted is a key, a blank and a value")]
    [InlineData("[relay]:587:user:secret\n", "1: no value; accepted is a key, a blank and a value")] // a slip in a password table tells nobody the password
    [InlineData("# x\n continued\n", "2: a line that begins with a blank continues the line before, and there is none")]
    public void A_malformed_text_file_is_named_with_its_line(string content, string problem)
    {
        string path = Path.Join(Directory.CreateTempSubdirectory("texthash").FullName, "table");
        File.WriteAllText(path, content);
        ConfigurationException e = Assert.Throws<ConfigurationException>(() => Table($"transport_maps = 'texthash:{path}'"));
        Assert.Equal($"main.toml:1:18: transport_maps: {path}:{problem}", e.Message);
    }
}
