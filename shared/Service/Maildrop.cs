using PostfixNet.Configuration;
using PostfixNet.Queue;

namespace PostfixNet.Service;

/// <summary>The way into the system for programs that run with the rights of their caller: a file in maildrop, whole and on stable storage.</summary>
public sealed class Maildrop
{
    private readonly QueueDirectories _queues;
    private readonly UserList _users;
    private readonly string _pickup;
    private readonly bool _longIds;

    private Maildrop(QueueDirectories queues, UserList users, string pickup, bool longIds) => (_queues, _users, _pickup, _longIds) = (queues, users, pickup, longIds);

    /// <summary>Reads where it is, and who may use it.</summary>
    /// <exception cref="ConfigurationException">A value cannot be used.</exception>
    /// <remarks>
    /// CONFIGURATION
    /// authorized_submit_users, enable_long_queue_ids, hash_queue_depth, hash_queue_names, pickup_service_name, queue_directory.
    /// </remarks>
    public static Maildrop Read(MainConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        QueueDirectories queues = QueueDirectories.FromConfig(config);
        return new Maildrop(queues, config.Get(Parameters.AuthorizedSubmitUsers), $"{queues.Root}/public/{config.Get(Parameters.PickupServiceName)}",
            config.Get(Parameters.EnableLongQueueIds));
    }

    /// <summary>Whether an account may submit mail (authorized_submit_users).</summary>
    /// <param name="account">null: the caller's number has none.</param>
    public bool Admits(string? account) => _users.Includes(account ?? "unknown");

    /// <summary>Makes a file, which is no mail yet.</summary>
    /// <exception cref="IOException">It cannot be made.</exception>
    public NewQueueFile Begin() => NewQueueFile.Create(_queues, QueueName.Maildrop, _longIds);

    /// <summary>Makes it mail: when this returns, it is on stable storage.</summary>
    /// <exception cref="IOException">The promise cannot be made; dispose the file, which removes it.</exception>
    public void Commit(NewQueueFile file)
    {
        ArgumentNullException.ThrowIfNull(file);
        file.Commit(QueueFileMode.Submitted);
        try
        {
            Trigger.Send(_pickup, "W"u8);
        }
        catch (IOException)
        {
            // The system is down; the mail is safe, and pickup looks when it starts.
        }
    }
}
