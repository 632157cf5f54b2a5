// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.host;

/**
 * What the code woven into the broker calls. Arguments are the broker's own objects, typed {@code Object}: this class
 * must load in a JVM that has no broker classes, so the classes it delegates to do the casts.
 *
 * <p>Until a broker starts in this JVM every method is a no-op. While no topic is fenced a write costs a look whether the
 * cluster has changed, and {@link WriteFence#isIdle}.
 */
public final class HookBridge {
    private static volatile HookInstallation installation;
    private static volatile BrokerHooks hooks;

    private HookBridge() {}

    /** Called by the agent. */
    public static void install(HookInstallation newInstallation) {
        installation = newInstallation;
    }

    /** {@code BrokerServer.startup} begins. An exception stops the broker from starting. */
    public static void brokerStarting(Object server) {
        HookInstallation current = installation;
        if (current != null) {
            BrokerLifecycle.starting(server, current);
        }
    }

    /** The starting broker knows the cluster, and is about to ask the controller to let it lead. */
    public static void brokerJoining() {
        BrokerLifecycle.joining();
    }

    /** {@code BrokerServer.startup} has ended normally. */
    public static void brokerStarted(Object server) {
        BrokerLifecycle.started(server);
    }

    /** {@code BrokerServer.shutdown} begins. */
    public static void brokerStopping(Object server) {
        BrokerLifecycle.stopping(server);
    }

    /** Refused partitions of a produce request, null if there are none. Opaque to the caller. */
    public static Object refusals(Object entries) {
        WriteFence fence = standingFence();
        return fence == null ? null : ProduceRefusals.of(entries, fence);
    }

    /** The entries of a produce request without the refused ones. */
    public static Object admitted(Object entries, Object refusals) {
        return ((ProduceRefusals) refusals).admitted(entries);
    }

    /** A produce request's callback that also answers the refused partitions. */
    public static Object answering(Object callback, Object refusals) {
        return ((ProduceRefusals) refusals).answering(callback);
    }

    /** The last line of the fence for appends on a leader; throws the refusal. */
    public static void beforeAppend(Object partition, Object records, Object origin) {
        WriteFence fence = standingFence();
        if (fence != null) {
            PartitionGuard.beforeAppend(partition, records, origin, fence);
        }
    }

    /** The last line of the fence for DeleteRecords; throws the refusal. */
    public static void beforeDeleteRecords(Object partition) {
        WriteFence fence = standingFence();
        if (fence != null) {
            PartitionGuard.beforeDeleteRecords(partition, fence);
        }
    }

    /**
     * The partitions that a transaction may take in. A refused one is left out without a word: then the coordinator
     * never writes a marker into it, and the client hears of it, with the reason, when it produces.
     */
    public static Object transactionPartitions(Object partitions) {
        WriteFence fence = standingFence();
        return fence == null ? partitions : PartitionGuard.transactionPartitions(partitions, fence);
    }

    /**
     * Answers a transaction that takes in a partition of which this broker does not know yet whether it is a mirror, or
     * that another broker, its leader, takes for none: it is asked for again. True if the broker must not go on.
     */
    public static boolean postponesTransaction(Object partitions, Object callback, Object transactionVersion) {
        WriteFence fence = standingFence();
        return fence != null && PartitionGuard.postponesTransaction(partitions, callback, transactionVersion, fence);
    }

    /** Whether an append is one of the plugin's own, which {@code max.message.bytes} does not limit. */
    public static boolean ignoresRecordSize(Object log, Object origin) {
        return hooks != null && PartitionGuard.isOwnAppend(log, origin);
    }

    /** Offers an admin request to the plugin. True if the broker must not handle it. */
    public static boolean intercept(Object apis, Object request) {
        BrokerHooks current = hooks;
        return current != null && RequestInterceptor.intercept(apis, request, current);
    }

    static void hooks(BrokerHooks newHooks) {
        hooks = newHooks;
    }

    private static WriteFence standingFence() {
        BrokerHooks current = hooks;
        if (current == null) {
            return null;
        }
        WriteFence fence = current.fence();
        return fence.isIdle() ? null : fence;
    }
}
