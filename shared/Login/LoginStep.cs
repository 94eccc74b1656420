namespace PostfixNet.Login;

/// <summary>What a login does next.</summary>
public abstract record LoginStep
{
    private LoginStep()
    {
    }

    /// <summary>The client is asked for a response.</summary>
    /// <param name="Octets">Without base64; may be empty.</param>
    public sealed record Challenge(byte[] Octets) : LoginStep;

    /// <summary>The client is who it says.</summary>
    /// <param name="User">Its name, fit for a log line.</param>
    public sealed record Done(string User) : LoginStep;

    /// <summary>It is not, or that cannot be told.</summary>
    /// <param name="Reason">For the log: no secrets, no control characters. Not for the client, who would learn whom there is.</param>
    public sealed record Failed(string Reason) : LoginStep
    {
        /// <summary>The same may succeed later (454 4.7.0, RFC 4954 section 6).</summary>
        public bool IsTemporary { get; init; }

        /// <summary>What was said makes no sense (501 5.5.2).</summary>
        public bool IsMalformed { get; init; }

        /// <summary>Who it said it was, fit for a log line; "": that did not become known.</summary>
        public string User { get; init; } = "";

        /// <summary>Words of the authority that are meant for the client; "": none.</summary>
        public string Explanation { get; init; } = "";
    }
}
