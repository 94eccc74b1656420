using PostfixNet.Configuration;
using PostfixNet.Mail;
using PostfixNet.Tables;

namespace PostfixNet.UnitTests.Tables;

public sealed class TableReaderTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("tables").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private string File(string name, string content)
    {
        string path = Path.Join(_directory, name);
        System.IO.File.WriteAllText(path, content);
        return path;
    }

    private static Table Open(string specification, TableLimits limits = TableLimits.None) => new TableReader(limits).Open(specification);

    [Theory]
    [InlineData("ldap:/x", "\"ldap:\" is not supported; let a server answer for the database")]
    [InlineData("nis:mail.aliases", "\"nis:\" is not supported; write its entries to a file")]
    [InlineData("hush:/x", "\"hush:/x\" is not a lookup table; give a table")]
    [InlineData("plain", "\"plain\" is not a lookup table")]
    [InlineData("hash:relative", "\"hash:\" needs a path from the root")]
    [InlineData("hash:/nonexistent/x", "the table /nonexistent/x cannot be read: No such file")]
    [InlineData("regexp:/nonexistent/x", "the table /nonexistent/x cannot be read")]
    [InlineData("unix:shadow", "there are \"unix:passwd.byname\" and \"unix:group.byname\" only")]
    [InlineData("inline:{}", "the inline table has no entry")]
    [InlineData("inline:a=b", "the inline table is not understood: \"{\" is missing")]
    [InlineData("static:{a", "\"static:\" is not understood: \"}\" is missing")]
    [InlineData("randmap:{}", "\"randmap:\" has nothing in its braces")]
    [InlineData("unionmap:inline:{a=b}", "\"unionmap:\" is not understood: \"{\" is missing")]
    [InlineData("pipemap:{hush:x}", "\"hush:x\" is not a lookup table")]
    [InlineData("proxy:proxy:proxy:proxy:proxy:proxy:proxy:proxy:proxy:static:x", "tables are nested more than 8 deep")]
    [InlineData("regexp:{/a/ b}", "\"regexp:\" is not understood: \"{\" is missing")]
    [InlineData("regexp:{{/a/ b},{/(/ b}}", "regexp:{...}, rule 2: the pattern is not understood: Unmatched ( or \\(; for Perl's syntax use \"pcre:\"")]
    [InlineData("pcre:{{/(/ b}}", "pcre:{...}, rule 1: the pattern is not understood: missing closing parenthesis (at octet 1 of the pattern)")]
    public void What_cannot_be_used_is_refused(string specification, string problem) =>
        Assert.StartsWith(problem, Assert.Throws<TableException>(() => Open(specification)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("regexp", "/a/ b\n\n/c d\n", "3: the pattern has no end: a second \"/\" is missing")]
    [InlineData("regexp", "/a/q b", "1: there is no flag \"q\"; accepted are i, m and x")]
    [InlineData("pcre", "/a/q b", "1: there is no flag \"q\"; accepted are i, m, s, x, A, E, U and X")]
    [InlineData("regexp", "!/(a)/ $1", "1: what does not match has no groups")]
    [InlineData("regexp", "/(a)/ $2", "1: the result has $2, and the pattern has 1 groups")]
    [InlineData("regexp", "/(a)/ $0", "1: \"$\" in the result is followed by no number of a group")]
    [InlineData("regexp", "/(a)/ 5$", "1: \"$\" in the result is followed by no number of a group")]
    [InlineData("regexp", "/(a)/ ${1", "1: \"${\" in the result has no end")]
    [InlineData("regexp", "a b", "1: not understood; accepted are \"/pattern/flags result\"")]
    [InlineData("regexp", "if", "1: there is no pattern")]
    [InlineData("regexp", "/(a)\\1/ x", "1: \"\\1\" refers back to what matched before")]
    [InlineData("regexp", "/\\(a\\)\\1/x y", "1: \"\\1\" refers back to what matched before")]
    [InlineData("regexp", "/((a{30}){30}){30}/ x", "1: its repeat counts stand for more than 2000 characters")]
    [InlineData("regexp", "/\\(a\\{2000\\}\\)\\{3\\}/x y", "1: its repeat counts stand for more than 2000 characters")]
    [InlineData("regexp", "/(((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((/ x", "1: it has more than 1000 repeats, or parentheses more than 100 deep")]
    [InlineData("cidr", "10.0.0.1/8 x", "1: has bits of a host beyond its network; perhaps \"10.0.0.0/8\" is meant")]
    [InlineData("cidr", "10.0.0.0/8", "1: no result after the network")]
    [InlineData("cidr", "10.0.0/8 x", "1: not an address or network")]
    [InlineData("cidr", "10.0.0.0/33 x", "1: the length of a network is 0 to 32 bits")]
    [InlineData("cidr", "[::1 x", "1: not a network: \"]\" is missing")]
    [InlineData("cidr", "if 10.0.0.0/8 x", "1: the length of a network is 0 to 32 bits")]
    [InlineData("texthash", "\"a b", "1: a double quote in the key has no second")]
    public void A_wrong_line_is_named(string type, string content, string problem)
    {
        string path = File("table", content);
        string message = Assert.Throws<TableException>(() => Open($"{type}:{path}")).Message;
        Assert.StartsWith($"{path}:{problem}", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("regexp", "if /a/\n/b/ c", "1: this \"if\" has no \"endif\"")]
    [InlineData("regexp", "/b/ c\nendif", "2: there is no \"if\" for this \"endif\"")]
    [InlineData("regexp", "/b/", "1: the rule has no result, which makes it an empty one")]
    [InlineData("pcre", "if /a/ /b/ c\nendif", "1: what follows the pattern of \"if\" is passed over")]
    [InlineData("cidr", "if 10.0.0.0/8\n10.0.0.1 x", "1: this \"if\" has no \"endif\"")]
    [InlineData("texthash", "a x\nA y", "2: the key of an entry above; this one is passed over")]
    [InlineData("texthash", "root: x", "1: the key ends in \":\"; is this an alias file?")]
    public void What_is_odd_is_warned_of(string type, string content, string problem)
    {
        string path = File("table", content);
        TableReader reader = new(TableLimits.None);
        _ = reader.Open($"{type}:{path}");
        Assert.StartsWith($"{path}:{problem}", Assert.Single(reader.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void The_text_beside_a_compiled_table_is_read()
    {
        string path = File("virtual", "a b\n");
        File("virtual.db", "\0");
        foreach (string type in (string[])["hash", "btree", "lmdb", "cdb", "dbm"])
            Assert.Equal("b", Open($"{type}:{path}").Find("A"));
        System.IO.File.Delete(path);
        Assert.Equal($"only {path}.db is there, which is not read here, and not its text {path}; make that with Postfix's \"postmap -s hash:{path} > {path}\"",
            Assert.Throws<TableException>(() => Open($"hash:{path}")).Message);
    }

    [Fact]
    public void Alias_files_have_colons()
    {
        string path = File("aliases", "# comment\nRoot:\tadmin,\n  \"second one\"@x.test\n\"owner list\": x\nabuse : postmaster\n");
        Table table = new TableReader(TableLimits.None) { ReadsAliases = true }.Open($"hash:{path}");
        Assert.Equal("admin,  \"second one\"@x.test", table.Find("root"));
        Assert.Equal("x", table.Find("owner list"));
        Assert.Equal("postmaster", table.Find("abuse"));
    }

    [Fact]
    public void Accounts_are_found()
    {
        Assert.StartsWith("root:x:0:0:", Open("proxy:unix:passwd.byname").Find("Root"), StringComparison.Ordinal);
        Assert.StartsWith("root:x:0:", Open("unix:group.byname").Find("root"), StringComparison.Ordinal);
        Assert.Null(Open("unix:passwd.byname").Find("nobody@x.test"));
        Assert.Null(Open("unix:passwd.byname").Find(""));
    }

    [Fact]
    public void Random_values_all_come()
    {
        Table table = Open("randmap:{a, b}");
        Assert.Equal(["a", "b"], Enumerable.Range(0, 1000).Select(_ => table.Find("x")).Distinct().Order());
    }

    [Theory]
    [InlineData("inline:{a=b}", false)]
    [InlineData("static:b", false)]
    [InlineData("unix:passwd.byname", false)]
    [InlineData("regexp:{{/a/ b}}", true)]
    [InlineData("pcre:{{/a/ b}}", true)]
    [InlineData("cidr:{{::1 b}}", true)]
    [InlineData("randmap:{b}", true)]
    [InlineData("fail:b", true)]
    [InlineData("pipemap:{static:a, regexp:{{/a/ b}}}", false)]
    [InlineData("unionmap:{regexp:{{/a/ b}}, static:b}", true)]
    public void Patterns_are_for_whole_keys(string specification, bool isForWholeKeys)
    {
        Assert.Equal(isForWholeKeys, Open(specification).IsForWholeKeys);
        LookupTable table = MainConfig.FromText($"virtual_alias_maps = '{specification}'").Get(Parameters.VirtualAliasMaps);
        if (isForWholeKeys)
            Assert.Null(table.Find("a", KeyKind.Part));
    }

    [Fact]
    public void Results_of_transport_maps_have_no_groups()
    {
        ConfigurationException e = Assert.Throws<ConfigurationException>(() => MainConfig.FromText("transport_maps = 'regexp:{{/(a)/ $$1}}'").Get(Parameters.TransportMaps));
        Assert.Equal("main.toml:1:18: transport_maps: regexp:{...}, rule 1: $ and a number is not allowed in results of this parameter: whoever sends mail could choose them", e.Message);
    }

    [Theory]
    [InlineData("regexp:{{/a/ b}}", true)]
    [InlineData("pcre:{{/a/ b}}", true)]
    [InlineData("pipemap:{inline:{a=b},pcre:{{/a/ b}}}", true)]
    [InlineData("unionmap:{inline:{a=b},regexp:{{/a/ b}}}", true)]
    [InlineData("tcp:localhost:1", true)]
    [InlineData("unionmap:{inline:{a=b},static:c}", false)]
    public void Which_tables_may_keep_others_waiting_is_known(string specification, bool mayTakeLong) => Assert.Equal(mayTakeLong, Open(specification).MayTakeLong);

    [Fact]
    public void Octets_are_matched_not_characters()
    {
        Assert.Equal("\uDCC3|\uDCA9", Open($"regexp:{File("table", "/^(.)(.)$/ $1|$2")}").Find("\u00e9"));
        Assert.Equal("x\u00e9", Open($"pcre:{File("table", "/(\\xc3)(\\xa9)/ x$1$2")}").Find("\u00e9"));
    }
}
