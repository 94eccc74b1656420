using PostfixNet.Login;
using PostfixNet.Native;
using PostfixNet.UnitTests.Queue;

namespace PostfixNet.UnitTests.Login;

/// <summary>The password file on its disk: made by a command, read by a server while it changes.</summary>
public sealed class PasswordFileTests : IDisposable
{
    private const string Pencil = VerifierTests.Pencil;

    private readonly TemporaryDirectory _directory = new();
    private readonly List<string> _warnings = [];

    private string Path => System.IO.Path.Join(_directory.Path, "passwd");

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Users_are_made_changed_and_removed_and_others_stay_as_they_are()
    {
        PasswordFile.Set(Path, "shop", "first", crypted: false, group: null);
        string[] lines = File.ReadAllLines(Path);
        Assert.Equal(2, lines.Length);
        Assert.StartsWith(":", lines[0], StringComparison.Ordinal);
        Assert.StartsWith($"shop:SCRAM-SHA-256${ScramVerifier.UsualIterations}:", lines[1], StringComparison.Ordinal);
        Assert.Equal(0b110_000_000, FileSystem.Status(Path)!.Value.Mode);

        // What a person wrote between is kept, and a last line without end.
        File.WriteAllText(Path, $"{lines[0]}\n# of the printers\nprinter:{Pencil}\n\n{lines[1]}");
        PasswordFile.Set(Path, "bank", "other", crypted: true, group: null);
        PasswordFile.Set(Path, "shop", "second", crypted: false, group: null);
        string[] now = File.ReadAllLines(Path);
        Assert.Equal([lines[0], "# of the printers", $"printer:{Pencil}", ""], now[..4]);
        Assert.StartsWith("shop:SCRAM-SHA-256$", now[4], StringComparison.Ordinal);
        Assert.NotEqual(lines[1], now[4]);
        Assert.StartsWith("bank:$y$", now[5], StringComparison.Ordinal);
        Assert.Equal(["printer", "shop", "bank"], PasswordFile.Users(Path));
        PasswordFile file = PasswordFile.Open(Path, _warnings.Add);
        Assert.True(Knows(file, "shop", "second") && Knows(file, "bank", "other") && Knows(file, "printer", "pencil") && !Knows(file, "shop", "first"));

        Assert.True(PasswordFile.Remove(Path, "shop", group: null));
        Assert.False(PasswordFile.Remove(Path, "shop", group: null));
        Assert.Equal(["printer", "bank"], PasswordFile.Users(Path));
        Assert.Equal(["passwd"], Directory.GetFileSystemEntries(_directory.Path).Select(System.IO.Path.GetFileName));
    }

    [Fact]
    public void Nothing_is_there_before_the_first_user()
    {
        Assert.Empty(PasswordFile.Users(Path));
        Assert.False(PasswordFile.Remove(Path, "shop", group: null));
        Assert.False(File.Exists(Path));
    }

    [Fact]
    public void A_file_with_a_mistake_is_not_touched()
    {
        File.WriteAllText(Path, "shop secret\n");
        PasswordFileException e = Assert.Throws<PasswordFileException>(() => PasswordFile.Set(Path, "bank", "x", crypted: false, group: null));
        Assert.StartsWith($"{Path}:1: no \":\"", e.Message, StringComparison.Ordinal);
        Assert.Equal("shop secret\n", File.ReadAllText(Path));
    }

    [Fact]
    public void What_an_interrupted_command_left_is_in_nobodys_way()
    {
        File.WriteAllText(Path + ".new", "half a li");
        PasswordFile.Set(Path, "shop", "x", crypted: false, group: null);
        Assert.Equal(["shop"], PasswordFile.Users(Path));
        Assert.False(File.Exists(Path + ".new"));
    }

    [Fact]
    public void Commands_at_the_same_time_lose_no_user()
    {
        Parallel.For(0, 8, i => PasswordFile.Set(Path, $"user{i}", "x", crypted: false, group: null));
        Assert.Equal(8, PasswordFile.Users(Path).Count);
    }

