using System.Text;
using PostfixNet.Tables;

namespace PostfixNet.UnitTests.Fuzz;

/// <summary>Files of tables, what stands for one in main.toml, and what servers of tables say.</summary>
public sealed class TableFuzzTests : IDisposable
{
    private static readonly string[] s_keys = ["user+ext@example.com", "192.0.2.1", "2001:db8::1", "", "aaaaaaaaaaaaaaaaaaaaab", "Subject: \u00e9 money"];

    private static readonly string[] s_specifications =
    [
        "pipemap:{inline:{a=b, {c = d e}}, unionmap:{static:x, randmap:{y,z}}}", "regexp:{ {/a(b)/ $1}, {endif} }", "cidr:{{::/0 a}}", "pcre:{{!/x/ y}}",
        "socketmap:inet:192.0.2.1:9:x", "tcp:h:1", "proxy:proxy:fail:x", "unix:passwd.byname",
    ];

    private readonly string _directory = Directory.CreateTempSubdirectory("tables").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory]
    [InlineData("texthash", "a b\n c\n# d\n\"x y\" z\nkey\\ 1 value\n")]
    [InlineData("cidr", "192.0.2.0/24 a\nif !10.0.0.0/8\n[2001:db8::]/32 b\nendif\n::1 c\n")]
    [InlineData("regexp", "/^(.*)\\+(.*)@(.*)$/ $1@$3\nif !/x/i\n/[[:alpha:]]{1,3}(a|b)*$/m y$1\nendif\n/a/!/b/x c $$\n")]
    [InlineData("pcre", "/^(?<n>.*)\\+(.*)@(.*)$/xs $1@$3\nif !/x/i\n/(?i:a|b)*+\\bx{2,5}?(?=y)/mAEU y\nendif\n!/a/ c $$\n")]
    public void Any_file_is_read_or_refused_with_its_line(string type, string file)
    {
        string path = Path.Join(_directory, type);
        new Fuzzer([Encoding.UTF8.GetBytes(file)], "if /", "endif\n", "/", "!", "$1", "${", "(a+)+", "{1,", "}", "[[:", "]", "\\1", "\\", "(?", "*+", "\n ", "#", "::", "/24 ", "\"")
        {
            // Patterns are compiled by others; what counts is that it stays within bounds.
            BytesPerOctet = 4096,
        }.Run((input, _) =>
        {
            File.WriteAllBytes(path, input);
            Table table;
            try
            {
                table = new TableReader(TableLimits.None).Open($"{type}:{path}");
            }
            catch (TableException e)
            {
                Assert.Matches($"^{path}:\\d+: ", e.Message);
                return;
            }
            foreach (string key in s_keys)
                Ask(table, key);
        });
    }

    [Fact]
    public void Any_specification_is_a_table_or_refused() => new Fuzzer(
        s_specifications.Select(Encoding.UTF8.GetBytes),
        "{", "}", ":", ",", "=", "pipemap:{", "unionmap:{", "proxy:", "static:", "inline:{", "regexp:{", "cidr:{", "/")
    {
        BytesPerOctet = 4096,
    }.Run((input, _) =>
    {
        try
        {
            Table table = new TableReader(TableLimits.None).Open(Encoding.UTF8.GetString(input));
            if (!table.Waits)
                Ask(table, "a");
        }
        catch (TableException e)
        {
            Assert.NotEmpty(e.Message);
        }
    });

    private static void Ask(Table table, string key)
    {
        try
        {
            _ = table.Find(key);
        }
        catch (LookupException e)
        {
            Assert.NotEmpty(e.Message);
        }
    }
}
