namespace PostfixNet.Tlsrpt;

/// <summary>What became of a report.</summary>
internal enum SendingState
{
    /// <summary>Its time has not come, or it is under way.</summary>
    Waiting,
    /// <summary>All places have it.</summary>
    Sent,
    /// <summary>Some place did not take it in time.</summary>
    GivenUp,
    /// <summary>The domain has no record any more that asks for it.</summary>
    Unwanted,
}

/// <summary>How far the report of a domain has come.</summary>
internal sealed class Sending
{
    internal SendingState State { get; set; }

    /// <summary>The first attempt, seconds since 1970; null: there was none.</summary>
    internal long? Began { get; set; }

    /// <summary>Attempts to learn where the report goes that failed.</summary>
    internal int Lookups { get; set; }

    /// <summary>No attempt before: seconds since 1970.</summary>
    internal long Next { get; set; }

    /// <summary>Why <see cref="Next"/> is in the future, in one line; empty: it is not.</summary>
    internal string Trouble { get; set; } = "";

    /// <summary>Where it goes; none before the first attempt.</summary>
    internal List<Place> Places { get; } = [];

    /// <summary>One place that gets the report.</summary>
    internal sealed class Place(ReportUri uri)
    {
        internal ReportUri Uri => uri;

        internal int Attempts { get; set; }

        /// <summary>When it was handed over: seconds since 1970; null: not yet.</summary>
        internal long? Done { get; set; }

        /// <summary>It will not be tried again.</summary>
        internal bool IsHopeless { get; set; }

        /// <summary>No attempt before: seconds since 1970.</summary>
        internal long Next { get; set; }

        /// <summary>What was said last, in one line.</summary>
        internal string Answer { get; set; } = "";

        internal bool IsOpen => Done is null && !IsHopeless;
    }
}
