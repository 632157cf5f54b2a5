// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

import io.clusterlinks.coordinator.SimulatedStateTopic;
import io.clusterlinks.protocol.MirrorState;
import io.clusterlinks.protocol.record.MirrorRecord;
import io.clusterlinks.protocol.record.MirrorRecord.StopMode;
import io.clusterlinks.protocol.record.PartitionRecord.Phase;

/** Gives the commands of an operator, as far as the mirror's state allows them. */
final class SimulatedOperator {
    private static final String TOPIC = Simulation.TP.topic();

    private final SimulatedStateTopic state;
    private final SimulationTrace trace;

    SimulatedOperator(SimulatedStateTopic state, SimulationTrace trace) {
        this.state = state;
        this.trace = trace;
    }

    MirrorRecord mirror() {
        return state.image().mirror(TOPIC).orElseThrow();
    }

    /** Whether the mirror runs and nobody has stopped it. */
    boolean sees(MirrorState wanted) {
        return mirror().stop() == StopMode.NONE && mirror().state() == wanted;
    }

    /** Pauses or resumes the mirror. */
    void set(MirrorState next) {
        command(next.toString(), mirror().withState(next, null, 1));
    }

    void failOver() {
        command("failover", mirror().withStop(StopMode.FAILOVER, null, 1));
    }

    /** A mirror that is paused is resumed first. */
    void promote(long nowMs) {
        if (sees(MirrorState.PAUSED)) {
            set(MirrorState.ACTIVE);
        }
        command("promote", mirror().withStop(StopMode.DRAIN, null, nowMs));
    }

    void giveUpPromotion(long nowMs) {
        command("promotion given up", mirror().withState(mirror().resumeState(), null, nowMs));
    }

    /** What the coordinator does once the mirror is level with its source. */
    void onDrained(long nowMs) {
        command("drained", mirror().withStop(StopMode.PROMOTE, null, nowMs));
    }

    /** Returns whether there was anything to repair. */
    boolean repair() {
        boolean failed = state.image()
                .partition(TOPIC, 0)
                .filter(record -> record.phase() == Phase.FAILED)
                .isPresent();
        if (failed) {
            trace.note("repair");
            state.repair(TOPIC);
        }
        return failed;
    }

    private void command(String what, MirrorRecord record) {
        trace.note(what);
        state.command(record);
    }
}
