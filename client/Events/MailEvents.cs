using System.Runtime.CompilerServices;
using Microsoft.Extensions.Options;

namespace PostfixNet.Client;

/// <summary>What happens to mail, as it happens: the events of the mail system on this host (events_enable).</summary>
public interface IMailEvents
{
    /// <summary>Events from a position on, and then those that come, without an end.</summary>
    /// <param name="from">Where to begin: <see cref="MailEvent.Position"/> of the last event that was dealt with. Events that are no longer kept are a gap.</param>
    /// <exception cref="MailQueueException">The directory cannot be read, or is not set.</exception>
    public IAsyncEnumerable<MailEvent> ReadAsync(EventPosition from = default, CancellationToken cancellationToken = default);

    /// <summary>Where the next event will be, for who does not care for those that were.</summary>
    /// <exception cref="MailQueueException">As above.</exception>
    public EventPosition Latest();
}

/// <summary>Events, read from the files of the mail system, about once a second; asks nobody, and keeps nobody waiting.</summary>
public sealed class MailEvents : IMailEvents
{
    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(1);

    private readonly PostfixNetOptions _options;

    /// <exception cref="OptionsValidationException">The options cannot be used; it says why.</exception>
    public MailEvents(PostfixNetOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        OptionsCheck.Check(options);
        _options = options.Copy();
    }

    private string Directory => _options.EventsDirectory ?? throw new MailQueueNotSupportedException("set EventsDirectory to read events");

    /// <inheritdoc/>
    public EventPosition Latest() => EventFiles.Try(Directory, EventFiles.End);

    /// <inheritdoc/>
    public async IAsyncEnumerable<MailEvent> ReadAsync(EventPosition from = default, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using EventFiles files = new(Directory, from);
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (EventFiles.Try(Directory, _ => files.Next()) is { } next)
                yield return next;
            else
                await Task.Delay(s_pause, cancellationToken).ConfigureAwait(false);
        }
    }
}
