namespace PostfixNet.Configuration;

// Read by cleanup: checks of headers and text.
public static partial class Parameters
{
    /// <summary>What is done about headers of a message that match a pattern.</summary>
    public static readonly Parameter<LookupTable> HeaderChecks = Table("header_checks", "");

    /// <summary>What is done with headers of MIME and of parts that fit a pattern.</summary>
    public static readonly Parameter<LookupTable> MimeHeaderChecks = Table("mime_header_checks", "$header_checks");

    /// <summary>What is done with headers of messages within messages that fit a pattern.</summary>
    public static readonly Parameter<LookupTable> NestedHeaderChecks = Table("nested_header_checks", "$header_checks");

    /// <summary>What is done with lines of text that fit a pattern.</summary>
    public static readonly Parameter<LookupTable> BodyChecks = Table("body_checks", "");

    /// <summary>What is done about headers that milters add, insert or change.</summary>
    public static readonly Parameter<LookupTable> MilterHeaderChecks = Table("milter_header_checks", "");

    /// <summary>Octets of each text that body_checks is asked about; 0: all.</summary>
    public static readonly Parameter<long> BodyChecksSizeLimit = Size("body_checks_size_limit", "51200");

    /// <summary>What follows the headers of a message is text.</summary>
    public static readonly Parameter<bool> DisableMimeInputProcessing = Flag("disable_mime_input_processing", "no");

    /// <summary>Octets outside ASCII are refused in headers, and in text that is not declared 8bit.</summary>
    public static readonly Parameter<bool> Strict8bitmime = Flag("strict_8bitmime", "no");

    /// <summary>In text only.</summary>
    public static readonly Parameter<bool> Strict8bitmimeBody = Flag("strict_8bitmime_body", "no");

    /// <summary>In headers only.</summary>
    public static readonly Parameter<bool> Strict7bitHeaders = Flag("strict_7bit_headers", "no");

    /// <summary>multipart/* and message/* that are encoded are refused.</summary>
    public static readonly Parameter<bool> StrictMimeEncodingDomain = Flag("strict_mime_encoding_domain", "no");

    /// <summary>Boundaries of parts that may be in force at a time.</summary>
    public static readonly Parameter<int> MimeNestingLimit = Number("mime_nesting_limit", "100", minimum: 1);

    /// <summary>Octets of a boundary that are compared.</summary>
    public static readonly Parameter<int> MimeBoundaryLengthLimit = Number("mime_boundary_length_limit", "2048", minimum: 1);
}
