using PostfixNet.Queue;

namespace PostfixNet.UnitTests.Queue;

public class QueueIdTests
{
    [Theory]
    [InlineData("1BC7BB2A7B8")]
    [InlineData("4jWhRP4YSKz1jQ9J")]
    [InlineData("dead_test")]
    [InlineData("_")]
    [InlineData("0")]
    public void Accepts_names_of_letters_digits_and_underscores(string text)
    {
        Assert.True(QueueId.TryParse(text, out QueueId id));
        Assert.Equal(text, id.ToString());
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("a/b")]
    [InlineData("12345.999")]
    [InlineData("bad id")]
    [InlineData("a\0")]
    [InlineData("a\n")]
    [InlineData("é")]
    [InlineData("-d")]
    public void Refuses_what_could_leave_a_directory(string? text) => Assert.False(QueueId.TryParse(text, out _));

    [Theory]
    [InlineData(255, true)]
    [InlineData(256, false)]
    public void A_name_has_at_most_255_characters(int length, bool want) =>
        Assert.Equal(want, QueueId.TryParse(new string('A', length), out _));

    [Fact]
    public void The_default_value_is_no_name() => Assert.Throws<InvalidOperationException>(() => default(QueueId).ToString());

    [Theory] // as Postfix named its files
    [InlineData("1BC7BB2A7B8", 0x1BC7B, 0xB2A7B8UL, false)]
    [InlineData("90906B2A712", 0x90906, 0xB2A712UL, false)]
    [InlineData("00000FFFFFFFFFFFFFFFF", 0, ulong.MaxValue, false)]
    public void Short_ids_hold_microseconds_and_inode(string text, int microseconds, ulong inode, bool isLong)
    {
        Assert.True(QueueId.TryParse(text, out QueueId id));
        Assert.Equal(isLong, id.IsLong);
        Assert.True(id.TryGetMicroseconds(out int gotMicroseconds));
        Assert.True(id.TryGetInode(out ulong gotInode));
        Assert.False(id.TryGetSeconds(out _));
        Assert.Equal((microseconds, inode), (gotMicroseconds, gotInode));
        Assert.Equal(id, QueueId.Create(1, microseconds, inode, longForm: false));
    }

    [Fact]
    public void Long_ids_hold_seconds_too()
    {
        Assert.True(QueueId.TryParse("4jWhRP4YSKz1jQ9J", out QueueId id)); // made by Postfix, arrival Sat Nov 21 06:01:37 2026
        Assert.True(id.IsLong);
        Assert.True(id.TryGetSeconds(out long seconds) && id.TryGetMicroseconds(out int microseconds) && id.TryGetInode(out ulong inode));
        id.TryGetMicroseconds(out microseconds);
        id.TryGetInode(out inode);
        Assert.Equal(1795240897, seconds);
        Assert.Equal(0x9C, microseconds >> 12); // it stood in deferred/9/C
        Assert.Equal(id, QueueId.Create(seconds, microseconds, inode, longForm: true));
    }

    [Theory] // seconds, microseconds, inode, long, want
    [InlineData(0, 0, 0UL, true, "0000000000z0")]
    [InlineData(0, 0, 0UL, false, "000000")]
    [InlineData(0, 999_999, 50UL, true, "00000075plzy")]
    [InlineData(0, 999_999, 51UL, true, "00000075plz10")]
    [InlineData(1, 51, 1UL, true, "000001000zz1")]
    [InlineData(0, 999_999, 255UL, false, "F423FFF")]
    public void Creates(long seconds, int microseconds, ulong inode, bool isLong, string want)
    {
        QueueId id = QueueId.Create(seconds, microseconds, inode, isLong);
        Assert.Equal(want, id.ToString());
        Assert.Equal(isLong, id.IsLong);
        Assert.True(id.TryGetInode(out ulong gotInode) && id.TryGetMicroseconds(out int gotMicroseconds)
            && gotInode == inode && gotMicroseconds == microseconds);
    }

    [Fact]
    public void Long_ids_grow_in_the_order_of_time()
    {
        string before = "";
        foreach (long seconds in new[] { 0L, 51, 52, 1_700_000_000, 1_795_240_897, 1_795_240_898, 4_000_000_000 })
        {
            string now = QueueId.Create(seconds, 5, 12345, longForm: true).ToString();
            Assert.True(string.CompareOrdinal(before, now) < 0);
            before = now;
        }
    }

    [Theory]
    [InlineData("1BC7B")] // no inode
    [InlineData("1BC7BXYZ")]
    [InlineData("dead_test")]
    [InlineData("0000000000z")] // no inode
    [InlineData("0000000000zA")] // A is no digit
    [InlineData("000000000z1")] // separator too early
    [InlineData("000000FFFFFFFFFFFFFFFFF")] // beyond 64 bits
    public void Other_names_hold_no_inode(string text)
    {
        Assert.True(QueueId.TryParse(text, out QueueId id));
        Assert.False(id.TryGetInode(out _));
        Assert.False(id.TryWithInode(1, out _));
    }

    [Theory]
    [InlineData("1BC7BB2A7B8", 0x10UL, "1BC7B10")]
    [InlineData("4jWhRP4YSKz1jQ9J", 51UL, "4jWhRP4YSKz10")]
    public void A_copied_file_gets_its_new_inode(string text, ulong inode, string want)
    {
        Assert.True(QueueId.TryParse(text, out QueueId id) && id.TryWithInode(inode, out id));
        Assert.Equal(want, id.ToString());
    }

    [Theory] // id, depth, want
    [InlineData("90906B2A712", 1, "9")]
    [InlineData("90906B2A712", 2, "90")]
    [InlineData("90906B2A712", 0, "")]
    [InlineData("4jWhRP4YSKz1jQ9J", 2, "9C")]
    [InlineData("A", 3, "A__")]
    public void Hash_digits_come_from_the_microseconds(string text, int depth, string want)
    {
        Assert.True(QueueId.TryParse(text, out QueueId id));
        Assert.Equal(want, id.HashDigits(depth));
    }
}
