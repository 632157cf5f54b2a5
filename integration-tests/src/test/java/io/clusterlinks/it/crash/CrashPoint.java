// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it.crash;

/** A moment at which a broker may die: just before or just after a method of the plugin, by name. */
enum CrashPoint {
    /** A change of the state was decided, nothing is written. */
    STATE_UNWRITTEN("io.clusterlinks.coordinator.StateWriter", "append", false),
    /** The change is durable, nobody has heard of it. */
    STATE_WRITTEN("io.clusterlinks.coordinator.StateWriter", "append", true),
    /** The fence's snapshot lacks what the state topic says. */
    SNAPSHOT_UNWRITTEN("io.clusterlinks.state.SnapshotFile", "save", false),
    /** The mirror is recorded, its topic is not asked for. */
    TOPIC_UNREQUESTED("io.clusterlinks.coordinator.TopicCreator", "create", false),
    /** The topic is asked for, the answer is not here. */
    TOPIC_REQUESTED("io.clusterlinks.coordinator.TopicCreator", "create", true),
    /** The topic exists, its mirror does not say so. */
    TOPIC_CREATED("io.clusterlinks.coordinator.MirrorCreation", "activate", false),
    /** The log is about to begin at the source's start. */
    LOG_UNSTARTED("io.clusterlinks.host.KafkaLocalPartition", "truncateFullyAndStartAt", false),
    /** The log begins there, which nothing says. */
    LOG_STARTED("io.clusterlinks.host.KafkaLocalPartition", "truncateFullyAndStartAt", true),
    /** Records are about to be appended. */
    RECORDS_UNWRITTEN("io.clusterlinks.host.KafkaLocalPartition", "append", false),
    /** Records are in the page cache. */
    RECORDS_WRITTEN("io.clusterlinks.host.KafkaLocalPartition", "append", true),
    /** The stop offset is recorded, open transactions are open. */
    TRANSACTIONS_OPEN("io.clusterlinks.mirror.PartitionStop", "abortOpenTransactions", false);

    private final String className;
    private final String method;
    private final boolean after;

    CrashPoint(String className, String method, boolean after) {
        this.className = className;
        this.method = method;
        this.after = after;
    }

    String className() {
        return className;
    }

    String method() {
        return method;
    }

    boolean after() {
        return after;
    }
}
