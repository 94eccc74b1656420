using PostfixNet.Configuration;
using PostfixNet.Master;
using PostfixNet.UnitTests.Queue;

namespace PostfixNet.UnitTests.Master;

/// <summary>A system whose main.toml has been broken can still be stopped; never another one.</summary>
public sealed class RunningSystemTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("queue_directory = '/q'", "/q")]
    [InlineData("queue_directory = '/q'\napplication_event_drain_time = 'nonsense'", "/q")]
    [InlineData("queue_directory = \"/q\" # here\nmyhostname = ", "/q")]
    [InlineData("#queue_directory = '/p'\n]]\nqueue_directory = '/q'", "/q")]
    [InlineData("myhostname = ", "/var/spool/postfix.net")]
    [InlineData("myhostname = \nqueue_directory = /q", null)]
    [InlineData("myhostname = \nqueue_directory = '/p'\nqueue_directory = '/q'", null)]
    [InlineData("myhostname = \nqueue_directory = '$p/q'", null)]
    [InlineData(null, null)]
    public void Its_queue_directory_is_found_or_nothing_is_done(string? toml, string? queue)
    {
        if (toml is not null)
            _directory.File("main.toml", System.Text.Encoding.UTF8.GetBytes(toml));
        if (queue is null)
            Assert.Throws<ConfigurationException>(() => RunningSystem.Of(_directory.Path));
        else
            Assert.Equal(queue.StartsWith("/var", StringComparison.Ordinal) ? MainConfig.FromText("").Get(PostfixNet.Configuration.Parameters.QueueDirectory) : queue, RunningSystem.Of(_directory.Path).Queue);
    }
}
