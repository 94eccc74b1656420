namespace PostfixNet.Smtpd;

/// <summary>What a restriction says.</summary>
internal enum Verdict
{
    /// <summary>Nothing: the next one is asked.</summary>
    Undecided,
    /// <summary>The client may; the rest of the list does not matter.</summary>
    Permitted,
    /// <summary>It may not.</summary>
    Refused,
}

/// <summary>What a restriction is about, as replies name it.</summary>
/// <param name="Kind">"Client host", "Sender address" ...</param>
/// <param name="Name">Which one; addresses in internal form, as Postfix has them there.</param>
internal readonly record struct Subject(string Kind, string Name)
{
    internal const string Client = "Client host", ReverseClient = "Unverified Client host", Certificate = "Client certificate", Login = "SASL login name", Helo = "Helo command",
        Sender = "Sender address", Recipient = "Recipient address", Data = "Data command", EndOfData = "End-of-data";

    /// <summary>"&lt;x&gt;: Sender address".</summary>
    public override string ToString() => $"<{Name}>: {Kind}";
}
