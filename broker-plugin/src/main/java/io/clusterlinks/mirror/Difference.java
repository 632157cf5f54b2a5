// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

import io.clusterlinks.protocol.record.PartitionRecord;

/**
 * What the source was found to lack of the log here, or to have before it, until it is certain. Sources before Kafka 3.1 are
 * asked by name, and all of them for ranges: the answer may have been that of another topic that was created under the
 * name. So what is planned is kept until the source's metadata has been seen to name the same topic since. The plan belongs
 * to the thread that owns the partition; the rest any thread may call.
 */
final class Difference {
    /** So many looks by different brokers must find the topic the same: one that is behind knows the one before. */
    private static final int LOOKS = 2;

    private final Runnable wantLook;
    private Divergence.Plan plan;
    private PartitionRecord plannedFrom;
    private long sinceMs;
    /** How often since then the topic was found to be the one that is mirrored. */
    private int looks;

    private volatile boolean differs;

    /** None; {@code wantLook} has the source's metadata asked for. */
    Difference(Runnable wantLook) {
        this.wantLook = wantLook;
    }

    /** Keeps {@code newPlan}, which was made from {@code record}. */
    void hold(Divergence.Plan newPlan, PartitionRecord record, long nowMs) {
        plan = newPlan;
        plannedFrom = record;
        begin(nowMs);
        wantLook.run();
    }

    private synchronized void begin(long nowMs) {
        sinceMs = nowMs;
        looks = 0;
        differs = true;
    }

    /** Whether a plan is kept. */
    boolean isHeld() {
        return plan != null;
    }

    /** Why mirroring ends with it; null if the plan is another. */
    String failure() {
        return plan.failure();
    }

    /** The plan, which is not kept any more. */
    Divergence.Plan take() {
        Divergence.Plan taken = plan;
        plan = null;
        return taken;
    }

    /** Whether the source should be asked again, for the plan was made from another record than {@code record}. */
    boolean isVoid(PartitionRecord record) {
        return record != plannedFrom;
    }

    /** Whether it was the topic that is mirrored that was found to differ. */
    synchronized boolean isCertain() {
        return looks >= LOOKS;
    }

    /**
     * Metadata that was asked for at {@code askedMs} says that the topic is the one that is mirrored; returns whether that was
     * waited for.
     */
    boolean onSameTopic(long askedMs) {
        boolean waits = differs;
        if (waits && count(askedMs)) {
            wantLook.run();
        }
        return waits;
    }

    /** Returns whether one more look is needed. */
    private synchronized boolean count(long askedMs) {
        looks += askedMs > sinceMs ? 1 : 0;
        return looks < LOOKS;
    }

    /** Metadata says that another topic has the name. */
    synchronized void onOtherTopic() {
        looks = 0;
    }

    /** Whether the source was found to differ, and has not been found to agree since. */
    boolean differs() {
        return differs;
    }

    /** What is here is a part of what the source has. */
    void agree() {
        differs = false;
    }
}
