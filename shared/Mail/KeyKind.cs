namespace PostfixNet.Mail;

/// <summary>What is looked up in a table.</summary>
public enum KeyKind
{
    /// <summary>All that there is of it: an address, the name or address of a host.</summary>
    Whole,
    /// <summary>A part of that, such as the domain of an address or the user without an extension. Tables of patterns, and some others, are not asked for it.</summary>
    Part,
}
