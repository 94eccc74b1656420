using PostfixNet.Tables;

namespace PostfixNet.Configuration;

// Read by qmgr.
public static partial class Parameters
{
    /// <summary>Pause between scans of the deferred queue.</summary>
    public static readonly Parameter<TimeSpan> QueueRunDelay = Time("queue_run_delay", "300s", minimum: 1);

    /// <summary>Addresses that begin with "-" get mail.</summary>
    public static readonly Parameter<bool> AllowMinUser = Flag("allow_min_user", "no");

    /// <summary>Longest time between attempts.</summary>
    public static readonly Parameter<TimeSpan> MaximalBackoffTime = Time("maximal_backoff_time", "4000s", minimum: 1);

    /// <summary>Age at which notices, mail without a sender, are given up.</summary>
    public static readonly Parameter<TimeSpan> BounceQueueLifetime = Time("bounce_queue_lifetime", "5d");

    /// <summary>Messages in memory, and in the active queue.</summary>
    public static readonly Parameter<int> QmgrMessageActiveLimit = Number("qmgr_message_active_limit", "20000", minimum: 1);

    /// <summary>Recipients in memory.</summary>
    public static readonly Parameter<int> QmgrMessageRecipientLimit = Number("qmgr_message_recipient_limit", "20000", minimum: 1);

    /// <summary>Recipients in memory that each message may have in any case.</summary>
    public static readonly Parameter<int> QmgrMessageRecipientMinimum = Number("qmgr_message_recipient_minimum", "10", minimum: 1);

    /// <summary>Recipients in memory beyond the limit, for messages that come while large ones fill it.</summary>
    public static readonly Parameter<int> DefaultExtraRecipientLimit = Number("default_extra_recipient_limit", "1000");

    /// <summary>A large message is read on when so many of its recipients are done; see default_recipient_refill_delay.</summary>
    public static readonly Parameter<int> DefaultRecipientRefillLimit = Number("default_recipient_refill_limit", "100", minimum: 1);

    /// <summary>A large message is read on when any of its recipients are done, and so much time has passed.</summary>
    public static readonly Parameter<TimeSpan> DefaultRecipientRefillDelay = Time("default_recipient_refill_delay", "5s", minimum: 1);

    /// <summary>For an answer of a service that answers at once.</summary>
    public static readonly Parameter<TimeSpan> QmgrIpcTimeout = Time("qmgr_ipc_timeout", "60s", minimum: 1);

    /// <summary>Transport and next hop of addresses and domains.</summary>
    public static readonly Parameter<LookupTable> TransportMaps = Table("transport_maps", "", TableLimits.NoSubstitution | TableLimits.NoServers);

    /// <summary>Transport of mail that transport_maps says nothing of; "name" or "name:nexthop".</summary>
    public static readonly Parameter<string> DefaultTransport = Transport("default_transport", "smtp");

    /// <summary>Transport of mail to relay_domains.</summary>
    public static readonly Parameter<string> RelayTransport = Transport("relay_transport", "relay");

    /// <summary>Transport of mail to mydestination; "local" and "local:..." stand for local delivery, which is not there: such mail is returned.</summary>
    public static readonly Parameter<string> LocalTransport = Transport("local_transport", "local:$myhostname");

    /// <summary>Next hops in place of relayhost, by sender.</summary>
    public static readonly Parameter<LookupTable> SenderDependentRelayhostMaps = Table("sender_dependent_relayhost_maps", "", TableLimits.NoServers);

    /// <summary>What is looked up there for mail without a sender.</summary>
    public static readonly Parameter<string> EmptyAddressRelayhostMapsLookupKey = Text("empty_address_relayhost_maps_lookup_key", "<>");

    /// <summary>Transports in place of default_transport, by sender.</summary>
    public static readonly Parameter<LookupTable> SenderDependentDefaultTransportMaps = Table("sender_dependent_default_transport_maps", "", TableLimits.NoSubstitution | TableLimits.NoServers);

