using PostfixNet.Ipc;

namespace PostfixNet.Milter;

/// <summary>What was agreed with a milter, for a process that goes on with its connection.</summary>
/// <param name="Options">Its settings.</param>
/// <param name="Protocol">What it wants of the protocol.</param>
/// <param name="Beyond">Events that its version does not have.</param>
internal sealed record MilterHandover(MilterOptions Options, MilterProtocol Protocol, MilterProtocol Beyond)
{
    private const string Name = "name", Events = "protocol", NoEvents = "beyond", Action = "default_action", Connecting = "connect_timeout", Commands = "command_timeout", Content = "content_timeout";

    internal AttributeList ToAttributes() => new AttributeList().Add(Name, Options.Name).Add(Events, (long)Protocol).Add(NoEvents, (long)Beyond).Add(Action, Options.DefaultAction)
        .Add(Connecting, Milliseconds(Options.ConnectTimeout)).Add(Commands, Milliseconds(Options.CommandTimeout)).Add(Content, Milliseconds(Options.ContentTimeout));

    /// <exception cref="IpcException">Malformed.</exception>
    internal static MilterHandover From(AttributeList list) => new(new MilterOptions(list.Text(Name), new MilterEndpoint(null, "", 0))
    {
        ConnectTimeout = Time(list.Number(Connecting)),
        CommandTimeout = Time(list.Number(Commands)),
        ContentTimeout = Time(list.Number(Content)),
        DefaultAction = list.Text(Action),
    }, (MilterProtocol)(uint)list.Number(Events), (MilterProtocol)(uint)list.Number(NoEvents));

    private static long Milliseconds(TimeSpan time) => (long)time.TotalMilliseconds;

    private static TimeSpan Time(long milliseconds) => TimeSpan.FromMilliseconds(Math.Clamp(milliseconds, 1, int.MaxValue));
}