    [Fact]
    public void A_link_stays_one()
    {
        File.WriteAllText(Path + ".real", "");
        File.CreateSymbolicLink(Path, Path + ".real");
        PasswordFile.Set(Path, "shop", "x", crypted: false, group: null);
        Assert.NotNull(new FileInfo(Path).LinkTarget);
        Assert.Equal(["shop"], PasswordFile.Users(Path + ".real"));
    }

    [Fact]
    public void A_change_holds_at_once()
    {
        PasswordFile.Set(Path, "shop", "first", crypted: false, group: null);
        PasswordFile file = PasswordFile.Open(Path, _warnings.Add);
        Assert.True(Knows(file, "shop", "first"));
        PasswordFile.Set(Path, "shop", "second", crypted: false, group: null);
        Assert.True(Knows(file, "shop", "second"));
        Assert.False(Knows(file, "shop", "first"));
        Assert.Empty(_warnings);
    }

    [Fact]
    public void A_change_that_makes_no_sense_is_told_once_and_the_users_of_before_hold()
    {
        PasswordFile.Set(Path, "shop", "first", crypted: false, group: null);
        PasswordFile file = PasswordFile.Open(Path, _warnings.Add);
        string good = File.ReadAllText(Path);
        File.WriteAllText(Path, "secret\n");
        Assert.True(Knows(file, "shop", "first"));
        Assert.True(Knows(file, "shop", "first"));
        string warning = Assert.Single(_warnings);
        Assert.Equal($"{Path}:1: no \":\"; a line is a user, a colon and a verifier; the users of before hold", warning);
        File.WriteAllText(Path, good + $"bank:{Pencil}\n");
        Assert.True(Knows(file, "bank", "pencil"));
        File.Delete(Path);
        Assert.True(Knows(file, "bank", "pencil"));
        Assert.Single(_warnings);
    }

    [Theory]
    [InlineData(0b110_100_000, "")]
    [InlineData(0b110_000_000, "")]
    [InlineData(0b110_100_100, "every user can read the verifiers in ")]
    public void Who_can_read_it_is_looked_at(int mode, string want)
    {
        File.WriteAllText(Path, $"shop:{Pencil}\n");
        FileSystem.ChangeMode(Path, mode);
        Assert.StartsWith(want, string.Concat(PasswordFile.Open(Path, _warnings.Add).Remarks()), StringComparison.Ordinal);
        if (want.Length == 0)
            Assert.Empty(PasswordFile.Open(Path, _warnings.Add).Remarks());
    }

    [Fact]
    public void A_file_that_everybody_can_write_is_refused()
    {
        File.WriteAllText(Path, $"shop:{Pencil}\n");
        FileSystem.ChangeMode(Path, 0b110_000_010);
        Assert.Contains("every user can write to it", Assert.Throws<PasswordFileException>(() => PasswordFile.Open(Path, _warnings.Add)).Message, StringComparison.Ordinal);
        File.Delete(Path);
        Assert.Equal($"open {Path}: No such file or directory", Assert.Throws<PasswordFileException>(() => PasswordFile.Open(Path, _warnings.Add)).Message);
    }

    [Fact]
    public void Users_whom_scram_shuts_out_are_remarked()
    {
        File.WriteAllText(Path, $"shop:{Pencil}\nbank:$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5\n");
        FileSystem.ChangeMode(Path, 0b100_000_000);
        Assert.StartsWith("1 of 2 users in ", Assert.Single(PasswordFile.Open(Path, _warnings.Add).Remarks()), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "a user needs a name")]
    [InlineData("a:b", "a name must have no \":\"")]
    [InlineData("a\nb", "a name must have no \":\"")]
    [InlineData("#a", "a name must have no \":\"")]
    [InlineData("a ", "a name must have no \":\"")]
    public void Names_that_nobody_can_have(string name, string want) => Assert.StartsWith(want, PasswordFile.ProblemOfName(name), StringComparison.Ordinal);

    [Fact]
    public void Names_that_somebody_can_have() => Assert.Null(PasswordFile.ProblemOfName("élise b+shop@example.com"));

    private static bool Knows(PasswordFile file, string user, string password)
    {
        (Verifier verifier, string? name) = file.Table().Find(user, "", scramOnly: false);
        return name is not null && verifier.IsOf(System.Text.Encoding.UTF8.GetBytes(password));
    }
}
