// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.protocol;

/**
 * Entry names of the link resources on the wire, see {@code docs/protocol.md}. Entries that begin with
 * {@link #STATUS_PREFIX} are read-only.
 */
public final class WireContract {
    /** Links and mirrors, writable: a {@link DesiredState}. */
    public static final String DESIRED_STATE = "desired.state";

    /** Links and mirrors, writable: {@code true} makes the request fail if the thing exists already and is another. */
    public static final String CREATE = "create";

    /** Links, writable with {@code desired.state=DELETED}: {@code true} fails over mirrors that are not stopped. */
    public static final String FORCE = "force";

    /** Mirrors, writable at creation: the topic's name at the source; default: the mirror's name without the prefix. */
    public static final String SOURCE_TOPIC = "source.topic";

    /** Mirrors, writable at creation: replication factor at the destination; default: the destination's default. */
    public static final String REPLICATION_FACTOR = "replication.factor";

    /** Mirrors, writable at creation: overrides the link's {@code mirror.start.offset.spec}. */
    public static final String START_OFFSET_SPEC = "mirror.start.offset.spec";

    /** Mirrors, writable at creation: {@code topic.config.KEY=VALUE} sets a topic config that does not follow. */
    public static final String TOPIC_CONFIG_PREFIX = "topic.config.override.";

    /** Mirrors, writable at creation: {@code true} takes over a topic that is here, if its log equals the source's. */
    public static final String ADOPT = "adopt";

    /** Mirrors, writable with {@code desired.state=ACTIVE}: {@code true} has FAILED partitions try again. */
    public static final String REPAIR = "repair";

    public static final String STATUS_PREFIX = "status.";

    /** Links and mirrors: {@link LinkState} or {@link MirrorState}. */
    public static final String STATUS_STATE = "status.state";

    /** Links and mirrors: one line of why and what to do; empty when all is well. */
    public static final String STATUS_REASON = "status.reason";

    /** Links and mirrors: when the state was entered, milliseconds since the epoch. */
    public static final String STATUS_SINCE_MS = "status.since.ms";

    /** Mirrors: how the mirror is being stopped, a {@code MirrorRecord.StopMode}. */
    public static final String STATUS_STOP_MODE = "status.stop.mode";

    /** Links: cluster id of the source, pinned at creation. */
    public static final String STATUS_SOURCE_CLUSTER_ID = "status.source.cluster.id";

    /** Mirrors: {@code status.partition.N}, a {@link PartitionStatus} as JSON. */
    public static final String STATUS_PARTITION_PREFIX = "status.partition.";

    /** Mirrors: the event log, JSON list of {@link LinkEvent}, newest last. */
    public static final String STATUS_EVENTS = "status.events";

    /** Links: {@code status.task.NAME}, a {@link TaskStatus} as JSON; one for every periodic task. */
    public static final String STATUS_TASK_PREFIX = "status.task.";

    /** Links: a {@link ThrottleStatus} as JSON. */
    public static final String STATUS_THROTTLE = "status.throttle";

    /** Links: number of followed consumer groups by {@link GroupOffsetState}, the worst of each group's, as JSON. */
    public static final String STATUS_GROUPS = "status.groups";

    /** Groups of a link: {@code group.NAME}, a {@link GroupSummary} as JSON. */
    public static final String GROUP_ENTRY_PREFIX = "group.";

    /** ACLs of a link: {@code acl.DIGEST}, JSON. */
    public static final String ACL_ENTRY_PREFIX = "acl.";

    /** Groups: the group's name at the source. */
    public static final String SOURCE_GROUP = "source.group";

    /** Groups: the group as a whole, a {@link GroupSummary} as JSON. */
    public static final String STATUS_SUMMARY = "status.summary";

    /** Groups: {@code status.offset.TOPIC.N}, a {@link GroupOffsetStatus} as JSON. */
    public static final String STATUS_OFFSET_PREFIX = "status.offset.";

    /** Links: {@code mirror.TOPIC}, a {@link MirrorSummary} as JSON. */
    public static final String MIRROR_ENTRY_PREFIX = "mirror.";

    /** Index: {@code link.NAME}, a {@link LinkSummary} as JSON. */
    public static final String LINK_ENTRY_PREFIX = "link.";

    /** Index: {@code broker.ID}, a {@link BrokerStatus} as JSON; one for every live broker. */
    public static final String BROKER_ENTRY_PREFIX = "broker.";

    /** Index: id of the broker that coordinates, -1 while there is none. */
    public static final String COORDINATOR = "coordinator";

    /** Brokers only: the principal on whose behalf a broker forwards a request, {@code type:name}. */
    public static final String FORWARDED_PRINCIPAL = "internal.forwarded.principal";

    /** Brokers only, on the index: a broker's report of what it observes, JSON. */
    public static final String BROKER_REPORT = "internal.broker.report";

    /** Brokers only, on the index: proposed durable changes of mirror partitions, JSON. */
    public static final String PARTITION_TRANSITIONS = "internal.partition.transitions";

    /** Brokers only, on the index: claims of new leaders of mirror partitions, JSON. */
    public static final String PARTITION_CLAIMS = "internal.partition.claims";

    /** Brokers only: goes on with the value of the entry before, which was too long for one. */
    public static final String CONTINUED = "internal.continued";

    private WireContract() {}
}
