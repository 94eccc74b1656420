using PostfixNet.Postsuper;
using PostfixNet.Queue;

namespace PostfixNet.UnitTests.Postsuper;

public sealed class OrdersTests : PostsuperTest
{
    [Fact]
    public void A_word_in_lower_case_is_an_id()
    {
        Add(QueueName.Deferred);
        Assert.Equal(["Deleted: 0 messages"], Run("-d", "all"));
        Assert.Single(Everything());
    }

    [Theory]
    [InlineData("bad/id")]
    [InlineData("../active/X")]
    [InlineData("")]
    [InlineData("1.2")]
    public void Bad_ids_are_warned_of(string id) =>
        Assert.Equal([$"warning: invalid mail queue id: {id}", "Deleted: 0 messages"], Run("-d", id));

    [Theory]
    [InlineData("-x", "invalid option -- 'x'")]
    [InlineData("-d", "option requires an argument -- 'd'")]
    public void Wrong_options_are_told(string argument, string want) => Assert.Equal(want, new Orders().Parse([argument]));

    [Theory]
    [InlineData("62967B30417")]
    [InlineData("hold/a")]
    [InlineData("bounce")]
    [InlineData("..")]
    public void An_operand_is_a_queue(string name) =>
        Assert.Equal($"invalid directory name: {name}", Assert.Throws<IOException>(() => new Orders().Parse(["-d", "A", name])).Message);

    [Theory]
    [InlineData("--match goes with -d, -e, -f, -h, -H and -r", "--match", "age>1h")]
    [InlineData("--match goes with -d, -e, -f, -h, -H and -r", "--match", "age>1h", "-s")]
    [InlineData("--dry-run goes with -d, -e, -f, -h, -H and -r", "-u", "ALL", "--dry-run")]
    [InlineData("one --match at a time", "-d", "ALL", "--match", "age>1h", "--match=age>2h")]
    public void A_filter_that_narrows_nothing_is_refused(string want, params string[] arguments) => Assert.Equal(want, new Orders().Parse(arguments));
}
