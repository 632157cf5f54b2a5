// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

/**
 * Settles where the log of a partition starts: asks the source where the mirror does not say, records the offset, and
 * only then has the log begin there.
 */
final class MirrorStart {
    private final MirrorLog log;
    private final Transitions transitions;
    private final Inquiry inquiry;
    /** Null unless the log may have been here before the mirror. */
    private final Adoption adoption;

    MirrorStart(MirrorLog log, Transitions transitions, Inquiry inquiry, Adoption adoption) {
        this.log = log;
        this.transitions = transitions;
        this.inquiry = inquiry;
        this.adoption = adoption;
    }

    Outcome step(long nowMs) {
        if (Records.isStarted(transitions.record())) {
            inquiry.drop();
            return begin();
        }
        if (adoption != null && log.end() > 0) {
            return adoption.step(nowMs);
        }
        MirrorPartition partition = log.partition();
        if (!log.isEmpty()) {
            return Outcome.fail(partition.local()
                    + " holds records that the link did not copy; delete the topic here and create the"
                    + " mirror again, or adopt it (--adopt), or mirror to another name.");
        }
        if (partition.startOffset() != MirrorPartition.EARLIEST) {
            record(partition.startOffset());
        } else {
            inquiry.askOnce(Question.Kind.START_OFFSET);
        }
        return Outcome.WAIT;
    }

    /** The source's answer to where its log starts. */
    void onStartOffset(long startOffset) {
        if (!Records.isStarted(transitions.record())) {
            record(startOffset);
        }
    }

    private void record(long startOffset) {
        transitions.propose(Records.started(transitions.record(), startOffset), null, () -> {});
    }

    /** Only once it is recorded. A log that ends before the start offset is of before that was decided, or empty. */
    Outcome begin() {
        if (adoption != null) {
            return adoption.onRecorded();
        }
        long startOffset = transitions.record().startOffset();
        return startOffset <= log.end() || log.moveTo(startOffset) ? Outcome.BEGIN : Outcome.WAIT;
    }

    /** The record has another start offset, and the log nothing that the source still has. */
    Outcome beginAnew() {
        long startOffset = transitions.record().startOffset();
        return startOffset >= log.end() || log.moveTo(startOffset) ? begin() : Outcome.WAIT;
    }
}
