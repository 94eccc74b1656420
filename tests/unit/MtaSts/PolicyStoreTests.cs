using PostfixNet.Mtasts;
using PostfixNet.MtaSts;
using PostfixNet.UnitTests.Queue;
using PostfixNet.UnitTests.Smtp;

namespace PostfixNet.UnitTests.MtaSts;

/// <summary>Which policies are kept.</summary>
public sealed class PolicyStoreTests : IDisposable
{
    private const int Day = 86_400;

    private readonly TemporaryDirectory _directory = new();
    private readonly ManualClock _clock = new();
    private readonly LogRecord _lines = new();

    private long Now => _clock.GetUtcNow().ToUnixTimeSeconds();

    private PolicyStore Store(int limit = 10)
    {
        PolicyStore store = new(new PolicyFiles(_directory.Path), limit, _clock, new PostfixNet.Mtasts.Log(_lines));
        store.Load();
        return store;
    }

    private KnownPolicy Policy(string domain, StsMode mode = StsMode.Enforce, int maxAge = 365 * Day, string id = "1") =>
        new(domain, id, new StsPolicy(mode, TimeSpan.FromSeconds(maxAge), ["mx.test"]), Now);

    [Fact]
    public void A_policy_holds_until_its_end_and_over_a_restart()
    {
        PolicyStore store = Store();
        store.Keep(Policy("a.test", maxAge: Day));
        _clock.Advance(Day);
        Assert.NotNull(store.Find("a.test"));
        Assert.Equal(PolicyFilesTests.Text(store.Find("a.test")), PolicyFilesTests.Text(Store().Find("a.test")));
        _clock.Advance(1);
        Assert.Null(store.Find("a.test"));
        Assert.Null(Store().Find("a.test"));
        store.Sweep();
        Assert.Empty(Directory.GetFiles(_directory.Path));
    }

    // A hostile sender has us learn of a thousand domains of his own, with policies as good as any.
    [Fact]
    public void Policies_in_use_are_not_pushed_out_by_a_flood()
    {
        PolicyStore store = Store(limit: 10);
        foreach (string domain in (string[])["one.test", "two.test", "three.test"])
            store.Keep(Policy(domain));
        _clock.Advance(2 * Day);
        foreach (string domain in (string[])["one.test", "two.test", "three.test"])
            store.Use(domain);
        for (int i = 0; i < 1000; i++)
        {
            store.Keep(Policy($"x{i}.evil.test", i % 2 == 0 ? StsMode.Enforce : StsMode.Testing));
            store.Use($"x{i}.evil.test");
        }
        Assert.Equal(10, store.Count);
        Assert.Equal(10, Directory.GetFiles(_directory.Path).Length);
        foreach (string domain in (string[])["one.test", "two.test", "three.test"])
            Assert.NotNull(store.Find(domain));
        // The one that came last is there: a new domain is protected as well.
        Assert.NotNull(store.Find("x999.evil.test"));
    }

    [Fact]
    public void Where_all_have_been_in_use_for_long_a_new_one_waits_until_one_is_idle_for_a_week()
    {
        PolicyStore store = Store(limit: 2);
        store.Keep(Policy("one.test"));
        store.Keep(Policy("two.test"));
        _clock.Advance(2 * Day);
        store.Use("one.test");
        store.Use("two.test");
        store.Keep(Policy("three.test"));
        Assert.Null(store.Find("three.test"));
        Assert.Equal(["warning: policy of three.test not kept: 2 are kept already, all in use for long (mta_sts_cache_limit)"], _lines.Lines);
        _clock.Advance(8 * Day);
        store.Use("two.test");
        store.Keep(Policy("three.test"));
        Assert.Null(store.Find("one.test"));
        Assert.NotNull(store.Find("two.test"));
        Assert.NotNull(store.Find("three.test"));
    }

    [Fact]
    public void What_enforces_nothing_goes_first()
    {
        PolicyStore store = Store(limit: 2);
        store.Keep(Policy("enforce.test"));
        _clock.Advance(5);
        store.Keep(Policy("testing.test", StsMode.Testing));
        store.Keep(Policy("new.test"));
        Assert.NotNull(store.Find("enforce.test"));
        Assert.Null(store.Find("testing.test"));
    }

    // "a suggested refresh frequency is once per day" (section 3.3).
    [Fact]
    public void Policies_are_due_a_day_after_they_were_fetched_or_halfway()
    {
        PolicyStore store = Store();
        store.Keep(Policy("long.test"));
        store.Keep(Policy("short.test", maxAge: 1000));
        Assert.Empty(store.Due());
        _clock.Advance(500);
        Assert.Equal(["short.test"], store.Due());
        _clock.Advance(Day);
        Assert.Equal(["long.test"], store.Due());
        store.Keep(Policy("long.test", id: "2"));
        Assert.Empty(store.Due());
        // Nobody asks for it any more.
        _clock.Advance(31 * Day);
        Assert.Empty(store.Due());
        store.Use("long.test");
        Assert.Equal(["long.test"], store.Due());
    }

    [Fact]
    public void A_damaged_file_is_no_policy_and_a_full_disk_leaves_the_old_one()
    {
        PolicyStore store = Store();
        store.Keep(Policy("a.test"));
        Directory.CreateDirectory($"{_directory.Path}/a.test.sts.new/x"); // nothing can be made there
        Assert.Equal("2", store.Keep(Policy("a.test", id: "2")).Id);
        Assert.Equal("1", store.Find("a.test")!.Id);
        Assert.StartsWith("warning: policy of a.test not kept: ", Assert.Single(_lines.Lines));
        Directory.Delete($"{_directory.Path}/a.test.sts.new", recursive: true);
        File.WriteAllText($"{_directory.Path}/a.test.sts", "garbage");
        Assert.Null(store.Find("a.test"));
        Assert.Null(Store().Find("a.test"));
    }

    // Else a shortage of descriptors would take everybody's protection away.
    [Fact]
    public void A_file_that_cannot_be_read_now_is_kept()
    {
        PolicyStore store = Store();
        store.Keep(Policy("a.test"));
        string path = $"{_directory.Path}/a.test.sts", away = $"{_directory.Path}/away";
        File.Move(path, away);
        Directory.CreateDirectory(path); // it cannot be read as a file
        Assert.Null(store.Find("a.test"));
        Assert.Null(Store().Find("a.test"));
        Directory.Delete(path);
        File.Move(away, path);
        Assert.Equal("1", store.Find("a.test")!.Id);
    }

    public void Dispose() => _directory.Dispose();
}
