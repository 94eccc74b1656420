namespace PostfixNet.Mail;

/// <summary>What a sender wants to be told about a recipient: NOTIFY, RFC 3461 section 4.1. The numbers are those of queue files.</summary>
[Flags]
public enum Notify
{
    /// <summary>Nothing was said: failures and delays.</summary>
    Default = 0,
    /// <summary>Nothing at all; goes with no other.</summary>
    Never = 1,
    /// <summary>Successful delivery.</summary>
    Success = 2,
    /// <summary>Final failure.</summary>
    Failure = 4,
    /// <summary>Delay.</summary>
    Delay = 8,
}

/// <summary>What follows from NOTIFY, and how it is written.</summary>
public static class NotifyFlags
{
    private const Notify All = Notify.Never | Notify.Success | Notify.Failure | Notify.Delay;

    private static readonly (string Word, Notify Flag)[] s_words =
        [("NEVER", Notify.Never), ("SUCCESS", Notify.Success), ("FAILURE", Notify.Failure), ("DELAY", Notify.Delay)];

    /// <summary>True when the sender is to hear of <paramref name="event"/>: asked for it, or asked for nothing in
    /// particular and it is not success.</summary>
    public static bool Wants(this Notify asked, Notify @event) => asked == Notify.Default
        ? @event is Notify.Failure or Notify.Delay
        : (asked & Notify.Never) == 0 && (asked & @event) != 0;

    /// <summary>Understands the number of a queue file or request.</summary>
    /// <returns>False for bits without a meaning: nonsense is no reason to lose the mail, or to keep its sender from hearing of it.</returns>
    public static bool TryFromNumber(long number, out Notify notify)
    {
        bool isKnown = (number & ~(long)All) == 0;
        notify = !isKnown ? Notify.Default : (number & (long)Notify.Never) != 0 ? Notify.Never : (Notify)number;
        return isKnown;
    }

    /// <summary>As <see cref="TryFromNumber"/>; nonsense counts as not given.</summary>
    public static Notify FromNumber(long number)
    {
        _ = TryFromNumber(number, out Notify notify);
        return notify;
    }

    /// <summary>Understands the value of NOTIFY=, words in any case between commas.</summary>
    /// <param name="unknown">A word that is none of the four; null when all are, and NEVER stands beside others.</param>
    /// <returns>False when it is not valid.</returns>
    public static bool TryParse(string words, out Notify notify, out string? unknown)
    {
        notify = Notify.Default;
        unknown = null;
        foreach (string word in words.Split(',', ' '))
        {
            Notify flag = Find(word);
            if (flag == Notify.Default)
                unknown = word;
            if (flag == Notify.Default || (flag == Notify.Never && notify != Notify.Default) || (notify & Notify.Never) != 0)
            {
                notify = Notify.Default;
                return false;
            }
            notify |= flag;
        }
        return true;
    }

    /// <summary>The value of NOTIFY=; empty for <see cref="Notify.Default"/>.</summary>
    public static string Words(this Notify notify)
    {
        string words = "";
        foreach ((string word, Notify flag) in s_words)
        {
            if ((notify & flag) != 0)
                words += words.Length > 0 ? $",{word}" : word;
        }
        return words;
    }

    private static Notify Find(string text)
    {
        foreach ((string word, Notify flag) in s_words)
        {
            if (word.Equals(text, StringComparison.OrdinalIgnoreCase))
                return flag;
        }
        return Notify.Default;
    }
}
