using PostfixNet.Native;

namespace PostfixNet.UnitTests.Queue;

public sealed class FileSystemTypeTests
{
    private const string Mounts = """
        22 26 0:21 / /sys rw,relatime shared:7 - sysfs sysfs rw
        29 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw,errors=remount-ro
        35 29 8:17 /spool /var/spool/a\040b rw - vfat /dev/sdb1 rw
        40 29 8:33 / /data rw master:2 propagate_from:3 - ext2 /dev/sdc1 rw
        broken
        """;

    // Two thirds of the states that a loss of power can leave on such a file system had lost mail.
    [Theory]
    [InlineData("8:1", "ext4", false)]
    [InlineData("8:17", "vfat", true)]
    [InlineData("8:33", "ext2", true)]
    [InlineData("9:9", null, false)]
    public void A_file_system_without_a_journal_is_known(string device, string? type, bool keepsNoOrder)
    {
        Assert.Equal(type, FileSystemType.TypeIn(Mounts, device));
        Assert.Equal(keepsNoOrder, FileSystemType.KeepsNoOrder(type));
    }

    [Fact]
    public void The_type_of_a_path_is_found_out()
    {
        Assert.Equal("proc", FileSystemType.Of("/proc/self"));
        Assert.Null(FileSystemType.Of("/nowhere/at/all"));
    }
}
