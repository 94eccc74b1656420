using PostfixNet.Mail;
using PostfixNet.Native;

namespace PostfixNet.MtaSts;

/// <summary>The policies that are kept: a directory, with a small file for each domain that is exchanged as a whole. A crash at any moment
/// leaves the old policy or the new one.</summary>
/// <remarks>Written by the service mtasts alone. Read by who must know a policy while that service does not answer.</remarks>
/// <param name="directory">Its path.</param>
public sealed class PolicyFiles(string directory)
{
    /// <summary>The directory below queue_directory.</summary>
    public const string DirectoryName = "mtasts";

    private const string Extension = ".sts";
    private const int ForOwner = 0x180; // 0600

    // Twice what the largest policy comes to.
    private const int Largest = 2 * StsPolicy.Largest;

    /// <summary>The policy of a domain, whether it still holds or not.</summary>
    /// <returns>null: none is kept, or the file is damaged.</returns>
    /// <exception cref="SystemCallException">It cannot be read.</exception>
    public KnownPolicy? Read(string domain)
    {
        string path = PathOf(domain);
        if (!StsDomain.IsUsable(domain) || FileSystem.Status(path) is null)
            return null;
        KnownPolicy? known = KnownPolicy.TryParse(ByteText.Decode(FileSystem.ReadAll(path, Largest)));
        return known?.Domain == domain ? known : null;
    }

    /// <summary>Keeps a policy in the place of the one before; on return it is on stable storage.</summary>
    /// <exception cref="SystemCallException">Not known to be done.</exception>
    public void Write(KnownPolicy known) => WholeFile.Replace(PathOf(known.Domain), ByteText.Encode(known.ToText()), ForOwner);

    /// <summary>Forgets a policy.</summary>
    /// <exception cref="SystemCallException">It cannot be removed.</exception>
    public void Remove(string domain) => _ = FileSystem.TryRemove(PathOf(domain));

    /// <summary>The domains of which there is a file, in no order.</summary>
    public IEnumerable<string> Domains() => FileSystem.Names(directory).Where(static name => name.EndsWith(Extension, StringComparison.Ordinal))
        .Select(static name => name[..^Extension.Length]).Where(StsDomain.IsUsable);

    private string PathOf(string domain) => $"{directory}/{domain}{Extension}";
}
