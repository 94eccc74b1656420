using PostfixNet.MtaSts;
using PostfixNet.UnitTests.Queue;

namespace PostfixNet.UnitTests.MtaSts;

/// <summary>Policies on disk.</summary>
public sealed class PolicyFilesTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private PolicyFiles Files => new(_directory.Path);

    internal static KnownPolicy Policy(string domain = "a.test", string id = "1", StsMode mode = StsMode.Enforce, long fetched = 1000, int maxAge = 604800) =>
        new(domain, id, new StsPolicy(mode, TimeSpan.FromSeconds(maxAge), ["mx.a.test", "*.b.test"]), fetched) { Since = 900, Used = 950 };

    [Fact]
    public void What_is_kept_is_read_again()
    {
        KnownPolicy none = new("b.test", "x", new StsPolicy(StsMode.None, TimeSpan.Zero, []), 7);
        Files.Write(Policy());
        Files.Write(none);
        Assert.Equal(Text(Policy()), Text(Files.Read("a.test")));
        Assert.Equal(Text(none), Text(Files.Read("b.test")));
        Assert.Equal(["a.test", "b.test"], Files.Domains().Order());
        Files.Write(Policy(id: "2"));
        Assert.Equal("2", Files.Read("a.test")!.Id);
        Files.Remove("a.test");
        Assert.Null(Files.Read("a.test"));
        Files.Remove("a.test");
        Assert.Null(Files.Read("../a.test"));
    }

    // Whatever a loss of power or a kill leaves: the file that is exchanged as a whole is the old or the new one; the part of a new one beside it is
    // never read, and is in nobody's way, not even of a domain of that name.
    [Fact]
    public void At_no_moment_of_an_exchange_is_a_policy_lost()
    {
        Files.Write(Policy());
        string file = Assert.Single(Directory.GetFiles(_directory.Path)), whole = File.ReadAllText(file);
        for (int length = 0; length <= whole.Length; length++)
        {
            File.WriteAllText($"{file}.new", whole[..length]);
            Assert.Equal("1", Files.Read("a.test")!.Id);
            Assert.Equal(["a.test"], Files.Domains());
        }
        Files.Write(Policy(id: "2"));
        Assert.Equal("2", Files.Read("a.test")!.Id);
        Assert.Equal([file], Directory.GetFiles(_directory.Path));
        Files.Write(Policy("a.test.sts.new"));
        Assert.Equal("2", Files.Read("a.test")!.Id);
    }

    [Fact]
    public void A_part_of_a_file_is_none()
    {
        Files.Write(Policy());
        string file = Assert.Single(Directory.GetFiles(_directory.Path)), whole = File.ReadAllText(file);
        for (int length = 0; length < whole.Length; length++)
        {
            File.WriteAllText(file, whole[..length]);
            Assert.Null(Files.Read("a.test"));
        }
        // That of another domain is none either.
        File.WriteAllText(file, whole.Replace("a.test", "b.test", StringComparison.Ordinal));
        Assert.Null(Files.Read("a.test"));
    }

    internal static string Text(KnownPolicy? known) => known is null ? "none" : $"{known} {string.Join(' ', known.Policy.Mx)}".Replace(known.Policy.Mx.ToString()!, "", StringComparison.Ordinal);

    public void Dispose() => _directory.Dispose();
}