    /// <summary>What is looked up there for mail without a sender.</summary>
    public static readonly Parameter<string> EmptyAddressDefaultTransportMapsLookupKey = Text("empty_address_default_transport_maps_lookup_key", "<>");

    /// <summary>Where users are who are no longer here; mail to them is returned with that.</summary>
    public static readonly Parameter<LookupTable> RelocatedMaps = Table("relocated_maps", "", TableLimits.NoServers);

    /// <summary>Transports that deliver nothing now.</summary>
    public static readonly Parameter<IReadOnlyList<string>> DeferTransports = List("defer_transports", "");

    /// <summary>Pause after a transport could not be used.</summary>
    public static readonly Parameter<TimeSpan> TransportRetryTime = Time("transport_retry_time", "60s", minimum: 1);

    /// <summary>Deliveries at once to a destination that nothing is known of.</summary>
    public static readonly Parameter<int> InitialDestinationConcurrency = Number("initial_destination_concurrency", "5", minimum: 1);

    /// <summary>Deliveries at once to one destination; 0: no limit.</summary>
    public static readonly Parameter<int> DefaultDestinationConcurrencyLimit = Number("default_destination_concurrency_limit", "20");

    /// <summary>How the window of a destination grows with each success: a number, or number/concurrency, or
    /// number/sqrt_concurrency.</summary>
    public static readonly Parameter<string> DefaultDestinationConcurrencyPositiveFeedback =
        Checked("default_destination_concurrency_positive_feedback", "1", IsFeedback, Feedbacks);

    /// <summary>How it shrinks with each failure, likewise.</summary>
    public static readonly Parameter<string> DefaultDestinationConcurrencyNegativeFeedback =
        Checked("default_destination_concurrency_negative_feedback", "1", IsFeedback, Feedbacks);

    /// <summary>Windows full of failures after which a destination is dead; 0: never.</summary>
    public static readonly Parameter<int> DefaultDestinationConcurrencyFailedCohortLimit = Number("default_destination_concurrency_failed_cohort_limit", "1");

    /// <summary>Each change of a window is logged.</summary>
    public static readonly Parameter<bool> DestinationConcurrencyFeedbackDebug = Flag("destination_concurrency_feedback_debug", "no");

    /// <summary>Recipients of one delivery; 0: no limit.</summary>
    public static readonly Parameter<int> DefaultDestinationRecipientLimit = Number("default_destination_recipient_limit", "50");

    /// <summary>Recipients of one delivery of a transport with the name local.</summary>
    public static readonly Parameter<int> LocalDestinationRecipientLimit = Number("local_destination_recipient_limit", "1");

    /// <summary>Pause between deliveries to one destination; more than zero: one at a time.</summary>
    public static readonly Parameter<TimeSpan> DefaultDestinationRateDelay = Time("default_destination_rate_delay", "0s");

    /// <summary>Pause between deliveries over one transport.</summary>
    public static readonly Parameter<TimeSpan> DefaultTransportRateDelay = Time("default_transport_rate_delay", "0s");

    /// <summary>Deliveries of a large message that earn a slot: a delivery ahead of it. Below 2 nothing overtakes.</summary>
    public static readonly Parameter<int> DefaultDeliverySlotCost = Number("default_delivery_slot_cost", "5");

    /// <summary>Slots lent in advance.</summary>
    public static readonly Parameter<int> DefaultDeliverySlotLoan = Number("default_delivery_slot_loan", "3");

    /// <summary>Percent of the slots a message needs that may be missing when it begins to overtake.</summary>
    public static readonly Parameter<int> DefaultDeliverySlotDiscount = Number("default_delivery_slot_discount", "50", maximum: 100);

    /// <summary>Messages that would not earn so many slots are not overtaken.</summary>
    public static readonly Parameter<int> DefaultMinimumDeliverySlots = Number("default_minimum_delivery_slots", "3");
}
